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

$redis->stop;
$d->wait_for('both to notice', sub {
	2 == grep { $_->json('status')->{cluster}{state} eq 'isolated' } $c->all;
});
my $before = $c->runs('run');
$d->wait_for('it to run without Redis', sub { $c->runs('run') > $before });
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
	is_deeply([$c->doubled($job)], [], "$job: no row twice")
	    or diag $c->rows($job);
}
is_deeply([$c->unaccounted("stays")], [], "every slot has its row")
    or diag $c->rows('stays');
my %fence;
for my $job (qw(wait skip run stays)) {
	my @fences = map { $_->{fence} } sort { $a->{slot} cmp $b->{slot} }
	    $c->runs($job);
	is(scalar(grep { $fences[$_] <= $fences[$_ - 1] } 1 .. $#fences), 0,
	    "$job: fences grow");
}
my $log = join '', map { $_->log } $c->all;
my $told = () = $log =~ /no majority of Redis can be reached/g;
cmp_ok($told, '<=', 4, 'told once per change, not per slot');

# A server that evicts is no place for marks.
$c->node('b')->stop;
$redis->command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
my $third = Belfry->new(jobs => {});
$third->conf("node-name = c\n[cluster]\nname = t\nredis = " . $redis->url
    . "\n");
$third->spawn('-l', 'info');
$third->wait_exit;
like($third->log, qr/noeviction/, 'a server that evicts keys is refused');
$third->finish;
$redis->command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');

# Two of one name.
my $double = Belfry->new(jobs => {});
$double->conf("node-name = a\n[cluster]\nname = t\nredis = " . $redis->url
    . "\n");
$double->spawn;
isnt($double->wait_exit, 0, 'a second daemon of one name does not start');
like($double->log, qr/another daemon|node name|named a|already/i,
    'and says why') or diag $double->log;
$double->finish;
is($d->json('status')->{cluster}{state}, 'joined', 'the first one stays');
$c->finish;
done_testing;
