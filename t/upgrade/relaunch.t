#!/usr/bin/perl
# A run whose launcher died before it was forked is launched again; but not
# one that somebody killed meanwhile, and a drain does not wait for it.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('slow.ini', <<"END");
[job slow]
command = echo \$BELFRY_RUN_ID >>$dir/began; exec sleep 60

[job quick]
command = true
END
$d->start;

# Launchers that stand still take requests and do nothing about them.
my $stall = sub {
	my $pids = $d->processes->{launcher};
	kill 'STOP', @$pids;
	return @$pids;
};

my @stopped = $stall->();
my $again = $d->run('quick');
my $killed = $d->run('slow');
my ($status, $out, $err) = $d->belfry('kill', $killed);
is($status, 0, 'a run that a launcher was asked for can be killed') or diag $err;
kill 'KILL', @stopped;
is($d->finished($again)->{outcome}, 'success', 'the other is launched again');
my $run = $d->finished($killed);
is($run->{outcome}, 'killed', 'the killed one is not');
like($run->{reason}, qr/operator/, 'and says why');

@stopped = $stall->();
my $left = $d->run('slow');
kill 'TERM', $d->{pid};
$d->wait_for('draining', sub { $d->log =~ /draining, \d+ runs/ });
kill 'KILL', @stopped;
is($d->wait_exit, 0, 'a drain ends without what never started');
is_deeply([$d->lines('began')], [], 'neither of the slow ones began');
$d->start;
$d->wait_for('the one that was left to begin', sub { $d->lines('began') });
is_deeply([$d->lines('began')], [$left], 'it runs after the next start');
$d->belfry('kill', $left);
is($d->finished($left)->{outcome}, 'killed', 'and ends');
$d->stop;
$d->finish;
done_testing;
