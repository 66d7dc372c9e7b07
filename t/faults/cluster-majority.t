#!/usr/bin/perl
# Three independent Redis servers: one may fail in any way, and two of them
# take no slot twice.
use strict;
use warnings;
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b c)], servers => 3, jobs => {
	once => { schedule => '*/2 * * * * *', deadline => 1,
	    keys => "place = spread\n" },
	again => { schedule => '*/3 * * * * *', guarantee => 'at-least-once',
	    ms => 1500, keys => "place = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
});
my $proxy = $n->proxy;
$n->start;
$n->recovers;
my $fault = $n->begin('*', forgets => 1);

$n->redis(0)->stop;
$n->recovers;
$n->redis(0)->start;
$n->wait_servers;
$n->redis(1)->signal('STOP');
$n->recovers;
$n->redis(1)->signal('CONT');
$n->wait_servers;

# Every host sees another majority.
$proxy->cut("a0");
$proxy->cut("b1");
$proxy->cut("c2");
$n->recovers;
$proxy->open("a0");
$proxy->open("b1");
$proxy->open("c2");
$n->wait_servers;

$n->redis(2)->command('FLUSHALL');
$n->recovers;
$n->wait_servers;

$n->redis($_)->stop for 1, 2;
$n->wait_state('isolated');
$n->wait_for('slots to be missed', sub {
	grep { ($_->{reason} // '') eq 'redis-down' } $n->ledger('once');
});
$n->redis($_)->start for 1, 2;
$n->wait_state('joined');
$n->recovers;
$n->end($fault);
$n->recovers;
$n->check('minority and majority lost');
$n->finish;
done_testing;
