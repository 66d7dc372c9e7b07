#!/usr/bin/perl
# All hosts were down: what was missed is caught up with once over all of them,
# within its limit, and the rest is one row. A new job has no past.
use strict;
use warnings;
use Cluster;
use Test::More;
use Time::HiRes qw(time);

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)]);
my $probe = $c->probe;
my %jobs = (
    all => "catch-up = all\ncatch-up-limit = 3",
    last => 'catch-up = last',
    none => '',
);
my $text = join "\n", map {
	"[job $_]\nschedule = * * * * * *\n$jobs{$_}\ncommand = $probe\n"
} sort keys %jobs;
$_->job('j.ini', $text) for $c->all;
$c->start;
my ($x, $y) = $c->all;
$x->wait_for("runs of $_", sub { $c->runs($_) >= 3 }) for sort keys %jobs;

$c->kill_node($_) for qw(a b);
my %before = map { $_ => scalar $c->runs($_) } keys %jobs;
my ($first) = sort { $a <=> $b } map { Cluster::seconds($_->{slot}) }
    map { $c->runs($_) } keys %jobs;
my ($last) = sort { $b <=> $a } map { Cluster::seconds($_->{slot}) }
    $c->runs('none');
$x->wait_for('slots to be missed', sub { time > $last + 7 });
$_->spawn for $c->all;
$x->wait_for('both to be up', sub {
	2 == grep { $_->log =~ /is up, pid=\d+ node=.*is up, pid=\d+ node=/s }
	    $c->all;
});
$c->settled;
$x->wait_for("$_ to run again", sub { $c->runs($_) >= $before{$_} + 5 })
    for sort keys %jobs;

for my $job (sort keys %jobs) {
	my @runs = $c->runs($job);
	my %n;
	$n{ $_->{slot} }++ for @runs;
	is(join(' ', grep { $n{$_} > 1 } sort keys %n), '',
	    "$job: no slot twice");
	my @late = grep { $_->{trigger} eq 'catch-up' } @runs;
	is(scalar @late, { all => 3, last => 1, none => 0 }->{$job},
	    "$job: so many are caught up with, over both hosts")
	    or diag explain \@late;
	is_deeply([$c->unaccounted($job)], [], "$job: every slot has its row");
	# But those from before the hosts first had joined.
	my @ranges = grep { $_->{until} > $_->{slot} && $_->{slot} > $first }
	    $c->ledger($job);
	is(scalar @ranges, 1, "$job: one row for all that were missed")
	    or diag explain \@ranges;
	my %rows;
	for my $row ($c->ledger($job)) {
		$rows{$_}++ for int $row->{slot} .. int $row->{until};
	}
	is(join(' ', grep { $rows{$_} > 1 } sort keys %rows), '',
	    "$job: no slot has two rows");
}

# One host hears of a new job before the other.
my $new = "[job new]\nschedule = * * * * * *\ncatch-up = all\n"
    . "start-deadline = 1s\ncommand = $probe\n";
my $added = time;
$x->job('new.ini', $new);
$x->belfry('reload');
$x->wait_for('it to run', sub { $c->runs('new') >= 2 });
$y->job('new.ini', $new);
$y->belfry('reload');
my $had = $c->runs('new');
$x->wait_for('it to go on', sub { $c->runs('new') >= $had + 3 });
my %n;
$n{ $_->{slot} }++ for $c->runs('new');
is(join(' ', grep { $n{$_} > 1 } sort keys %n), '', 'a new job: once');
is(scalar(grep { Cluster::seconds($_->{slot}) < int $added } $c->runs('new')),
    0, 'and not for its past, on any host');
$c->finish;
done_testing;
