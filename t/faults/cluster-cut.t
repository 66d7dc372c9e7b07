#!/usr/bin/perl
# The way to Redis: cut, one way only, slow, answers lost and late.
use strict;
use warnings;
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b c)], jobs => {
	once => { schedule => '*/2 * * * * *', deadline => 1,
	    keys => "place = spread\n" },
	again => { schedule => '*/3 * * * * *', guarantee => 'at-least-once',
	    ms => 1500, keys => "place = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
});
my $proxy = $n->proxy;
$n->start;
$n->recovers;

# Cut off, in the middle of a run that never overlaps.
my ($run) = reverse $n->runs('alone');
my $victim = $run->{node};
my ($other) = grep { $_ ne $victim } qw(a b c);
my $link = "${victim}0";
my $fault = $n->begin($victim);
$proxy->cut($link);
$n->wait_missed($victim, $other);
$n->recovers;
is($n->node($victim)->json('status')->{cluster}{state}, 'isolated',
    'who is cut off says so');
$proxy->open($link);
$n->settled;
$n->end($fault);

# What it asks arrives, but no answer does.
$fault = $n->begin($victim);
$proxy->set($link, 'down', 'drop');
$n->wait_missed($victim, $other);
$n->recovers;
$proxy->open($link);
$n->settled;
$n->end($fault);

# The answer to a claim is lost after the script ran: asked again, it is the
# same claim, and the slot runs.
$fault = $n->begin('*');
my $before = time * 1000;
for my $name (qw(a b c)) {
	$proxy->lose("${name}0", $n->sha('claim'));
}
$n->wait_for('answers to be lost', sub {
	3 == grep { $proxy->count("${_}0") > 0 } qw(a b c);
});
$n->end($fault);
$n->settled;
$n->recovers;

# Answers that come when nobody waits for them any more.
$fault = $n->begin($victim);
$proxy->set($link, 'down', 'hold');
$n->wait_state('isolated', $victim);
$proxy->open($link);
$n->settled;
$n->end($fault);

# Slow for all.
$fault = $n->begin('*');
for my $name (qw(a b c)) {
	$proxy->set("${name}0", 'up', 'pass', 100);
	$proxy->set("${name}0", 'down', 'pass', 100);
}
$n->recovers;
$proxy->open("${_}0") for qw(a b c);
$n->end($fault);
$n->recovers;
$n->check('the way to Redis');
$n->finish;
done_testing;
