#!/usr/bin/perl
# Hosts are killed, stopped and go on: no slot twice, none forgotten.
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
	everywhere => { schedule => '*/2 * * * * *', copies => 3,
	    keys => "hosts = all\n" },
});
$n->start;
$n->recovers;

# The host with the job that never overlaps, in the middle of a run.
my ($run) = reverse $n->runs('alone');
my $victim = $run->{node};
my $fault = $n->begin($victim);
$n->kill_node($victim);
$n->wait_for('another host to have it', sub {
	my ($last) = reverse $n->runs('alone');
	return $last->{node} ne $victim;
});
$n->node($victim)->start;
$n->settled;
$n->end($fault);
$n->recovers;

# Only the master stops; its workers watch the lease.
my $other = $victim eq 'a' ? 'b' : 'a';
$fault = $n->begin($other);
my @pids = $n->signal_roles('STOP', $other, 'master');
$n->wait_missed($other, $victim);
$n->recovers(qw(once again alone));
kill 'CONT', @pids;
$n->settled;
$n->end($fault);

# The whole machine stops, for longer than its session lasts.
$fault = $n->begin($victim, frozen => 1);
@pids = $n->stop_host($victim);
$n->wait_missed($victim, $other);
$n->recovers(qw(once again alone));
kill 'CONT', @pids;
$n->settled;
$n->end($fault);
$n->recovers;
$n->check('hosts killed and stopped');
$n->finish;
done_testing;
