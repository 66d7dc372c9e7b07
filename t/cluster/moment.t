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
$_->job('j.ini', "[job delay]\nschedule = \@after 1s\ncommand = "
    . $c->probe . "\n") for $c->all;
$_->start for @two;
$c->settled_as('a b', qw(a b));

# How often a host has missed Redis.
sub missed {
	my ($d) = @_;
	return scalar(() = $d->log =~ /no majority of Redis can be reached/g);
}

my @before = map { missed($_) } @two;
$redis->signal('STOP');
for (0, 1) {
	$two[$_]->wait_for('Redis to be missed', sub {
		missed($two[$_]) > $before[$_];
	});
}
$two[0]->wait_for('a slot to be missed', sub {
	grep { ($_->{reason} // '') =~ /^(?:redis-down|in-doubt)$/ }
	    map { $_->ledger('delay') } @two;
});
my $had = $c->runs('delay');
$redis->signal('CONT');
for my $d (@two) {
	$d->wait_for('Redis to be back', sub {
		$d->json('status')->{cluster}{state} eq 'joined';
	});
	unlike($d->log, qr/the session is lost/, 'its session is as it was');
}
$two[0]->wait_for('an interval to go on', sub { $c->runs('delay') > $had + 1 });

$c->node('c')->start;
$c->settled;
pass('a host that comes is seen by all');
$c->node('c')->stop;
$c->settled_as('a b', qw(a b));
pass('one that goes is missed');
$c->finish;
done_testing;
