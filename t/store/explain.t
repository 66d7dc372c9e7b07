#!/usr/bin/perl
# belfry explain: why slots ran and why they did not, as a person asks.
use strict;
use warnings;
use Belfry;
use POSIX qw(strftime);
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job tick]
schedule = * * * * * *
command = true

[job fails]
schedule = * * * * * *
command = exit 3
retries = 1
retry-delay = 200ms

[job slow]
schedule = * * * * * *
overlap = skip
command = sleep 3

[job off]
schedule = * * * * * *
enabled = no
command = true

[job rare]
schedule = 0 3 29 2 *
timezone = Europe/Berlin
command = true

[job hand]
command = true

[job long]
command = sleep 1000
END
$d->job('gone.ini', "[job gone]\nschedule = * * * * * *\ncommand = true\n");
$d->start;

sub text { join "\n", @{ $_[0]{text} } }
sub stamp { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

my $ran = $d->wait_for('a slot that ran', sub {
	my $x = $d->json('explain', 'tick', '--at', '1s');
	return $x->{verdict} eq 'ran' ? $x : undef;
});
is($ran->{outcome}, 'success', 'ran: its outcome');
is(scalar @{ $ran->{runs} }, 1, 'its run');
like(text($ran), qr/due by its schedule "\* \* \* \* \* \*"/, 'why');
like(text($ran), qr/run $ran->{runs}[0]{id} on \S+: started \S+, \S+ late/,
    'where, when, how late');
my $same = $d->json('explain', 'tick', '--at', $ran->{slot});
is($same->{runs}[0]{id}, $ran->{runs}[0]{id}, 'the slot by its time');
my ($status, $out, $err) = $d->belfry('explain', 'tick', '--at', $ran->{slot});
is($status, 0, 'in words: status 0');
like($out, qr/\Atick, \Q$ran->{slot}\E: success\n  it was due/, 'in words');

my $failed = $d->wait_for('two attempts', sub {
	my $x = $d->json('explain', 'fails', '--at', '2s');
	return $x->{attempts} == 2 && $x->{verdict} eq 'ran' ? $x : undef;
});
is(scalar @{ $failed->{runs} }, 2, 'attempts: both');
like(text($failed),
    qr/attempt 1, .*: failure, exit code 3\nattempt 2, .*: failure, exit code 3$/m,
    'in their order, with their end');

my $skipped = $d->wait_for('a slot that was skipped', sub {
	my $x = $d->json('explain', 'slow', '--at', '1s');
	return $x->{verdict} eq 'skipped' ? $x : undef;
});
is($skipped->{reason}, 'overlap', 'skipped: overlap');
is($skipped->{blocked_by}{job}, 'slow', 'by which run');
like(text($skipped), qr/^it did not run: the run before it is not over
run $skipped->{blocked_by}{id} of slot .* in its way/m, 'in words, once');
$d->finished($skipped->{blocked_by}{id});
$skipped = $d->json('explain', 'slow', '--at', $skipped->{slot});
like(text($skipped), qr/in its way until \S+/, 'until when');

my $off = $d->wait_for('a disabled slot', sub {
	my $x = $d->json('explain', 'off', '--at', '1s');
	return $x->{verdict} eq 'skipped' ? $x : undef;
});
like(text($off), qr/disabled: enabled = no/, 'disabled');

# Not due, to come, before.
my $x = $d->json('explain', 'rare');
is($x->{verdict}, 'nothing-yet', 'nothing was due yet');
like($x->{next}, qr/-02-29T02:00:00Z/, 'what comes');
like(text($x), qr/the slot after it: \d+-02-29T03:00:00\+01:00/,
    'in the zone of the job');
is($d->json('explain', 'rare', '--at', $x->{next})->{verdict}, 'future',
    'that slot');
$x = $d->json('explain', 'rare', '--at', '2044-01-01T00:00:00Z');
is($x->{verdict}, 'future', 'a time to come at which nothing is due');
is($x->{next}, '2044-02-29T02:00:00Z', 'the slot after it');
is($x->{previous}, '2040-02-29T02:00:00Z', 'the slot before it');
$x = $d->json('explain', 'tick', '--at', '2001-01-01T00:00:00Z');
is($x->{verdict}, 'before-first-seen', 'before it was seen');
$x = $d->json('explain', 'rare', '--at', stamp(time));
is($x->{verdict}, 'not-due', 'not due');
like(text($x), qr/its schedule is "0 3 29 2 \*" \(Europe\/Berlin\)/, 'why not');

# By hand, and unknown.
my $run = $d->finished($d->run('hand'));
$x = $d->json('explain', 'hand');
is($x->{runs}[0]{id}, $run->{id}, 'a run by hand');
like(text($x), qr/by hand/, 'in words');
my $live = $d->run('long');
$d->wait_for('it to run', sub { $d->json('show', $live)->{started} });
$x = $d->json('explain', 'long');
is($x->{verdict}, 'running', 'one that runs');
like(text($x), qr/run $live on \S+: started \S+, \S+ late, and still runs$/m,
    'since when');
$d->belfry('kill', $live);
for my $name ('nothing', 'no such') {
	($status, $out, $err) = $d->belfry('explain', $name);
	is($status, 1, "$name: status 1");
	is($out, '', 'prints nothing');
	like($err, qr/no job "\Q$name\E"/, 'and says why');
}
($status) = $d->belfry('explain', 'tick', '--at', 'noon');
is($status, 2, 'no time: usage');

# Another schedule: old slots stay what they were, in their own words.
$d->job('a.ini', <<"END");
[job tick]
schedule = 0 4 1 1 *
command = true
END
unlink $d->path('jobs/gone.ini');
$d->json('reload');
$x = $d->json('explain', 'tick', '--at', $ran->{slot});
like(text($x), qr/due by its schedule "\* \* \* \* \* \*"/,
    'explained by the schedule of its time');
$x = $d->wait_for('the change to be known', sub {
	my $x = $d->json('explain', 'tick', '--at', stamp(time + 2));
	return $x->{due} ? undef : $x;
});
like($x->{next}, qr/-01-01T/, 'the new schedule holds from then on');
$x = $d->json('explain', 'gone');
is($x->{verdict}, 'ran', 'of a removed job the last slot');
$x = $d->json('explain', 'gone', '--at', stamp(time));
like($x->{verdict}, qr/^(?:ran|removed)$/, 'and what comes after');
$x = $d->wait_for('it to be gone', sub {
	my $x = $d->json('explain', 'gone', '--at', stamp(time));
	return $x->{verdict} eq 'removed' ? $x : undef;
});
like(text($x), qr/in no job file since/, 'removed');

# Nobody was there: late, and a range.
$d->job('a.ini', "[job tick]\nschedule = * * * * * *\ncommand = true\n");
$d->json('reload');
$d->wait_for('it to run again', sub {
	return $d->json('explain', 'tick', '--at', '1s')->{verdict} eq 'ran';
});
$d->stop;
my $down = time + 1;
$d->wait_for('some slots to pass', sub { return time > $down + 3 });
$d->start;
$x = $d->wait_for('the missed slots', sub {
	my $x = $d->json('explain', 'tick', '--at', stamp($down + 1));
	return $x->{verdict} eq 'missed' ? $x : undef;
});
is($x->{reason}, 'late', 'missed: late');
is($x->{slot}, stamp($down + 1), 'a slot in a range is itself');
like(text($x), qr/the same holds for \d+ slots from/, 'and so were others');
like(text($x), qr/was down/, 'what was down');
$d->stop;
$d->finish;
done_testing;
