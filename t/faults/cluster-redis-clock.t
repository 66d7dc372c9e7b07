#!/usr/bin/perl
# The clock of Redis, by which all hosts go, is set wrong and right again: what
# could not be claimed is recorded, and nothing waits for that time to come.
use strict;
use warnings;
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b)], redis_clock => 1, jobs => {
	once => { schedule => '*/2 * * * * *', deadline => 1,
	    keys => "place = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
});
my $redis = $n->redis;
$n->start;
$n->recovers;
my $real = $redis->call('TIME')->[0];

# Three hours ahead: every slot is late. Three behind: none has come yet.
for my $seconds (3 * 3600, -3 * 3600) {
	my $fault = $n->begin('*');
	$redis->step_clock($seconds);
	$n->wait_for('the skew to be seen', sub {
		my ($host) = @{ $n->node('a')->json('nodes') };
		return abs($host->{clock_skew_ms}) > 3600e3;
	});
	$redis->step_clock(-$seconds);
	$n->recovers;
	$n->end($fault);
}
cmp_ok($redis->call('TIME')->[0], '>', $real, 'the clock is right again');
$n->recovers;
$n->check('a clock that was wrong');
$n->finish;
done_testing;
