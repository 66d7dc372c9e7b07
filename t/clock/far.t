#!/usr/bin/perl
# A clock that is set years ahead, and back, while the daemon runs or while it
# does not: no job waits until the clock has come there again.
use strict;
use warnings;
use Belfry;
use POSIX qw(strftime);
use Test::More;
use Time::Local qw(timegm);

my $YEARS = 10 * 365 * 86400;
my $noon = timegm(0, 0, 12, 3, 5, 2030);
my $d = Belfry->new;
my $dir = $d->dir;
my %schedules = (cron => '* * * * * *', every => '@every 2s',
    after => '@after 1s', jitter => '* * * * * *');
my $jobs = join '', map { "[job $_]\nschedule = $schedules{$_}\n"
    . "timezone = UTC\ncommand = true\n"
    . ($_ eq 'jitter' ? "jitter = 1s\n" : '') } sort keys %schedules;
$jobs .= <<'END';
[job minute]
schedule = * * * * *
timezone = UTC
command = true
[job fails]
schedule = */3 * * * * *
command = test $BELFRY_ATTEMPT = 2
retries = 1
retry-delay = 6s
END
$d->job('a.ini', $jobs);

sub timestamp { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

# Slots of runs between two times.
sub slots {
	my ($job, $from, $until) = @_;
	return grep { $_ >= $from && $_ < $until } map { $_->{slot} }
	    grep { $_->{attempts} > 0 } $d->ledger($job);
}

# All of them run now: their slots are about what the clock shows.
sub all_run {
	my ($what, @names) = @_;
	my $from = $d->clock;
	for my $job (@names) {
		$d->wait_for("$job to run $what", sub {
			slots($job, $from, $from + 120);
		});
		pass("$what: $job runs");
	}
}

my @seconds = sort keys %schedules;
$d->set_clock($noon + 0.5);
$d->start;
all_run('before', @seconds);

$d->step_clock($YEARS);
# It is first seen by the wrong clock.
$d->job('b.ini', "[job new]\nschedule = \@every 2s\ncommand = true\n");
$d->json('reload');
all_run('years ahead', @seconds, 'new');
my $first;
$d->wait_for('a failure', sub {
	($first) = grep { $_->{attempt} == 1
	    && $_->{slot} ge timestamp($noon + $YEARS) } $d->ended('fails');
});

$d->step_clock(-$YEARS);
all_run('back', @seconds, 'new');
$d->wait_for('the repetition', sub {
	grep { $_->{slot} eq $first->{slot} && $_->{attempt} == 2 }
	    $d->ended('fails');
});
pass('back: what failed is tried again');
like($d->log, qr/the clock was far ahead: \d+ jobs go on from now/,
    'the log says so');
is_deeply([grep { !$_->{attempts} && $_->{until} > $noon + 3600 }
    map { $d->ledger($_) } 'minute', @seconds], [],
    'what was passed over is not passed over any more');
my ($status, $out) = $d->belfry('verify');
is($status, 0, 'verify finds nothing wrong') or diag $out;

# The same while nobody looks; a day later, or slots of then would run twice.
$YEARS += 86400;
$d->step_clock($YEARS);
all_run('ahead again', @seconds, 'new');
$d->stop;
$d->step_clock(-$YEARS);
$d->start;
all_run('back, and started again', @seconds, 'new');
($status, $out) = $d->belfry('verify');
is($status, 0, 'verify finds nothing wrong') or diag $out;
$d->stop;
$d->finish;
done_testing;
