#!/usr/bin/perl
# Queues of a cluster that share PostgreSQL: a submission has a fence, a worker
# is one of all hosts, for jobs and submissions together; those of a host that
# is killed are lost, and what waits goes on elsewhere.
use strict;
use warnings;
use Cluster;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->create('q');
my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)],
    conf => "[store]\ntype = postgres\nconninfo = " . $pg->conninfo('q')
    . "\n[queue one]\n");
my ($a, $b) = $c->all;
my $dir = $a->dir;
my $gate = "while test ! -e $dir/go; do sleep 0.05; done";
$_->job('j.ini', "[job hold]\nqueue = one\ncommand = $gate\n") for $c->all;
$c->start;

sub submit {
	my ($d, @args) = @_;
	my ($status, $out, $err);
	$d->wait_for('PostgreSQL', sub {
		($status, $out, $err) = $d->belfry('submit', '-q', 'one', @args);
		return $status == 0;
	});
	chomp $out;
	return $out;
}
sub state { eval { $b->json('queue', 'show', $_[0])->{state} } // '' }

my $id = submit($a, '--', 'echo $BELFRY_FENCE');
my $run = $a->finished($id);
is($run->{outcome}, 'success', 'it runs');
cmp_ok($run->{fence}, '>', 0, 'with a fence');

my $hold = $a->run('hold');
$a->wait_for('the job to run', sub {
	grep { $_->{id} eq $hold && $_->{state} eq 'running' }
	    @{ $a->json('status')->{runs} } });
my $second = submit($b, '--', "echo second >>$dir/out");
$b->wait_for('it to wait for the job', sub {
	grep { $_->{id} eq $second && ($_->{waits_for} // '') eq 'queue/one' }
	    @{ $b->json('status')->{line} } });
is($a->lines('out'), 0, 'jobs and submissions share the worker');
$a->write('go', '');
$b->finished($second);
pass('it goes on when the job is over');

# A host dies with one that has begun.
my $fatal = submit($a, '--', "echo fatal >>$dir/out; sleep 1000");
$a->wait_for('it to begin', sub { grep { /fatal/ } $a->lines('out') });
my $host = $b->json('queue', 'show', $fatal)->{host};
my ($dead, $alive) = $host eq 'a' ? ($a, $b) : ($b, $a);
$alive->wait_for('its begin to be known', sub {
	eval { $alive->json('show', $fatal) } });
my $next = submit($alive, '--', "echo next >>$dir/out");
kill 'KILL', $dead->{pid}, map { @$_ } values %{ $dead->processes };
waitpid $dead->{pid}, 0;
kill 'KILL', $dead->leftovers;
$alive->wait_for('the next one', sub { grep { /next/ } $a->lines('out') });
is(scalar(grep { /fatal/ } $a->lines('out')), 1, 'none runs twice');
$alive->wait_for('the other to be lost', sub {
	(eval { $alive->json('show', $fatal)->{outcome} } // '') eq 'lost' });
pass('and the one that had begun is lost');
delete $dead->{pid};
$_->finish for $alive, $dead;
$redis->stop if $redis->can('stop');
done_testing;
