#!/usr/bin/perl
# belfry verify: nothing to find after restarts, kills and changed schedules;
# and what was made wrong is found.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Test::More;

my $d = Belfry->new;
my $jobs = <<'END';
[job tick]
schedule = * * * * * *
command = true

[job one]
schedule = * * * * * *
overlap = skip
command = sleep 1.5

[job fails]
schedule = */2 * * * * *
retries = 1
retry-delay = 100ms
command = exit 3

[job delay]
schedule = @after 1s
command = true

[job every]
schedule = @every 1s
command = true
END
$d->job('a.ini', $jobs);
$d->start;
my $clean = sub {
	my ($what) = @_;
	my ($status, $out, $err) = $d->belfry('verify');
	is($status, 0, $what) or diag("$out$err");
};
my $ran = sub {
	my ($job, $n) = @_;
	$d->wait_for("$n runs of $job", sub {
		return scalar($d->ended($job)) >= $n;
	});
};
$ran->('tick', 3);
$ran->('one', 2);
my $id = $d->run('tick');
$clean->('a daemon that runs');

kill 'KILL', @{ $d->processes->{master} };
$ran->('tick', 6);
$clean->('its master was killed');

(my $changed = $jobs) =~ s{\*/2 \* \*}{*/3 * *};
$changed =~ s/\[job every\].*//s;
$d->job('a.ini', $changed);
$d->json('reload');
$ran->('tick', 9);
$clean->('schedules changed, a job is gone');

$d->stop;
my $end = time + 3;
$d->wait_for('slots to pass', sub { return time > $end });
$d->job('a.ini', $jobs);
$d->start;
$ran->('every', 2);
$ran->('tick', 12);
$clean->('it was down for a while, and schedules changed meanwhile');

# Since a moment that one row of many slots is about.
my ($range) = grep { $_->{until} >= $_->{slot} + 2 } $d->ledger('tick');
ok($range, 'what it missed is one row');
my $middle = POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $range->{slot} + 1);
my ($good, $words) = $d->belfry('verify', '--since', $middle);
is($good, 0, 'verify begins in the middle of it') or diag($words);

# Two faults, by hand.
my $db = $d->path('state/belfry.db');
$d->stop;
system('sqlite3', $db, "delete from ledger where (job, slot) in (select job, "
    . "slot from runs where job = 'tick' and trigger = 'schedule' "
    . "order by id limit 1 offset 2); update runs set outcome = 'failure' "
    . "where id = '$id'");
$d->start;
my ($status, $out, $err) = $d->belfry('verify');
is($status, 1, 'faults: status 1') or diag("$out$err");
like($out, qr/^gap +tick /m, 'the gap');
like($out, qr/^disagreement +tick .*$id/m, 'the run that differs');
($status, $out) = $d->belfry('--json', 'verify', '--job', 'tick');
is($status, 1, 'the same as JSON');
my %kinds = map { $_->{kind} => 1 } @{ JSON::PP::decode_json($out) };
ok($kinds{gap} && $kinds{disagreement}, 'an array of findings');
($status, $out) = $d->belfry('verify', '--job', 'one');
is($status, 0, 'another job is good');
($status) = $d->belfry('verify', '--job', 'nothing');
is($status, 1, 'no such job');
($status) = $d->belfry('verify', '--since', 'noon');
is($status, 2, 'no such time');
$d->stop;
$d->finish;
done_testing;
