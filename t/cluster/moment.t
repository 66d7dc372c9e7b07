#!/usr/bin/perl
# Redis cannot be reached for a moment, in which no session ends: what comes and
# goes in the cluster after that is seen as before.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)],
    times => { 'session-ttl' => '60s' });
my @two = map { $c->node($_) } qw(a b);
$_->start for @two;
$c->settled_as('a b', qw(a b));

$redis->signal('STOP');
for my $d (@two) {
	$d->wait_for('Redis to be missed', sub {
		$d->log =~ /no majority of Redis can be reached/;
	});
}
$redis->signal('CONT');
for my $d (@two) {
	$d->wait_for('Redis to be back', sub {
		$d->log =~ /Redis can be reached again/;
	});
	unlike($d->log, qr/the session is lost/, 'its session is as it was');
}

$c->node('c')->start;
$c->settled;
pass('a host that comes is seen by all');
$c->node('c')->stop;
$c->settled_as('a b', qw(a b));
pass('one that goes is missed');
$c->finish;
done_testing;
