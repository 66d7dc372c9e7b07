#!/usr/bin/perl
# Three hosts, one Redis: each slot runs once; hosts come, go and are killed.
use strict;
use warnings;
use Cluster;
use List::Util qw(sum);
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)],
    a => { tags => 'web' }, b => { tags => 'web old' }, c => { tags => 'db' });
my $probe = $c->probe;
my %jobs = (
    any => '',
    spread => 'place = spread',
    all => 'hosts = all',
    two => 'hosts = 2 of any',
    web => 'hosts = tag:web & !tag:old',
    nobody => "hosts = tag:mail\nstart-deadline = 1s",
);
for my $d ($c->all) {
	$d->job('j.ini', join "\n", map {
	    "[job $_]\nschedule = * * * * * *\n$jobs{$_}\ncommand = $probe\n"
	} sort keys %jobs);
}
$c->start;

# Slots that have passed: from the second complete one on.
sub once {
	my ($job, $copies, $message) = @_;
	my (%count, %fences, @order);
	for my $run ($c->runs($job)) {
		$count{ $run->{slot} }++;
		$fences{ $run->{fence} }++;
	}
	is(scalar(grep { $_ > $copies } values %count), 0,
	    "$job: no slot more than $copies times $message");
	is(scalar(grep { $_ > 1 } values %fences), 0,
	    "$job: each run has its own fence") if $copies == 1;
}

sub wait_runs {
	my ($job, $n) = @_;
	my $have = $c->runs($job);
	$c->node('c')->wait_for("$n more runs of $job",
	    sub { scalar(my @runs = $c->runs($job)) >= $have + $n });
}

$c->node('c')->wait_for("runs of $_", sub { scalar $c->runs($_) >= 6 })
    for qw(any spread all two web);
once($_, 1, 'on three hosts') for qw(any spread web);
once('all', 3, 'on three hosts');
once('two', 2, 'on three hosts');
my %on;
$on{ $_->{job} }{ $_->{node} }++ for map { $c->runs($_) } keys %jobs;
is_deeply([keys %{ $on{web} }], ['a'], 'tags choose');
$c->node('c')->wait_for('all to be all', sub {
	$on{all}{ $_->{node} }++ for $c->runs('all');
	return "@{[sort keys %{ $on{all} }]}" eq 'a b c';
});
# A host that is late by more than a rank's delay is stood in for.
$c->node('c')->wait_for('place = hash to stay', sub {
	$on{any} = {};
	$on{any}{ $_->{node} }++ for $c->runs('any');
	my ($most) = sort { $b <=> $a } values %{ $on{any} };
	my $all = sum values %{ $on{any} };
	return $all >= 9 && $most > $all * 2 / 3;
});
$c->node('c')->wait_for('place = spread to go elsewhere', sub {
	$on{spread}{ $_->{node} }++ for $c->runs('spread');
	return keys %{ $on{spread} } > 1;
});
ok(!$on{nobody}, 'no host, no run');
# Those before the first host had joined are missed for want of Redis.
$c->node('c')->wait_for('a slot without a host to be missed', sub {
	grep { $_->{reason} eq 'no-host' } $c->ledger('nobody');
});
my %rows;
$rows{ $_->{slot} }++ for $c->ledger('nobody');
is(scalar(grep { $_ > 1 } values %rows), 0, 'by one of the hosts');

# Nobody records what another host has run.
my %ledger;
$ledger{ $_->{slot} }++ for $c->ledger('any');
is(scalar(grep { $_ > 1 } values %ledger), 0, 'one row a slot, over all');

my $nodes = $c->node('a')->json('nodes');
is_deeply([map { $_->{node} } @$nodes], [qw(a b c)], 'belfry nodes');
is_deeply([map { join ',', @{ $_->{tags} } } @$nodes],
    ['web', 'web,old', 'db'], 'their tags');
is(scalar(grep { $_->{jobs_differ} || $_->{tzdata_differ} } @$nodes), 0,
    'they have the same jobs and zones');
my $status = $c->node('b')->json('status')->{cluster};
is($status->{state}, 'joined', 'belfry status');
is_deeply([@{ $status->{servers}[0] }{qw(state role policy persistence
    claim_test)}], [qw(ok master noeviction off ok)], 'and its Redis');

# The host that has the job dies.
my %had = %{ $on{any} };
my ($victim) = sort { $had{$b} <=> $had{$a} } keys %had;
my ($witness) = grep { $_ ne $victim } qw(a b c);
my $before = time;
$c->kill_node($victim);
my $w = $c->node($witness);
$w->wait_for('another host to run it', sub {
	grep { $_->{node} ne $victim } $c->runs('any');
});
once($_, 1, 'after a host died') for qw(any spread);
$w->wait_for('the dead host to be noticed', sub {
	!grep { $_->{node} eq $victim && $_->{state} eq 'alive' }
	    @{ $w->json('nodes') };
});
$c->node($victim)->start;
$c->settled;
my $seen = $c->runs('any');
$w->wait_for('the host to run it again', sub {
	my @runs = $c->runs('any');
	grep { $_->{node} eq $victim } @runs[$seen .. $#runs];
});

# The master alone is killed: the host takes part again at once.
my ($master) = @{ $c->node($victim)->processes->{master} };
kill 'KILL', $master;
my $count = $c->runs('any');
$w->wait_for('more runs', sub { $c->runs('any') >= $count + 4 });
once($_, 1, 'after a master died') for qw(any spread);
once('two', 2, 'after a master died');

# Drained: the others take over at once, and nothing is missed.
my $drained = $c->node($victim);
$drained->belfry('drain');
$drained->wait_exit;
$count = $c->runs('any');
$w->wait_for('runs elsewhere', sub { $c->runs('any') >= $count + 3 });
once($_, 1, 'after a drain') for qw(any spread web);
is_deeply([$c->unaccounted($_)], [], "$_: every slot has its row")
    for qw(any spread web);
$c->finish;
done_testing;
