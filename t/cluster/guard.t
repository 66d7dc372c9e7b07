#!/usr/bin/perl
# Two hosts, one Redis, one PostgreSQL: one ledger, and with guard = strict no
# slot starts without its row, whatever Redis forgot.
use strict;
use warnings;
use Cluster;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
my $redis = Cluster::Redis->new;

sub store {
	my ($guard) = @_;
	return "guard = $guard\n[store]\ntype = postgres\nconninfo = "
	    . $pg->conninfo . "\n";
}

my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)],
    conf => store('strict'));
my $probe = $c->probe;
for my $d ($c->all) {
	$d->job('j.ini', <<"END_JOBS");
[job tick]
schedule = * * * * * *
place = spread
command = $probe; echo "on \$BELFRY_NODE"
[job all]
schedule = */2 * * * * *
hosts = all
command = $probe
[job must]
schedule = */3 * * * * *
catch-up = all
command = $probe
END_JOBS
}
$c->start;
my ($a, $b) = $c->all;

sub wait_runs {
	my ($d, $job, $n) = @_;
	my $have = $c->runs($job);
	$d->wait_for("$n more runs of $job", sub { $c->runs($job) >= $have + $n });
}

# Slots that ran more than once, of what really ran.
sub twice {
	my ($job) = @_;
	my %n;
	$n{ $_->{slot} }++ for $c->runs($job);
	return join ' ', grep { $n{$_} > 1 } sort keys %n;
}

# --- one ledger ---
$b->wait_for('runs of both hosts', sub {
	my %on = map { $_->{node} => 1 } $c->runs('tick');
	return keys %on == 2;
});
wait_runs($a, 'tick', 2);
is($pg->query('SELECT count(*) FROM belfry_runs AS r LEFT JOIN '
	    . 'belfry.guards AS g ON g.run = r.id WHERE g.run IS NULL'),
    0, 'each run has its row of the guard');
is($pg->query("SELECT count(DISTINCT copy) FROM belfry.guards "
	    . "WHERE job = 'all'"), 2, 'each host has its own of all');
$a->wait_for('the runs of both in the history of one', sub {
	my %on = map { $_->{host} => 1 } $a->ended('tick');
	return keys %on == 2;
});
my ($other) = grep { $_->{host} eq 'b' } $a->ended('tick');
is(($a->belfry('logs', $other->{id}))[1], "on b\n",
    "another host's output is read");
for my $d ($a, $b) {
	my ($status, $out) = $d->belfry('verify');
	is($status, 0, 'verify finds nothing wrong') or diag $out;
}

# A second run of a slot, as if another host had had it, too.
sub forge {
	my ($job) = @_;
	my $id = $pg->query('SELECT max(run) FROM belfry.ledger '
		. "WHERE job = '$job' AND outcome = 'success'");
	$pg->query('CREATE TEMP TABLE x AS SELECT * FROM belfry.runs '
		. "WHERE id = '$id'; UPDATE x SET id = left(id, -1) || 'z', "
		. "host = 'c', twin = true; INSERT INTO belfry.runs TABLE x");
	return substr($id, 0, -1) . 'z';
}
for my $job (qw(tick all)) {
	my $forged = forge($job);
	my ($status, $out) = $a->belfry('verify', '--job', $job);
	like($out, qr/^duplicate +$job .* \Q$forged\E /m,
	    "verify finds a second run of $job");
	$pg->query("DELETE FROM belfry.runs WHERE id = '$forged'");
}

# --- another has it ---
$pg->query("INSERT INTO belfry.guards SELECT 'tick', s * 1000, 1, '', "
	. "'gone', 'c' FROM generate_series(floor(extract(epoch FROM now()))"
	. "::bigint + 2, floor(extract(epoch FROM now()))::bigint + 3) AS s");
$a->wait_for('two slots to be refused', sub {
	return 2 == $pg->query('SELECT count(*) FROM belfry_ledger '
		. "WHERE job = 'tick' AND reason = 'guard'");
});
is($pg->query('SELECT DISTINCT detail FROM belfry_ledger '
	    . "WHERE reason = 'guard'"),
    'PostgreSQL has it for run gone on host c already', 'and why');
is($pg->query('SELECT count(*) FROM belfry_ledger AS l JOIN belfry_runs AS r '
	    . "USING (job, slot) WHERE l.reason = 'guard'"), 0, 'they did not run');
wait_runs($a, 'tick', 2);

# --- a host dies while PostgreSQL is away ---
$pg->crash;
$c->kill_node('a');
$b->wait_for('a slot to be given up',
    sub { $b->log =~ /job tick: .* is not started: PostgreSQL did not answer/ });
my $before = $c->runs('tick');
$pg->start;
$b->wait_for('it to go on', sub { $c->runs('tick') >= $before + 2 });
$b->wait_for('the reason to be recorded', sub {
	return $pg->query('SELECT count(*) FROM belfry_ledger '
		. "WHERE reason = 'guard-down'") > 0;
});
$a->start;
$c->settled;
wait_runs($a, 'tick', 1);
is(twice($_), '', "$_: no slot ran twice") for qw(tick must);
$a->wait_for('verify to find nothing wrong', sub {
	return ($a->belfry('verify', '--job', 'tick'))[0] == 0;
});

# --- Redis says again what it said before ---
sub stop_all {
	for my $d ($c->all) {
		kill 'TERM', $d->{pid};
		$d->wait_exit;
	}
}

# A slot that comes due before they are back is claimed in place of it.
sub is_refused {
	my ($job) = @_;
	stop_all();
	my ($key) = grep { /:j:$job$/ } @{ $redis->command('KEYS', '*') };
	my $mark = $redis->command('HGET', $key, 's');
	my $have = $c->runs($job);
	$redis->command('HSET', $key, $_, $mark - 1) for qw(s e);
	$c->start;
	my $log = qr/job $job: .* is not started: PostgreSQL has it/;
	$a->wait_for("$job to be refused, or the next slot", sub {
		return $c->runs($job) > $have || "@{[map { $_->log } $a, $b]}" =~ $log;
	});
	return "@{[map { $_->log } $a, $b]}" =~ $log;
}

my $refused = 0;
for (1 .. 10) {
	$refused = is_refused('must') and last;
}
ok($refused, 'what had run is refused');
is(twice('must'), '', 'must: no slot ran twice');

# --- it forgets everything, and the hosts begin anew ---
stop_all();
$redis->command('FLUSHALL');
$c->start;
wait_runs($a, 'must', 1);
is(twice($_), '', "$_: no slot ran twice") for qw(tick must);

# --- best-effort ---
stop_all();
$c->conf($_, store('best-effort')) for qw(a b);
$c->start;
wait_runs($a, 'tick', 2);
$pg->crash;
wait_runs($a, 'tick', 2);
like($a->log . $b->log, qr/starts without a guard: /, 'without PostgreSQL it runs');
is(twice('tick'), '', 'tick: no slot ran twice');
$pg->start;
$c->finish;
done_testing;
