#!/usr/bin/perl
# Claimed runs that wait while Redis is away for a moment start when it is
# back, though nothing else is due then.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => ['a'],
    times => { 'session-ttl' => '1m' });
$c->start;
my $d = $c->node('a');
my $go_on = $c->stop_launchers('a');
$c->crowd(500, 'true');
$d->wait_for('all to be claimed', sub {
	my $status = $d->json('status');
	return $status->{waiting} + $status->{running} == 500;
});
my $waiting = $d->json('status')->{waiting};
$redis->signal('STOP');
$d->wait_for('Redis to be missed', sub { $d->log =~ / down: no answer / });
$go_on->();
$d->wait_for('what was on its way to run', sub {
	$d->json('status')->{running} == 0 });
is($d->json('status')->{waiting}, $waiting, 'without Redis nothing is started');
$redis->signal('CONT');
$d->wait_for('all to run', sub { $c->successes('id') == 500 });
pass('all have run');
$c->finish;
done_testing;
