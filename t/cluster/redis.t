#!/usr/bin/perl
# Redis goes away, comes back, comes back empty; a host is cut off.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)]);
my $probe = $c->probe;
for my $d ($c->all) {
	$d->job('j.ini', <<"END");
[job wait]
schedule = */2 * * * * *
start-deadline = 1s
command = $probe

[job skip]
schedule = */2 * * * * *
when-isolated = skip
command = $probe

[job run]
schedule = */2 * * * * *
when-isolated = run
command = $probe

[job stays]
schedule = * * * * * *
command = $probe
END
}
$c->start;
my $d = $c->node('a');
$d->wait_for("runs of $_", sub { $c->runs($_) >= 2 }) for qw(wait skip run);

# How often the log says that Redis is away.
sub told {
	my $log = join '', map { $_->log } $c->all;
	return scalar(() = $log =~ /no majority of Redis can be reached/g);
}

$c->settled;
$redis->stop;
$d->wait_for('both to notice', sub {
	2 == grep { $_->json('status')->{cluster}{state} eq 'isolated' } $c->all;
});
# What was asked at that moment, and what was told of before, is in doubt: who
# knew has forgotten.
my $away = time;
my $before = $c->runs('run');
$d->wait_for('it to run without Redis', sub { $c->runs('run') > $before });
my $told = told();
for my $job (qw(wait skip)) {
	$d->wait_for("$job to be missed", sub {
		grep { ($_->{reason} // '') eq 'redis-down' } $c->ledger($job);
	});
}
my ($status, $out, $err) = $d->belfry('run', 'wait');
is($status, 0, 'a run by hand is taken');
chomp $out;
my $run = $d->finished($out);
is($run->{outcome}, 'launch-failed', 'and fails: without a claim none starts')
    or diag explain $run;
like($run->{reason}, qr/no majority of Redis/, 'in words');

is(told(), $told, 'told once, not per slot');

# It has forgotten everything.
$redis->start;
$d->wait_for('both to be back', sub {
	2 == grep { $_->json('status')->{cluster}{state} eq 'joined' } $c->all;
});
my %count = map { $_ => scalar $c->runs($_) } qw(wait skip run stays);
$d->wait_for("$_ to run again", sub { $c->runs($_) > $count{$_} + 1 })
    for sort keys %count;
for my $job (qw(wait skip stays)) {
	my %slots;
	$slots{ $_->{slot} }++ for $c->runs($job);
	is(scalar(grep { $_ > 1 } values %slots), 0, "$job: no slot twice");
	ok(eval { $d->wait_for('what was told to be taken back', sub {
		!grep { $_ > $away } $c->doubled($job);
	}) }, "$job: no row twice") or diag $c->rows($job);
}
is_deeply([$c->unaccounted("stays")], [], "every slot has its row")
    or diag $c->rows('stays');
for my $job (qw(wait skip stays)) {
	my @fences = map { $_->{fence} } sort { $a->{slot} cmp $b->{slot} }
	    $c->runs($job);
	is(scalar(grep { $fences[$_] <= $fences[$_ - 1] } 1 .. $#fences), 0,
	    "$job: fences grow");
}
# Without a claim they are of each host's own clock.
my %fence;
$fence{ $_->{fence} }++ for $c->runs('run');
is(scalar(grep { $_ > 1 } values %fence), 0, 'run: each has its own fence');

# Of a daemon that is one more of the cluster.
sub refused {
	my ($name, $why) = @_;
	my $new = Belfry->new(jobs => {});
	$new->conf("node-name = $name\n[cluster]\nname = t\nredis = "
	    . $redis->url . "\n");
	my $status = Cluster::refused($new, $why);
	$new->finish;
	return $status;
}

# A server that evicts is no place for marks.
$c->node('b')->stop;
$redis->command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
$status = refused('c', qr/noeviction/);
isnt($status, 0, 'a server that evicts keys is refused');
$redis->command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');

# Two of one name.
$status = refused('a', qr/has the node name a/);
isnt($status, 0, 'a second daemon of one name does not start');
is($d->json('status')->{cluster}{state}, 'joined', 'the first one stays');
$c->finish;
done_testing;
