#!/usr/bin/perl
# Five hosts and five independent Redis servers: two of each may be lost.
use strict;
use warnings;
use Cluster;
use Test::More;

my @redis = map { Cluster::Redis->new } 1 .. 5;
my $c = Cluster->new(redis => \@redis, nodes => [qw(a b c d e)]);
my $probe = $c->probe;
$_->job('j.ini', <<"END") for $c->all;
[job tick]
schedule = * * * * * *
place = spread
command = $probe

[job limit]
schedule = * * * * * *
overlap = queue
overlap-limit = 2
command = $probe; sleep 2.5
END
$c->start;
my $d = $c->node('a');

sub more {
	my ($what, $job, $n) = @_;
	my $had = $c->runs($job);
	$d->wait_for($what, sub { $c->runs($job) >= $had + $n });
}

more('runs', 'tick', 3);
$_->stop for @redis[0, 1];
more('runs with three servers of five', 'tick', 3);
is($d->json('status')->{cluster}{state}, 'joined', 'three are a majority');
$redis[2]->stop;
$d->wait_for('isolation', sub {
	$d->json('status')->{cluster}{state} eq 'isolated';
});
$_->start for @redis[0 .. 2];
more('runs with all again', 'tick', 3);
$c->kill_node($_) for qw(d e);
more('runs with three hosts of five', 'tick', 4);

my %n;
$n{$_->{slot}}++ for $c->runs('tick');
is(join(' ', grep { $n{$_} > 1 } sort keys %n), '', 'no slot twice');
my @fences = map { $_->{fence} } sort { $a->{slot} cmp $b->{slot} }
    $c->runs('tick');
is(scalar(grep { $fences[$_] <= $fences[$_ - 1] } 1 .. $#fences), 0,
    'fences grow');

# What does not fit into the queue is skipped, whoever has it.
more('runs of a queue', 'limit', 2);
my @slots = map { $_->{slot} } $c->runs('limit');
is_deeply(\@slots, [sort @slots], 'a queue keeps its order');
ok(scalar(grep { ($_->{outcome} // '') eq 'skipped'
	&& $_->{reason} eq 'overlap' } $c->ledger('limit')),
    'and skips what does not fit');
$c->finish;
done_testing;
