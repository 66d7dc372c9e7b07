#!/usr/bin/perl
# Jobs that are SQL, on a real PostgreSQL: one transaction, parameters that are
# bound, what goes wrong in words, and an end when they are to end.
use strict;
use warnings;
use Belfry;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->query('CREATE TABLE t (id int PRIMARY KEY, name text)');

my $d = Belfry->new(
	conf => "[database main]\nconninfo = " . $pg->conninfo . "\n"
	    . "[database gone]\nconninfo = host=/nonexistent dbname=x "
	    . "password=sesame\n"
	    . "[database guarded]\nconninfo = " . $pg->conninfo
	    . " user=nobody_at_all\npassword-file = secret\n");
$d->write('secret', "sesame\n");
chmod 0600, $d->path('secret');
$d->write('jobs/a.ini', <<'END');
[job fill]
database = main
sql = INSERT INTO t SELECT i, 'n' || i FROM generate_series(1, :n::int) i; UPDATE t SET name = :name WHERE id <= 2; SELECT id, name FROM t ORDER BY id
environment = name=it's; DROP TABLE t
[job both]
database = main
sql = DELETE FROM t; INSERT INTO t VALUES (1, 'x'), (1, 'y')
[job fence]
database = main
sql = SELECT :belfry_fence::bigint > 0 AS fenced, :belfry_run_id AS run
[job many]
database = main
sql = SELECT i, repeat('x', 10) FROM generate_series(1, 1500) i
[job odd]
database = main
sql = SELECT NULL AS nothing, E'a\nb\tc' AS text, repeat('ä', 600) AS long; DO $$BEGIN RAISE NOTICE 'from the server'; END$$
[job copy]
database = main
sql = COPY t TO STDOUT
[job gone]
database = gone
sql = SELECT 1
[job guarded]
database = guarded
sql = SELECT 1
[job late]
database = main
sql = SELECT pg_sleep(60)
timeout = 3s
[job long]
database = main
sql = UPDATE t SET name = 'never'; SELECT pg_sleep(60)
[job defer]
database = main
sql = INSERT INTO child VALUES (99)
[job deadlock]
database = main
sql = DO $$BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END$$
END
$d->start;

sub run {
	my ($job, @args) = @_;
	my $run = $d->finished($d->json('run', $job, @args)->{run});
	return ($run, ($d->belfry('logs', $run->{id}))[1]);
}

my ($run, $out) = run('fill', '--param', 'n=3');
is($run->{outcome}, 'success', 'statements run');
is($out, "INSERT 0 3\nUPDATE 2\nid | name\n1 | it's; DROP TABLE t\n"
    . "2 | it's; DROP TABLE t\n3 | n3\n(3 rows)\n", 'what they say');
is($pg->query('SELECT count(*) FROM t'), 3, 'it is committed');
is($run->{rows}, 5, 'how many rows is on record');
like(($d->belfry('show', $run->{id}))[1], qr/^results +rows=5$/m, 'and shown');

($run, $out) = run('fill');
is("$run->{outcome} $run->{exit_code}", 'failure 1', 'no value');
like($run->{reason}, qr/^statement 1: there is no value for :n: .*--param n=/,
    'says which');

($run, $out) = run('both');
is("$run->{outcome} $run->{exit_code}", 'failure 1', 'the second fails');
like($run->{reason}, qr/^statement 2: duplicate key .*SQLSTATE 23505/,
    'in words');
is($pg->query('SELECT count(*) FROM t'), 3, 'and nothing is done');

($run, $out) = run('fence');
is($out, "fenced | run\nt | $run->{id}\n(1 row)\n", 'fence and id of the run');

($run, $out) = run('many');
is(scalar(split /\n/, $out), 1002, 'not all of many rows');
like($out, qr/^1000 \| x+\n\(1500 rows, of which these are the first 1000\)$/m,
    'and it says so');

($run, $out) = run('odd');
is($run->{outcome}, 'success', 'odd values');
like($out, qr/^ \| a\\nb\?c \| (ä){500}\.\.\.$/m, 'are shown as one line');
like($out, qr/^NOTICE:  from the server$/m, 'notices are output');

($run) = run('copy');
like("$run->{outcome} $run->{reason}", qr/^failure a job cannot COPY/, 'COPY');

($run, $out) = run('gone');
is("$run->{outcome} $run->{exit_code}", 'failure 2', 'no server');
like($run->{reason}, qr/^cannot use the database: .*nonexistent/, 'in words');
unlike("$run->{reason}$out", qr/sesame/, 'without the password');
($run, $out) = run('guarded');
like($run->{reason}, qr/^cannot use the database: .*"nobody_at_all"/,
    'whom it knows not');
chmod 0644, $d->path('secret');
($run, $out) = run('guarded');
is($run->{outcome}, 'launch-failed', 'a password for all to read');
like($run->{reason}, qr/^password-file .*chmod 600/, 'is not used');

($run) = run('late');
is($run->{outcome}, 'timeout', 'a time-out');
like($run->{reason}, qr/it was running statement 1 of 1/, 'says in what');
my $id = $d->json('run', 'long')->{run};
my $sleeps = "SELECT count(*) FROM pg_stat_activity "
    . "WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'";
$d->wait_for('it sleeps', sub { $pg->query($sleeps) == 1 });
$d->belfry('kill', $id);
is($d->finished($id)->{outcome}, 'killed', 'a kill');
is($pg->query($sleeps), 0, 'ends it in the server as well');
is($pg->query("SELECT count(*) FROM t WHERE name = 'never'"), 0,
    'and undoes it');

# What only fails when it is committed.
$pg->query('CREATE TABLE child (id int REFERENCES t DEFERRABLE '
    . 'INITIALLY DEFERRED)');
($run) = run('defer');
like("$run->{outcome} $run->{reason}", qr/^failure .*SQLSTATE 23503/,
    'a constraint at the end');
($run) = run('deadlock');
is($run->{exit_code}, 75, 'what may go well when it is done again');

# In the terminal.
my ($code, $shown) = $d->belfry('exec', 'fence');
is($code, 0, 'belfry exec');
like($shown, qr/^fenced \| run\nf \| /, 'runs it here, without a fence');

# What cannot be read.
$d->write('jobs/bad.ini', <<'END');
[job one]
sql = SELECT 1
[job two]
database = mian
sql = SELECT 1
[job three]
database = main
sql = SELECT 'x
[job four]
database = main
command = true
END
my ($status, $err) = $d->belfry("check");
is($status, 2, 'errors');
like($err, qr/bad\.ini:2: job one: error: database is missing/, 'no database');
like($err, qr/bad\.ini:4: job two: error: .*\[database mian\]; did you mean main\?/,
    'unknown');
like($err, qr/bad\.ini:8: job three: error: .*column 8: the quote/, 'quote');
like($err, qr/bad\.ini:10: job four: error: database has no meaning/,
    'without sql');
done_testing;
