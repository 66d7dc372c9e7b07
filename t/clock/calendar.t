#!/usr/bin/perl
# Calendars, windows, several schedules, first = now, clock changes of a time
# zone: on a daemon whose clock is set to where it matters.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::Local qw(timegm);

# Wednesday, 25 December 2030, and the day after, in UTC.
my $day = timegm(0, 0, 0, 25, 11, 2030);
my $d = Belfry->new(conf => <<'END');
[calendar xmas]
dates = 12-25
[calendar file]
file = days
timezone = UTC
END
$d->write('days', "2030-12-25\n");
$d->job('calendar.ini', <<'END');
[job out]
schedule = * * * * * *
timezone = UTC
calendar = xmas
command = true
[job only]
schedule = * * * * *
timezone = UTC
calendar = xmas
calendar-mode = include
command = true
[job moved]
schedule = 0 0 25 12 *
timezone = UTC
calendar = xmas
calendar-mode = next
command = true
[job file]
schedule = 1 0 * * *
timezone = UTC
calendar = file
command = true
[job window]
schedule = * * * * * *
timezone = UTC
start-at = 2030-12-25 23:59:58
end-at = 2030-12-26 00:00:01
command = true
[job later]
schedule = @every 10s
start-at = 2030-12-25T23:59:59Z
command = true
[job now]
schedule = @every 1h
schedule = @every 2s
schedule = 0 0 26 12 *
timezone = UTC
first = now
command = true
[job rest]
schedule = @after 1d
first = now
command = true
END

sub rows {
	my ($job) = @_;
	return [map { sprintf('%+d %s', $_->{slot} - $day - 86400,
	    $_->{attempts} ? 'run' : "$_->{outcome} $_->{reason}") }
	    $d->ledger($job)];
}

sub row_at {
	my ($job, $at, $want) = @_;
	$at += $day + 86400;
	$d->wait_for("$job at $at", sub {
		my ($row) = grep { $_->{slot} <= $at && $at <= $_->{until} }
		    $d->ledger($job);
		return $row && ($row->{attempts} ? $row->{outcome} : 1);
	});
	my ($row) = grep { $_->{slot} <= $at && $at <= $_->{until} }
	    $d->ledger($job);
	is($row->{attempts} ? 'run' : "$row->{outcome} $row->{reason}", $want,
	    "$job: $want");
	return $row;
}

$d->set_clock($day + 86400 - 3);
$d->start;
my $row = row_at('out', -1, 'skipped calendar');
like($row->{detail}, qr/xmas.*exclude/, 'the row names the calendar');
row_at('out', 1, 'run');
is_deeply([grep { /run/ && /^-/ } @{ rows('out') }], [],
    'no run on a day that is left out');
row_at('only', 0, 'skipped calendar');
row_at('now', 0, 'run');
my @now = grep { $_ != $day + 86400 } map { $_->{slot} } $d->ledger('now');
cmp_ok($now[0] - $day - 86400, '<=', -1, 'first = now: at once');
is(($now[-1] - $now[0]) % 2, 0, 'each schedule has its own phase');
is_deeply(rows('window'), ['-2 run', '-1 run', '+0 run'],
    'slots are within the window, and there are no rows of others');
is_deeply(rows('later')->[0], '-1 run', '@every begins with start-at');
is(scalar @{ rows('rest') }, 1, '@after with first = now');
row_at('moved', 0, 'run');
is_deeply(rows('moved'), ['+0 run'], 'a slot that moves has one row');

my %next = map { $_->{name} => $_->{next} } @{ $d->json('list') };
is($next{only}, '2031-12-25T00:00:00Z', 'next: the calendar is in it');
is($next{window}, undef, 'next: the window has ended');
is($next{file}, '2030-12-26T00:01:00Z', 'next: the file is in it');
is($d->json('show', 'only')->{next_fires}[1], '2031-12-25T00:01:00Z',
    'and in the fires that follow');

# The file of the calendar changes: in force after a reload.
my $later = $next{later};
$d->write('days', "2030-12-25..2030-12-28\n");
my $change = $d->json('reload');
is_deeply($change->{changed}, ['file'], 'a changed calendar changes its job');
%next = map { $_->{name} => $_->{next} } @{ $d->json('list') };
is($next{file}, '2030-12-29T00:01:00Z', 'its new dates count');
cmp_ok($next{later}, 'ge', $later, 'others keep their phase');
like($next{later}, qr/\d9Z$/, 'to the second');
# A broken one stays as it was.
$d->write('days', "2030-13-25\n");
$d->json('reload');
%next = map { $_->{name} => $_->{next} } @{ $d->json('list') };
is($next{file}, '2030-12-29T00:01:00Z', 'a broken file: the last good one');
like($d->log, qr{/belfry\.conf:\d+: calendar file: \S+/days:1: column 1},
    'the log has its place');
$d->stop;

# After a restart it is an error of the job.
$d->start;
my ($problem) = @{ $d->json('status')->{problems} };
is($problem->{job}, 'file', 'at the start its job is left out');
like($problem->{text}, qr/calendar "file": .* errors/, 'and told');
is(scalar @{ $d->json('list') }, 7, 'the others are there');
$d->stop;
$d->finish;

# New York, 10 March 2030: no local time from 02:00 to 03:00.
my $gap = timegm(0, 0, 7, 10, 2, 2030);
my $fall = timegm(0, 30, 6, 3, 10, 2030);
$d = Belfry->new;
my $text = '';
my %dst = (
	fixed => '30 2 * * *',
	wild => '*/30 2 * * *',
	often => '* * * * * *',
	noskip => "30 2 * * *\ndst-gap = skip",
	run => "*/30 2 * * *\ndst-gap = run",
	autumn => '30 1 * * *',
	both => "30 1 * * *\ndst-overlap = both",
);
$text .= "[job $_]\ntimezone = America/New_York\nschedule = $dst{$_}\n"
    . "command = true\n" for sort keys %dst;
$d->job('dst.ini', $text);
$d->set_clock($gap - 2);
$d->start;
my $at = sub {
	my ($job, $when) = @_;
	my ($r) = grep { $_->{slot} == $when } $d->ledger($job);
	return !$r ? 'none' : $r->{attempts} ? 'run' : "$r->{outcome} "
	    . "$r->{reason}";
};
$d->wait_for('the gap', sub { $at->('often', $gap + 1) eq 'run' });
is($at->('fixed', $gap), 'run', 'gap: a fixed time runs when it ends');
is($at->('wild', $gap), 'missed dst-gap', 'gap: a wildcard has a row');
is($at->('noskip', $gap), 'missed dst-gap', 'gap: dst-gap = skip');
is($at->('run', $gap), 'run', 'gap: dst-gap = run');
is($at->('often', $gap), 'run', 'gap: every second goes on');
$d->set_clock($fall - 2);
$d->wait_for('the overlap', sub { $at->('often', $fall + 1) eq 'run' });
is($at->('autumn', $fall), 'none', 'overlap: a fixed time does not run twice');
is($at->('both', $fall), 'run', 'overlap: dst-overlap = both');
$d->stop;
$d->finish;
done_testing;
