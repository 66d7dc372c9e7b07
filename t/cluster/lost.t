#!/usr/bin/perl
# Runs of hosts that die or hang; overlap over hosts; runs and kills from
# elsewhere.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)]);
my $probe = $c->probe;
for my $d ($c->all) {
	$d->job('j.ini', <<"END");
[job once]
hosts = a | b
command = $probe; exec sleep 1000
schedule = */10 * * * * *
overlap = skip

[job again]
hosts = a | b
guarantee = at-least-once
overlap = skip
command = $probe; [ \$BELFRY_ATTEMPT -gt 1 ] || exec sleep 1000
schedule = */10 * * * * *

[job keep]
command = echo keep \$\$ >>@{[ $d->path('pids') ]}; $probe; exec sleep 1000

[job drop]
on-lease-lost = kill
command = echo drop \$\$ >>@{[ $d->path('pids') ]}; $probe; exec sleep 1000

[job hand]
command = $probe; exec sleep 1000

[job delay]
schedule = \@after 1s
command = $probe; sleep 0.3

[job queue]
schedule = * * * * * *
overlap = queue
command = $probe; sleep 0.2
END
}
$c->start;
my $w = $c->node('c');

# Their files name places of their own.
my ($node) = grep { $_->{node} eq 'b' } @{ $c->node('a')->json('nodes') };
ok($node->{jobs_differ}, 'files that differ are seen');
like($c->node('a')->log, qr/node b has other jobs than this one/,
    'and told in the log');

# From one host to another.
my ($status, $id, $err) = $c->node('a')->belfry('run', '--node', 'c', 'hand');
is($status, 0, 'a run on another host') or diag $err;
chomp $id;
$w->wait_for('it to run there', sub { $c->runs('hand') });
is(($c->runs('hand'))[0]{node}, 'c', 'it is there');
is($w->json('show', $id)->{host}, 'c', 'under the id that was told');
($status, my $out, $err) = $c->node('b')->belfry('kill', $id);
is($status, 0, 'a kill from a third host') or diag $err;
is($w->finished($id)->{outcome}, 'killed', 'ends it');
($status, $out, $err) = $c->node('a')->belfry('kill', '0000000000000000nope');
is($status, 1, 'a run that no host has');
like($err, qr/no run/, 'is said to be none');
($status, $out, $err) = $c->node('a')->belfry('run', '--node', 'z', 'hand');
is($status, 1, 'a host that is not there');
like($err, qr/no live host "z"/, 'is named');

# A pause is one of all hosts.
$c->node('a')->belfry('pause', 'queue', '--reason', 'test');
$w->wait_for('the pause to arrive', sub { $w->json('show', 'queue')->{paused} });
$w->belfry('resume', 'queue');
$c->node('a')->wait_for('its end to arrive',
    sub { !$c->node('a')->json('show', 'queue')->{paused} });

# The host of both dies.
$w->wait_for("$_ to run", sub { $c->runs($_) }) for qw(once again);
my %first = map { $_ => ($c->runs($_))[0] } qw(once again);
my $victim = $first{again}{node};
my $other = $victim eq 'a' ? 'b' : 'a';
$c->kill_node($victim);
$w->wait_for('the run to be repeated elsewhere', sub { $c->runs('again') > 1 });
my $rerun = ($c->runs('again'))[1];
is($rerun->{slot}, $first{again}{slot}, 'the same slot');
is($rerun->{attempt}, 2, 'the next attempt');
is($rerun->{node}, $other, 'on a host that may');
cmp_ok($rerun->{fence}, '>', $first{again}{fence}, 'with a higher fence');
my @lost;
$w->wait_for('the lost run to be recorded', sub {
	@lost = map { grep { ($_->{outcome} // '') eq 'lost' }
	    @{ $_->json('history', 'again') } } $c->node($other), $w;
	return scalar @lost;
});
is(scalar @lost, 1, 'a lost run is recorded once');
is($lost[0]{host}, $victim, 'with its host');
like($lost[0]{reason}, qr/host \Q$victim\E is gone/, 'and why');
if ($first{once}{node} eq $victim) {
	is(scalar(grep { $_->{slot} eq $first{once}{slot} } $c->runs('once')), 1,
	    'at most once is never repeated');
}
$c->node($victim)->start;
$c->settled;

# A host that hangs: its workers end what others may begin again, and keep what
# they may not.
my $d = $c->node($other);
my %run;
for my $job (qw(keep drop)) {
	($status, $run{$job}) = $d->belfry('run', $job);
	chomp $run{$job};
	$d->wait_for("$job to run", sub { $c->runs($job) });
}
my %pid = map { /^(\w+) (\d+)$/ } $d->lines('pids');
my ($master) = @{ $d->processes->{master} };
kill 'STOP', $master;
$w->wait_for('the worker to end it by itself', sub { !kill 0, $pid{drop} });
$w->wait_for('the others to take the host for dead', sub {
	!grep { $_->{node} eq $other && $_->{state} eq 'alive' }
	    @{ $w->json('nodes') };
});
ok(kill(0, $pid{keep}), 'on-lease-lost = keep goes on');
kill 'CONT', $master;
$c->settled;
my $end = $d->finished($run{drop});
is($end->{outcome}, 'killed', 'on-lease-lost = kill was ended');
like($end->{reason}, qr/^its lease was lost: other hosts take this one for/,
    'and why');
$d->belfry('kill', $run{keep});
$end = $d->finished($run{keep});
is_deeply([@$end{qw(outcome reason)}], ['killed', 'killed by operator; '
    . 'other hosts took this one for dead while it ran'],
    'the other can be ended, and is told apart');

# @after and queue: one at a time, over all hosts.
for my $job (qw(delay queue)) {
	my $n = $c->runs($job);
	$w->wait_for("more of $job", sub { $c->runs($job) >= $n + 3 });
	my %slots;
	$slots{ $_->{slot} }++ for $c->runs($job);
	is(scalar(grep { $_ > 1 } values %slots), 0, "$job: no slot twice");
}
$c->finish;
done_testing;
