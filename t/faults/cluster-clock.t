#!/usr/bin/perl
# Hosts whose clocks are wrong by hours: what crosses hosts goes by the clock
# of Redis.
use strict;
use warnings;
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b c)], clocks => [qw(a b)], jobs => {
	once => { schedule => '*/2 * * * * *', deadline => 1,
	    keys => "place = spread\n" },
	again => { schedule => '*/3 * * * * *', guarantee => 'at-least-once',
	    keys => "place = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
});
$n->start;
$n->recovers;

my $fault = $n->begin('*');
$n->node('a')->step_clock(3 * 3600);
$n->node('b')->step_clock(-5 * 3600);
$n->recovers;
$n->wait_for('the skew to be seen', sub {
	my %skew = map { $_->{node} => $_->{clock_skew_ms} }
	    @{ $n->node('c')->json('nodes') };
	return abs($skew{a}) > 3600e3 && abs($skew{b}) > 3600e3;
});
$n->node('a')->step_clock(-3 * 3600);
$n->node('b')->step_clock(5 * 3600);
$n->recovers;

# A little: less than what a slot may be early, and more.
$n->node('a')->step_clock(0.4);
$n->node('b')->step_clock(-0.8);
$n->recovers;
$n->node('a')->step_clock(-0.4);
$n->node('b')->step_clock(0.8);
$n->end($fault);
$n->recovers;
$n->check('clocks that are wrong');
$n->finish;
done_testing;
