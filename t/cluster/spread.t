#!/usr/bin/perl
# While Redis is away each host tells of the slots that it is the first for, by
# turns. What one claims later of another's is told by it.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new(aof => 1);
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)],
    times => { 'session-ttl' => '10s' });
my $probe = $c->probe;
my @jobs = qw(t1 t2 t3 t4);
$_->job('j.ini', join "\n", map {
	"[job $_]\nschedule = * * * * * *\nplace = spread\ncommand = $probe\n"
} @jobs) for $c->all;
$c->start;
my $d = $c->node('a');
$d->wait_for("runs of $_", sub { $c->runs($_) >= 2 }) for @jobs;

$redis->stop;
# Two in a row of one host, with one of another in between.
sub told_by_turns {
	my ($job) = @_;
	my @on = map { $_->{on} } grep { ($_->{reason} // '') eq 'redis-down' }
	    $c->ledger($job);
	my $turns = grep { $on[$_] ne $on[$_ - 1] } 1 .. $#on;
	return $turns >= 2 && @on >= 4;
}
$d->wait_for("$_ to be told of by several hosts", sub { told_by_turns($_) })
    for @jobs;
my %before = map { $_ => scalar $c->runs($_) } @jobs;
$redis->start;
for my $job (@jobs) {
	$d->wait_for("runs of $job again",
	    sub { $c->runs($job) >= $before{$job} + 4 });
	$d->wait_for("a row of each slot of $job",
	    sub { !$c->unaccounted($job) });
	is_deeply([$c->doubled($job)], [], "$job: each slot has one row") or diag $c->rows($job);
}
is(scalar(grep { ($_->{outcome} // '') eq 'launch-failed' }
    map { $c->ledger($_) } @jobs), 0, 'what is claimed is started');
$c->finish;
done_testing;
