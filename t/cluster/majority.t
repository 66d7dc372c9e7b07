#!/usr/bin/perl
# Three independent Redis servers: one may be lost, two may not.
use strict;
use warnings;
use Cluster;
use Test::More;

my @redis = map { Cluster::Redis->new } 1 .. 3;
my $c = Cluster->new(redis => \@redis, nodes => [qw(a b)]);
my $probe = $c->probe;
$_->job('j.ini', "[job tick]\nschedule = * * * * * *\ncommand = $probe\n")
    for $c->all;
$c->start;
my $d = $c->node('a');
$d->wait_for('runs', sub { $c->runs('tick') >= 2 });

$redis[0]->stop;
$d->wait_for('the loss to be seen', sub {
	1 == grep { $_->{state} eq 'down' }
	    @{ $d->json('status')->{cluster}{servers} };
});
my $n = $c->runs('tick');
$d->wait_for('runs with two of three', sub { $c->runs('tick') >= $n + 3 });
is($d->json('status')->{cluster}{state}, 'joined', 'two of three are enough');

$redis[1]->stop;
$d->wait_for('isolation', sub {
	$d->json('status')->{cluster}{state} eq 'isolated';
});
$n = $c->runs('tick');
$redis[0]->start;
$redis[1]->start;
$d->wait_for('runs again', sub { $c->runs('tick') >= $n + 3 });
my %slots;
$slots{ $_->{slot} }++ for $c->runs('tick');
is(scalar(grep { $_ > 1 } values %slots), 0, 'no slot twice');
my @fences = map { $_->{fence} } sort { $a->{slot} cmp $b->{slot} }
    $c->runs('tick');
is(scalar(grep { $fences[$_] <= $fences[$_ - 1] } 1 .. $#fences), 0,
    'fences grow');
$c->finish;
done_testing;
