#!/usr/bin/perl
# Claimed runs that wait while Redis is away for a moment start when it is
# back, though nothing else is due then.
use strict;
use warnings;
use Cluster;
use Test::More;
use Time::HiRes qw(time);

my $redis = Cluster::Redis->new;
my @t = gmtime(time + 4);
my $at = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1,
    @t[3, 2, 1, 0];
my $c = Cluster->new(redis => [$redis], nodes => ['a'],
    times => { 'session-ttl' => '1m' }, jobs => { 'j.ini' => join '', map {
	"[job j$_]\nschedule = \@at $at\nstart-deadline = 1m\n"
	    . "command = true\n" } 1 .. 500 });
$c->start;
my $d = $c->node('a');

sub ended {
	my ($status, $out, $err) = $d->command('sqlite3', '-readonly', '-cmd',
	    '.timeout 5000', $d->path('state/belfry.db'),
	    "select count(*) from runs where outcome = 'success'");
	die "ended: $err" if $status;
	return $out;
}

my @launchers = @{ $d->processes->{launcher} };
kill 'STOP', @launchers;
$d->wait_for('all to be claimed', sub {
	my $status = $d->json('status');
	return $status->{waiting} + $status->{running} == 500;
});
my $waiting = $d->json('status')->{waiting};
$redis->signal('STOP');
$d->wait_for('Redis to be missed', sub { $d->log =~ / down: no answer / });
kill 'CONT', @launchers;
$d->wait_for('what was on its way to run', sub {
	$d->json('status')->{running} == 0 });
is($d->json('status')->{waiting}, $waiting, 'without Redis nothing is started');
$redis->signal('CONT');
$d->wait_for('all to run', sub { ended() == 500 });
pass('all have run');
$c->finish;
done_testing;
