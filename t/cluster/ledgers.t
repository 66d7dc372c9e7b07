#!/usr/bin/perl
# Hosts that each have a ledger of their own: what one is asked, and another
# knows.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)],
    times => { 'session-ttl' => '4s' },
    jobs => { 'j.ini' => <<'END' });
[job there]
hosts = b
schedule = * * * * * *
command = echo "I ran on $BELFRY_NODE"

[job each]
hosts = all
schedule = * * * * * *
command = test $BELFRY_NODE = a

[job long]
hosts = b
output-limit = 100K
command = perl -e 'print pack("C*", 1 .. 255), "line $_\n" for 1 .. 1000'

[job hand]
command = sleep 1000
END
$c->start;
my ($here, $there) = map { $c->node($_) } qw(a b);

sub text { join "\n", @{ $_[0]{text} } }

# A slot of another host.
my $ran = $here->wait_for('a run on b', sub {
	my ($run) = grep { $_->{outcome} } @{ $there->json('history', 'there') };
	return $run;
});
my $x = $here->json('explain', 'there', '--at', $ran->{slot});
is($x->{verdict}, 'ran', 'a slot that ran on another host');
is($x->{outcome}, 'success', 'how it ended');
is($x->{host}, 'b', 'where');
is_deeply($x->{runs}, [$ran], 'its run, as its host has it');
is_deeply($x->{silent}, [], 'all have answered');
like(text($x), qr/attempt 1, run $ran->{id} on b: .*: success/, 'in words');
my ($status, $out) = $here->belfry('explain', 'there', '--at', $ran->{slot});
is($status, 0, 'for a person');
like($out, qr/\Athere, \S+: success\n.*run $ran->{id} on b: /s, 'too');
is($here->wait_for('the newest slot', sub {
	my $newest = $here->json('explain', 'there');
	return $newest->{host};
}), 'b', 'without a time');

# Nobody's.
$x = $here->json('explain', 'there', '--at', '2001-01-01T00:00:00Z');
is($x->{verdict}, 'before-first-seen', 'a slot that no host has');
($status, $out, my $err) = $here->belfry('explain', 'nothing');
is($status, 1, 'a job that no host has');
like($err, qr/there is no job "nothing"/, 'is said to be none');

# Its run.
is_deeply($here->json('show', $ran->{id}), $there->json('show', $ran->{id}),
    'a run is shown where it is not');
($status, $out, $err) = $here->belfry('show', '0000000000000000nope');
is($status, 1, 'a run that no host has');
like($err, qr/no run "0000000000000000nope"$/, 'is said to be none');

# Its output.
($status, $out) = $here->belfry('logs', $ran->{id});
is($out, "I ran on b\n", 'the output of a run elsewhere');
($status, my $long) = $here->belfry('run', '--node', 'b', 'long');
chomp $long;
my $end = $there->finished($long);
cmp_ok($end->{dropped_bytes}, '>', 0, 'one with a hole');
my ($mine, $its) = map { ($_->belfry('logs', $long))[1] } $here, $there;
cmp_ok(length $its, '>', 90_000, 'in many pieces');
ok($mine eq $its, 'is the same from everywhere');

# Each has a row of the same slot.
my $each = $here->wait_for('a slot of all', sub {
	my ($mine) = grep { $_->{outcome} } @{ $here->json('history', 'each') };
	my $x = $mine && $here->json('explain', 'each', '--at', $mine->{slot});
	return $x && @{ $x->{runs} } == 3
	    && !(grep { !$_->{outcome} } @{ $x->{runs} }) ? $x : undef;
});
is_deeply([sort map { "$_->{host} $_->{outcome}" } @{ $each->{runs} }],
    ['a success', 'b failure', 'c failure'], 'the runs of all hosts');
is($each->{host}, 'a', 'this one first');
like(text($each), qr/in the ledger of $_: failure\n.* on $_: /, "then $_")
    for qw(b c);

# One in progress, that no schedule knows of.
($status, my $id) = $here->belfry('run', '--node', 'c', 'hand');
chomp $id;
$here->wait_for('it to begin there', sub {
	my $run = $here->json('show', $id);
	return $run->{started} && !$run->{outcome};
});
$x = $here->json('explain', 'hand');
is_deeply([@$x{qw(verdict host)}], ['running', 'c'], 'the newest of all hosts');
like(text($x), qr/run $id on c: started .*, and still runs/, 'in words');
($status, $out, $err) = $here->belfry('logs', $id);
is($status, 1, 'its output is there until it ends');
like($err, qr/run $id is in progress on host c/, 'which is said');

# One that does not answer, and has the row.
my ($master) = @{ $c->node('c')->processes->{master} };
kill 'STOP', $master;
$x = $here->json('explain', 'hand');
is_deeply($x->{silent}, ['c'], 'who is silent is named');
like(text($x), qr/host c does not answer/, 'in words');
($status, $out, $err) = $here->belfry('show', $id);
is($status, 1, 'a run that may be there');
like($err, qr/these hosts do not answer, and may have it: c$/, 'is not denied');
$x = $here->json('explain', 'there', '--at', $ran->{slot});
is($x->{runs}[0]{id}, $ran->{id}, 'the others are heard all the same');
kill 'CONT', $master;
$here->wait_for('it to answer again', sub {
	!@{ $here->json('explain', 'hand')->{silent} };
});
is($here->json('show', $id)->{host}, 'c', 'and the run is found again');

# The recorder of one is killed: it comes back, and answers.
my ($recorder) = @{ $there->processes->{recorder} };
kill 'KILL', $recorder;
is($here->wait_for('its ledger to be read again', sub {
	my $x = $here->json('explain', 'there', '--at', $ran->{slot});
	return $x->{runs}[0] && $x->{runs}[0]{id};
}), $ran->{id}, 'after its recorder was killed');

$here->belfry('kill', $id);
$c->finish;
done_testing;
