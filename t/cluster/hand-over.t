#!/usr/bin/perl
# A host that is drained hands over whatever it has claimed and not started,
# however much that is.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)]);
my ($from, $to) = $c->all;
$from->start;
my $go_on = $c->stop_launchers('a');
$c->crowd(700, 'true');
$from->wait_for('all to be claimed', sub {
	my $status = $from->json('status');
	return $status->{waiting} + $status->{running} == 700;
});
my $waiting = $from->json('status')->{waiting};
$to->start;
$c->settled;
kill 'TERM', $from->{pid};
$to->wait_for('it to take over', sub {
	$c->successes('job', 'b') == $waiting });
$go_on->();
$from->wait_exit;
my %runs;
$runs{ $_->[0] }++ for $c->successes('job');
is(scalar(keys %runs), 700, 'all have run');
is(scalar(grep { $_ > 1 } values %runs), 0, 'none of them twice');
$_->finish for $c->all;
done_testing;
