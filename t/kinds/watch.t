#!/usr/bin/perl
# Watch jobs on a real PostgreSQL: a command for each row, each row once over
# all hosts, back again from a dead one, parked when it keeps failing, at once
# after a NOTIFY.
use strict;
use warnings;
use Belfry;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';

# A table of rows 1 to n that wait.
sub table {
	my ($name, $n) = @_;
	$pg->query("CREATE TABLE $name (id int PRIMARY KEY, \"Full Name\" text, "
	    . "note text, state text DEFAULT 'new', reason text)");
	$pg->query("INSERT INTO $name SELECT i, 'name ' || i "
	    . "FROM generate_series(1, $n) i");
}

sub job {
	my ($name, $command, $more) = @_;
	return <<"END";
[job $name]
database = main
watch = SELECT id, "Full Name", note FROM $name WHERE state = 'new' ORDER BY id
command = $command
watch-done = UPDATE $name SET state = 'done' WHERE id = :id::int
$more
END
}

sub states {
	my ($name) = @_;
	return join ' ', map { "$_->[0]=$_->[1]" }
	    $pg->rows("SELECT id, state FROM $name ORDER BY id");
}

my $conf = "[database main]\nconninfo = " . $pg->conninfo . "\n";
my ($d, $e) = map { Belfry->new(conf => $conf) } 1 .. 2;
my $dir = $d->path('');

table($_->[0], $_->[1]) for ['easy', 5], ['bad', 3], ['shared', 60],
    ['dead', 2], ['told', 0], ['killed', 4], ['wrong', 1], ['codes', 1],
    ['bound', 3], ['fenced', 1];
my $jobs = job('easy', 'env | grep ^BELFRY_ROW | sort', 'watch-limit = 4')
    . job('bad', '[ $BELFRY_ROW_ID != 2 ]', "watch-attempts = 2\n"
	. "watch-retry = none\nwatch-failed = UPDATE bad SET reason = "
	. ':belfry_reason || :belfry_attempts WHERE id = :id::int')
    . job('shared', "echo \$BELFRY_ROW_ID \$BELFRY_RUN_ID >> $dir/shared",
	'watch-parallel = 4')
    . job('dead', "echo \$BELFRY_ROW_ID \$\$ >> $dir/dead; "
	. "[ -e $dir/go ] || exec sleep 60", 'watch-lease = 1s')
    . job('told', 'true', "watch-notify = news\nwatch-wait = 1h\n")
    . job('killed', "touch $dir/k\$BELFRY_ROW_ID; [ \$BELFRY_ROW_ID = 1 ] || "
	. 'exec sleep 60', 'watch-parallel = 3')
    . job('wrong', 'true', '') =~ s/SET state/SET stat/r
    . job('codes', 'exit 3', 'success-codes = 3')
    . job('bound', 'true', '') =~ s/state = 'new'/id > :least::int AND $&/r
    . job('fenced', "touch $dir/f; until [ -e $dir/f2 ]; do sleep .05; done",
	'');
$_->job('a.ini', $jobs) for $d, $e;
$_->start for $d, $e;

sub run {
	my ($daemon, $job, @args) = @_;
	my $run = $daemon->finished($daemon->json('run', $job, @args)->{run});
	return ($run, ($daemon->belfry('logs', $run->{id}))[1]);
}

# --- what a command sees, and how many rows a run takes ---
my ($run, $out) = run($d, 'easy');
is($run->{outcome}, 'success', 'rows are handled');
is(states('easy'), '1=done 2=done 3=done 4=done 5=new', 'up to the limit');
like($out, qr/\ABELFRY_ROW_FULL_NAME=name 1\nBELFRY_ROW_ID=1\n1: done\n/,
    'with the columns as variables, NULL as none');
run($d, 'easy');
is(states('easy') =~ tr/=/=/, 5, 'all are there');
unlike(states('easy'), qr/new/, 'the next run takes the rest');
($run, $out) = run($d, 'easy');
is("$run->{outcome} $out", 'success ', 'and then there is nothing');
is($pg->query('SELECT count(*) FROM belfry_watch'), 0, 'nothing is left');

# --- one that fails ---
($run, $out) = run($d, 'bad');
is($run->{outcome}, 'failure', 'a row failed');
is_deeply($run->{results}, {rows_done => 2, rows_failed => 2,
	rows_parked => 1}, 'what became of the rows is on record');
like($run->{reason}, qr/^2 of 4 rows failed, 1 are parked; the last: exited with code 1/,
    'twice, and then it is parked');
is(states('bad'), '1=done 2=new 3=done', 'the others do not wait for it');
is($pg->query('SELECT reason FROM bad WHERE id = 2'), 'exited with code 12',
    'watch-failed has reason and attempts');
($run) = run($d, 'bad');
is($run->{outcome}, 'success', 'it is left alone');
is(join(' ', map { @$_ } $pg->rows('SELECT job, key, attempts, error FROM '
	    . 'belfry_watch')), 'bad 2 2 exited with code 1', 'and on record');
$pg->query("DELETE FROM belfry_watch WHERE job = 'bad'");
($run) = run($d, 'bad');
like($run->{reason}, qr/^2 of 2 rows failed/, 'until somebody takes it out');
($run) = run($d, 'wrong');
like("$run->{outcome} $run->{reason}", qr/^failure .*watch-done: column "stat"/,
    'watch-done that is wrong');
is($pg->query("SELECT attempts FROM belfry_watch WHERE job = 'wrong'"), 1,
    'is a failure of the row');
($run) = run($d, 'codes');
is("$run->{outcome} $run->{exit_code}", 'success 3', 'success-codes');
is(states('codes'), '1=done', 'are the command\'s');
($run) = run($d, 'bound', '--param', 'least=2');
is(states('bound'), '1=new 2=new 3=done', 'the query has parameters');

# --- hosts share ---
my @ids = map { $_->json('run', 'shared')->{run} } $d, $e;
is($d->finished($ids[0])->{outcome}, 'success', 'one host');
is($e->finished($ids[1])->{outcome}, 'success', 'another');
unlike(states('shared'), qr/new/, 'have done all');
my @seen = $d->lines('shared');
is(join(' ', sort { $a <=> $b } map { (split)[0] } @seen), join(' ', 1 .. 60),
    'each row once');

# --- a host dies ---
my $id = $d->json('run', 'dead')->{run};
$d->wait_for('the command', sub { $d->lines('dead') == 1 });
my ($pid) = ($d->read('dead') =~ /^1 (\d+)/);
open(my $stat, '<', "/proc/$pid/stat") or die $!;
my ($parent) = (<$stat> =~ /\) \S (\d+)/);
kill 9, $parent;
$d->finished($id);
$d->write('go', '');
$e->wait_for('the rows of the dead one', sub {
	run($e, 'dead');
	return states('dead') eq '1=done 2=done';
});
is($pg->query("SELECT count(*) FROM belfry_watch WHERE job = 'dead'"), 0,
    'rows of a dead host come back');

# --- a run that has lost its row ---
$id = $d->json('run', 'fenced')->{run};
$d->wait_for('it runs', sub { -e $d->path('f') });
$pg->query("UPDATE belfry_watch SET run = 'another' WHERE job = 'fenced'");
$d->write('f2', '');
is($d->finished($id)->{outcome}, 'success', 'another run has taken the row');
is(states('fenced'), '1=new', 'which is not marked by the first');

# --- a kill gives back ---
$id = $d->json('run', 'killed')->{run};
$d->wait_for('three run', sub { 3 == grep { -e $d->path("k$_") } 2 .. 4 });
$d->belfry('kill', $id);
is($d->finished($id)->{outcome}, 'killed', 'a kill');
is(states('killed'), '1=done 2=new 3=new 4=new', 'rows stay as they were');
is(join(' ', map { $_->[0] } $pg->rows('SELECT attempts FROM belfry_watch '
	    . "WHERE job = 'killed' AND lease_until IS NULL")), '0 0 0',
    'and nothing is held against them');

# --- NOTIFY, also over a lost connection ---
$id = $d->json('run', 'told')->{run};
my $listens = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'WITH belfry%' "
    . "AND state = 'idle'";
my $backend = $d->wait_for('it listens', sub { $pg->query($listens) });
$pg->query("INSERT INTO told (id) VALUES (1); NOTIFY news");
$d->wait_for('the row', sub { states('told') eq '1=done' });
pass('a NOTIFY wakes it');
$pg->query("SELECT pg_terminate_backend($backend)");
$d->wait_for('it listens again', sub {
	my $new = $pg->query($listens);
	return defined $new && $new != $backend;
});
$pg->query("INSERT INTO told (id) VALUES (2); NOTIFY news");
$d->wait_for('the row', sub { states('told') eq '1=done 2=done' });
pass('also after the connection was lost');
$d->belfry('kill', $id);
$d->finished($id);

# --- what cannot be read ---
$d->write('bad.ini', <<'END');
[job one]
database = main
watch = SELECT 1
command = true
[job two]
watch = UPDATE t SET a = 1
command = true
[job three]
watch = SELECT 1
sql = SELECT 1
database = main
watch-wait = 1m
[job four]
database = main
watch = SELECT 1
watch-done = DELETE FROM t
watch-wait = 1m
watch-parallel = 0
command = true
END
($run, $out) = $d->belfry('check', $d->path('bad.ini'));
is($run, 2, 'errors');
like($out, qr/bad\.ini:3: job one: error: watch-done is missing/, 'no done');
like($out, qr/bad\.ini:6: job two: error: watch .*: write a query like/,
    'no query');
like($out, qr/bad\.ini:9: job three: error: watch goes with command/, 'sql');
like($out, qr/bad\.ini:18: job four: error: .*from 1 to 100/, 'range');
done_testing;
