#!/usr/bin/perl
# Many slots due at once: their claims wait for no launch, and go first; a host
# at its max-running leaves them to those that have room.
use strict;
use warnings;
use Cluster;
use List::Util qw(max min);
use Test::More;
use Time::HiRes qw(time);

# N jobs, each due at the same instants.
sub crowd {
	my ($n, $command, @at) = @_;
	my $at = join ',', map {
		my @t = gmtime $_;
		sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900,
		    $t[4] + 1, @t[3, 2, 1, 0];
	} @at;
	return { 'j.ini' => join '', map {
		"[job j$_]\nschedule = \@at $at\ncommand = $command\n"
		    . "start-deadline = 1m\n"
	} 1 .. $n };
}

# Columns of all runs over some daemons.
sub rows {
	my ($columns, @d) = @_;
	return map {
		my ($status, $out, $err) = $_->command('sqlite3', '-readonly',
		    '-cmd', '.timeout 5000', $_->path('state/belfry.db'),
		    "select $columns from runs where outcome = 'success'");
		die "rows: $err" if $status;
		map { [split /\|/] } split /\n/, $out;
	} @d;
}

# While nothing can be launched more are claimed than wait elsewhere.
my $redis = Cluster::Redis->new;
my $first = int(time) + 4;
my @at = map { $first + $_ } 0, 3, 4, 5;
my $c = Cluster->new(redis => [$redis], nodes => ['a'],
    jobs => crowd(500, 'true', @at));
$c->start;
my $d = $c->node('a');
my @launchers = @{ $d->processes->{launcher} };
kill 'STOP', @launchers;
$d->wait_for('all to be claimed', sub {
	my $status = $d->json('status');
	return $status->{waiting} + $status->{running} >= 500;
});
is(scalar(rows('id', $d)), 0, 'all are claimed, none has run');
kill 'CONT', @launchers;

# In one of the waves at least: the machine may be too busy in others.
$d->wait_for('all to run', sub { rows('id', $d) == 500 * @at });
my (%claims, %starts);
for (rows('slot, fence, started', $d)) {
	my ($slot, $fence, $started) = @$_;
	push @{ $claims{$slot} }, $fence;
	push @{ $starts{$slot} }, $started;
}
delete $claims{ $first * 1000 };
is(scalar(keys %claims), @at - 1, 'the waves');
ok(scalar(grep { max(@{ $claims{$_} }) < min(@{ $starts{$_} }) }
    keys %claims), 'no run starts before the last claim of its wave');
$c->finish;

# Ten of twenty, more or less, are ranked first for the host that is full.
$redis = Cluster::Redis->new;
$c = Cluster->new(redis => [$redis], nodes => [qw(a b)],
    a => { 'max-running' => 1 }, conf => "rank-delay = 2s\n",
    jobs => crowd(20, 'true', int(time) + 4));
$c->start;
$d->wait_for('all to run', sub { rows('id', $c->all) == 20 });
is(scalar(rows('id', $c->node('a'))), 1, 'the full host has taken one');
$c->finish;
done_testing;
