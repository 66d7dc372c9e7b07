#!/usr/bin/perl
# PostgreSQL as the store: what ran is there for everybody; while it is gone
# jobs run as ever, whatever is killed meanwhile, and when it is back it has
# each run once.
use strict;
use warnings;
use Belfry;
use Digest::MD5 qw(md5_hex);
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';

sub store {
	my ($name, $more) = @_;
	return "[store]\ntype = postgres\nconninfo = "
	    . $pg->conninfo($name) . "\n" . ($more // '');
}

# Runs of a job in the database: [id, outcome], the oldest first.
sub runs {
	my ($name, $job) = @_;
	return $pg->rows("SELECT id, outcome FROM belfry_runs "
	    . "WHERE job = '$job' ORDER BY created, id", $name);
}

sub wait_runs {
	my ($d, $name, $job, $n) = @_;
	return $d->wait_for("$n runs of $job in PostgreSQL", sub {
		my @runs = grep { $_->[1] ne 'running' } runs($name, $job);
		return @runs >= $n ? \@runs : undef;
	});
}

# A daemon that was started makes its tables when it has time.
sub wait_store {
	my ($d) = @_;
	$d->wait_for('PostgreSQL', sub { eval { $d->json('history') } });
}

# --- what is asked is answered from there ---
$pg->create('one');
my $d = Belfry->new(conf => store('one'), jobs => { 'a.ini' => <<'END' });
[job hello]
command = seq 1 30000; exit ${BELFRY_PARAM_STATUS:-0}
output-limit = 1M
[job big]
command = seq 1 1200000
output-limit = 20M
[job tick]
schedule = * * * * * *
command = true
END
$d->start;
wait_store($d);
my $run = $d->finished($d->json('run', 'hello', '--param', 'STATUS=3')->{run});
is($run->{outcome}, 'failure', 'a run ends');
is_deeply(wait_runs($d, 'one', 'hello', 1), [[$run->{id}, 'failure']],
    'it is in belfry_runs');
my $seq = join '', map { "$_\n" } 1 .. 30000;
is(($d->belfry('logs', $run->{id}))[1], $seq, 'its output is read');
is($pg->query("SELECT md5(string_agg(data, '' ORDER BY start)) "
	    . "FROM belfry_output WHERE run = '$run->{id}'", 'one'),
    md5_hex($seq), 'and is in belfry_output');
$d->wait_for('the audit log', sub {
	($pg->query("SELECT action || ' ' || object || ' ' || "
	    . "(after::json->>'run') FROM belfry_audit ORDER BY time DESC "
	    . 'LIMIT 1', 'one') // '') =~ /^run hello \w{20}$/;
});
my (undef, $audit) = $d->command('curl', '-s', '--unix-socket',
    $d->path('run/belfry.sock'), 'http://x/v1/audit?action=run&object=hello');
like($audit, qr/"action":"run","object":"hello"/, 'is read from there');
is($pg->query("SELECT count(*) FROM information_schema.views "
	    . "WHERE table_schema = 'public' AND table_name LIKE 'belfry%'",
	'one'), 9, 'views are where all find them');
is($pg->query("SELECT params->>'STATUS' FROM belfry_runs "
	    . "WHERE job = 'hello'", 'one'), 3, 'with its parameters');
is($pg->query("SELECT last_outcome FROM belfry_jobs WHERE job = 'hello'",
	'one'), 'failure', 'the job is in belfry_jobs');
$d->wait_for('two ticks', sub { $d->ended('tick') >= 2 });
my ($tick) = reverse $d->ended('tick');
is_deeply((runs('one', 'tick'))[0], [@$tick{qw(id outcome)}],
    'history is of the same rows');
my $slot = $tick->{slot};
like(($d->belfry('explain', 'tick', '--at', $slot))[1], qr/success/,
    'explain knows a slot');
is(($d->belfry('verify'))[0], 0, 'verify finds nothing wrong');
$d->belfry('pause', 'tick');
$d->wait_for('the pause', sub {
	return $pg->query("SELECT count(*) FROM belfry_pauses "
	    . "WHERE job = 'tick'", 'one') == 1;
});
$d->belfry('resume', 'tick');
$d->wait_for('its end', sub {
	return $pg->query("SELECT count(*) FROM belfry_pauses", 'one') == 0;
});
pass('pauses come and go');

# --- it is gone ---
$pg->crash;
my $big = $d->run('big');
$d->finished($big);
my $there = $d->finished($d->run('hello'));
is($there->{outcome}, 'success', 'jobs run without PostgreSQL');
is(($d->belfry('logs', $there->{id}))[1], $seq, 'their output can be read');
my ($status, $out, $err) = $d->belfry('history');
is($status, 1, 'history is refused');
like($err, qr/the store cannot be read now: PostgreSQL: /, 'and says why');
my @ids = ($run->{id}, $there->{id});
for my $role (qw(recorder master recorder)) {
	my $old = $d->processes->{$role}[0];
	kill 'KILL', $old;
	$d->wait_for("a new $role", sub {
		my $p = eval { $d->processes->{$role}[0] };
		return defined $p && $p != $old;
	});
	push @ids, $d->finished($d->run('hello'))->{id};
}
$pg->start;
is_deeply([map { $_->[0] } @{ wait_runs($d, 'one', 'hello', 5) }], \@ids,
    'all that ran meanwhile is there, in its order, once');
is($pg->query('SELECT count(*) FROM (SELECT job, slot, attempt '
	    . 'FROM belfry_runs GROUP BY 1, 2, 3 HAVING count(*) > 1) AS x',
	'one'), 0, 'nothing is there twice');
is($pg->query("SELECT count(*) FROM belfry_output WHERE run = '$ids[3]'",
	'one') > 0, 1, 'with output');
my $sum = Digest::MD5->new;
$sum->add("$_\n") for 1 .. 1200000;
is($pg->query("SELECT md5(string_agg(data, '' ORDER BY start)) "
	    . "FROM belfry_output WHERE run = '$big'", 'one'),
    $sum->hexdigest, 'output of more than a command takes is whole');
is(($d->belfry('verify'))[0], 0, 'verify finds nothing wrong');
is($d->stop, 0, 'the daemon stops');

# --- a start without it, and what it recorded before is sent by the next ---
$pg->crash;
$d->start;
push @ids, $d->finished($d->run('hello'))->{id};
is($d->stop, 0, 'the daemon starts and stops without PostgreSQL');
$pg->start;
$d->start;
is_deeply([map { $_->[0] } @{ wait_runs($d, 'one', 'hello', 6) }], \@ids,
    'what it ran is sent by the next');
$d->stop;

# --- a schema that is newer ---
$pg->query("INSERT INTO belfry.migrations (version, name) "
    . "VALUES (999, 'later')", 'one');
$d->spawn;
isnt($d->wait_exit, 0, 'a newer schema is refused');
like($d->log, qr/written by a newer belfryd: its schema has version 999/,
    'in words');
$d->finish;

# --- a database of something else ---
$pg->create('other');
$pg->query('CREATE SCHEMA belfry', 'other');
$d = Belfry->new(conf => store('other'));
$d->spawn;
isnt($d->wait_exit, 0, "another program's schema is refused");
like($d->log, qr/a schema belfry of another program/, 'in words');
$d->finish;

# --- a password is never shown ---
$d = Belfry->new(conf => "[store]\ntype = postgres\n"
    . "conninfo = host=$pg->{dir} password=s3cret dbname=none\n");
$d->start;
$d->wait_for('a complaint', sub { $d->log =~ /PostgreSQL cannot be used/ });
unlike($d->log, qr/s3cret/, 'a password in conninfo is not shown');
$d->write('password', "s3cret\n");
chmod 0644, $d->path('password');
$d->conf(store('one', 'password-file = ' . $d->path('password') . "\n"));
$d->stop;
$d->start;
$d->wait_for('a complaint', sub {
	$d->log =~ /password-file \S+ can be read by others; chmod 600 it/;
});
pass('a password file that others can read is refused');
unlike($d->log, qr/s3cret/, 'and not shown');
$d->finish;

# --- two hosts ---
$pg->create('two');
my @hosts = map {
	Belfry->new(conf => "node-name = h$_\n" . store('two'),
	    jobs => { 'a.ini' => "[job j$_]\ncommand = sleep 600\n"
		    . "[job q$_]\ncommand = true\n" })
} 1, 2;
$_->start for @hosts;
wait_store($hosts[0]);
my @open = map { $hosts[$_]->run('j' . ($_ + 1)) } 0, 1;
$hosts[0]->wait_for('both to run', sub {
	return $pg->query("SELECT count(*) FROM belfry_runs "
	    . "WHERE outcome = 'running'", 'two') == 2;
});
kill 'KILL', map { $_->[0] } @{ $hosts[0]->processes }{qw(master recorder)};
$hosts[0]->wait_for('another master', sub {
	eval { $hosts[0]->json('status') }
});
$hosts[0]->finished($hosts[0]->run('q1'));
is($pg->query("SELECT outcome FROM belfry_runs WHERE id = '$open[0]'", 'two'),
    'running', 'a host that recovers keeps its runs');
is($hosts[0]->json('show', $open[1])->{host}, 'h2',
    'and sees those of the other');
is(($hosts[0]->belfry('verify'))[0], 0, 'of which it complains not');
like(($hosts[0]->belfry('logs', $open[1]))[2],
    qr/is in progress on host h2, which has its output/,
    'whose output is still with it');
is_deeply([sort map { "$_->{host} $_->{job}" }
	    @{ $hosts[1]->json('history') }], ['h1 j1', 'h1 q1', 'h2 j2'],
    'each sees what the other ran');
$hosts[0]->belfry('kill', $open[0]);
$hosts[0]->finished($open[0]);
# The state of one is lost: nobody else could end its run.
$hosts[0]->stop;
$pg->query("INSERT INTO belfry.runs SELECT * FROM json_populate_record("
    . "(SELECT r FROM belfry.runs AS r WHERE id = '$open[0]'), "
    . "'{\"id\": \"zzzz\", \"outcome\": null, \"slot\": 1}')", 'two');
$pg->query("INSERT INTO belfry.runs SELECT * FROM json_populate_record("
    . "(SELECT r FROM belfry.runs AS r WHERE id = '$open[0]'), "
    . "'{\"id\": \"zzzy\", \"outcome\": null, \"slot\": 2, "
    . "\"host\": \"h3\"}')", 'two');
$hosts[0]->start;
$hosts[0]->wait_for('the lost run to end', sub {
	return $pg->query("SELECT outcome FROM belfry_runs WHERE id = 'zzzz'",
	    'two') eq 'lost';
});
is($pg->query("SELECT outcome FROM belfry_runs WHERE id = 'zzzy'", 'two'),
    'running', 'a host ends what is its own alone');

# --- what is old goes, whoever recorded it ---
$hosts[1]->belfry('kill', $open[1]);
$hosts[1]->finished($open[1]);
$hosts[1]->stop;
$hosts[1]->conf("node-name = h2\n" . store('two', "keep-runs = 2\n"));
$hosts[1]->start;
my @q2 = map { $hosts[1]->finished($hosts[1]->run('q2'))->{id} } 1 .. 4;
$hosts[1]->wait_for('two runs of q2 to be left', sub {
	my @left = map { $_->[0] } runs('two', 'q2');
	return "@left" eq "@q2[2, 3]";
});
pass('runs that are too many are deleted, the oldest first');

# --- both stores have the same tables ---
my %extra = ('runs.twin' => 'only PostgreSQL forbids a second one',
    'submissions.lease' => 'a file is of one host',
    'runs.copy' => 'the other copies are of other hosts');
my %local = ('jobs.joined' => 'counts the ends of this host');
my %columns;
for my $table (split /\s+/, ($hosts[0]->command('sqlite3',
	    $hosts[0]->path('state/spool.db'), "SELECT name FROM "
	    . "sqlite_schema WHERE type = 'table' AND name NOT IN ('outbox', 'ends')"))[1]) {
	my ($status, $out) = $hosts[0]->command('sqlite3',
	    $hosts[0]->path('state/spool.db'),
	    "SELECT name FROM pragma_table_info('$table')");
	$columns{"$table.$_"} = 1 for split /\n/, $out;
}
is_deeply([sort grep { !$extra{$_} } map { $_->[0] }
	    $pg->rows("SELECT table_name || '.' || column_name FROM "
		. "information_schema.columns WHERE table_schema = 'belfry' "
		. "AND table_name NOT IN ('migrations', 'guards')", 'two')],
    [sort grep { !$local{$_} } keys %columns], 'the tables are those of SQLite');
$_->finish for @hosts;
done_testing;
