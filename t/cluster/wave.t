#!/usr/bin/perl
# Many slots due at once: their claims wait for no launch, and go first; a host
# at its max-running leaves them to those that have room.
use strict;
use warnings;
use Cluster;
use List::Util qw(max min);
use Test::More;

# While nothing can be launched more are claimed than wait elsewhere.
my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => ['a']);
$c->start;
my $d = $c->node('a');
my $go_on = $c->stop_launchers('a');
my @due = $c->crowd(500, 'true', 3, 4, 5);
$d->wait_for('all to be claimed', sub {
	my $status = $d->json('status');
	return $status->{waiting} + $status->{running} >= 500;
});
is(scalar($c->successes('id')), 0, 'all are claimed, none has run');
$go_on->();

# In one of the waves at least: the machine may be too busy in others.
$d->wait_for('all to run', sub { $c->successes('id') == 500 * @due });
my (%claims, %starts);
for ($c->successes('slot, fence, started')) {
	my ($slot, $fence, $started) = @$_;
	push @{ $claims{$slot} }, $fence;
	push @{ $starts{$slot} }, $started;
}
delete $claims{ $due[0] * 1000 };
is(scalar(keys %claims), @due - 1, 'the waves');
ok(scalar(grep { max(@{ $claims{$_} }) < min(@{ $starts{$_} }) }
    keys %claims), 'no run starts before the last claim of its wave');
$c->finish;

# Ten of twenty, more or less, are ranked first for the host that is full.
$redis = Cluster::Redis->new;
$c = Cluster->new(redis => [$redis], nodes => [qw(a b)],
    a => { 'max-running' => 1 }, conf => "rank-delay = 2s\n");
$c->start;
$c->crowd(20, 'true');
$c->node('b')->wait_for('all to run', sub { $c->successes('id') == 20 });
is(scalar($c->successes('id', 'a')), 1, 'the full host has taken one');
$c->finish;
done_testing;
