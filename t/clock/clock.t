#!/usr/bin/perl
# The wall clock is set, forward and back: no slot twice, none without a row
# in the ledger, and no burst.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::HiRes qw(sleep);
use Time::Local qw(timegm);

my $noon = timegm(0, 0, 12, 3, 5, 2030);
my $d = Belfry->new;
$d->job('clock.ini', <<'END');
[job second]
schedule = * * * * * *
timezone = UTC
command = true
[job minute]
schedule = * * * * *
timezone = UTC
command = true
[job half]
schedule = 30 * * * *
timezone = UTC
command = true
[job night]
schedule = 0 3 * * *
timezone = UTC
command = true
[job every]
schedule = @every 10m
start-at = 2030-06-03T12:00:00Z
command = true
[job fails]
schedule = @every 1h
start-at = 2030-06-03T12:01:00Z
command = false
retries = 1
retry-delay = 4s
END

sub runs {
	my ($job) = @_;
	return map { $_->{slot} } grep { $_->{attempts} > 0 } $d->ledger($job);
}

sub slot_is_decided {
	my ($job, $slot) = @_;
	$d->wait_for("$job of $slot to be decided", sub {
		return grep { $_->{slot} <= $slot && $slot <= $_->{until} }
		    $d->ledger($job);
	});
}

# Each slot is in one row: the rows follow on one another.
sub complete {
	my ($job, $period, $what) = @_;
	my ($last, @wrong);
	for my $row ($d->ledger($job)) {
		push @wrong, "$last-$row->{slot}"
		    if defined $last && $row->{slot} != $last + $period;
		$last = $row->{until};
	}
	is("@wrong", '', "$what: $job has each slot once");
}

sub nothing_twice {
	my ($what) = @_;
	my ($status, $out) = $d->command('sqlite3', '-readonly',
	    $d->path('state/belfry.db'), 'select job, slot, attempt from runs '
	    . 'group by 1, 2, 3 having count(*) > 1');
	is($out, '', "$what: nothing ran twice");
}

$d->set_clock($noon + 57.5);
$d->start;
slot_is_decided('minute', $noon + 60);
is_deeply([runs('minute')], [$noon + 60], 'the clock is the one that was set');

# A repetition waits for its time, not for the clock's.
$d->wait_for('the failure', sub { $d->ended('fails') >= 1 });
my $began = time;
$d->step_clock(-1800);
$d->wait_for('the repetition', sub { $d->ended('fails') >= 2 }, 12);
cmp_ok(time - $began, '>=', 2, 'back: a repetition keeps its pause');
$d->step_clock(1800);

my $before = runs('second');
$d->step_clock(3600);
my $now = int $d->clock;
slot_is_decided('second', $now + 2);
slot_is_decided('half', $noon + 1800);
my ($half) = $d->ledger('half');
is("$half->{outcome} $half->{reason} $half->{count}", 'missed late 1',
    'an hour forward: a slot in it was missed');
slot_is_decided('minute', $noon + 3600);
my ($row) = grep { $_->{outcome} eq 'missed' && $_->{count} > 1 }
    $d->ledger('minute');
cmp_ok($row->{count}, '>=', 55, 'so were sixty, in one row');
is(($row->{until} - $row->{slot}) / 60 + 1, $row->{count}, 'that counts them');
slot_is_decided('every', $noon + 3600);
is_deeply([grep { $_ % 600 } runs('every')], [], 'an interval keeps its phase');
cmp_ok(runs('second') - $before, '<=', 10, 'and there is no burst');
complete($_, $_ eq 'second' ? 1 : 60, 'an hour forward')
    for qw(second minute);
like($d->log, qr/clock was set/, 'the log says so');

my $high = (sort { $b <=> $a } map { $_->{until} } $d->ledger('second'))[0];
$d->step_clock(-3600);
sleep 3;
$before = (sort { $b <=> $a } map { $_->{until} } $d->ledger('second'))[0];
cmp_ok($before, '<=', $high + 2, 'an hour back: what was decided stays so');
nothing_twice('an hour back');
$d->step_clock(3600);
slot_is_decided('second', int($d->clock) + 1);
complete('second', 1, 'back and forward');
nothing_twice('back and forward');

# Around a slot.
my $minute = int($d->clock / 60) * 60 + 60;
$d->set_clock($minute - 0.5);
slot_is_decided('minute', $minute);
$d->step_clock(-2);
slot_is_decided('second', $minute + 2);
$d->set_clock($minute + 59.6);
slot_is_decided('second', $minute + 59);
$d->step_clock(0.6);
slot_is_decided('minute', $minute + 60);
complete($_, $_ eq 'second' ? 1 : 60, 'small steps') for qw(second minute);
nothing_twice('small steps');

$before = runs('second');
$d->step_clock(86400);
slot_is_decided('night', $noon + 15 * 3600);
slot_is_decided('second', int($d->clock) + 1);
my ($night) = $d->ledger('night');
is("$night->{outcome} $night->{reason} $night->{count}", 'missed late 1',
    'a day forward: the nightly job was missed');
complete($_, $_ eq 'second' ? 1 : 60, 'a day forward') for qw(second minute);
cmp_ok(runs('second') - $before, '<=', 10, 'without a burst');

# The master sleeps while the clock goes on.
my ($master) = @{ $d->processes->{master} };
$before = runs('second');
kill 'STOP', $master;
sleep 5;
kill 'CONT', $master;
slot_is_decided('second', int($d->clock) + 2);
complete('second', 1, 'stopped');
cmp_ok(runs('second') - $before, '<=', 7, 'stopped: no burst');
nothing_twice('stopped');
is($d->processes->{master}[0], $master, 'it is the same master');
$d->stop;
$d->finish;
done_testing;
