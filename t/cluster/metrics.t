#!/usr/bin/perl
# /metrics of hosts of a cluster: claims, hosts, Redis; and when Redis is away.
use strict;
use warnings;
use Cluster;
use Test::More;
use Web;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)], jobs => {
	'j.ini' => "[job j]\nschedule = * * * * * *\ncommand = true\n" });
$c->start;
my @web = map { Web->new($_) } $c->all;

# The first value of a name, whatever its labels.
sub value {
	my ($web, $name) = @_;
	my (undef, undef, $text) = $web->request('GET', '/metrics');
	return $text =~ /^\Q$name\E(?:\{[^}]*\})? (\S+)$/m ? $1 : undef;
}
my $a = $c->node('a');
$a->wait_for('claims of both', sub {
	my $won = 0;
	$won += value($_, 'belfry_claims_total{verdict="won"}') // 0 for @web;
	return $won >= 3;
});
for my $web (@web) {
	is(value($web, 'belfry_cluster_joined'), 1, 'joined');
	is(value($web, 'belfry_cluster_nodes'), 2, 'with the other');
	is(value($web, 'belfry_redis_up'), 1, 'Redis is there');
	cmp_ok(value($web, 'belfry_redis_latency_seconds'), '>', 0, 'and answers');
}
my $answers = 0;
$answers += value($_, 'belfry_claim_duration_seconds_count') for @web;
cmp_ok($answers, '>=', 3, 'claims have a duration');
$redis->stop;
$a->wait_for('Redis to be missed', sub {
	value($web[0], 'belfry_redis_up') == 0 });
$a->wait_for('the session to end', sub {
	value($web[0], 'belfry_cluster_joined') == 0 });
pass('without Redis no host has joined');
$_->finish for $c->all;
done_testing;
