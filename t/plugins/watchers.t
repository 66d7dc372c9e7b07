#!/usr/bin/perl
# The watchers on a real PostgreSQL: what they find, what they must leave, and
# that nobody's change is overwritten.
use strict;
use warnings;
use Drive;
use PluginJob;
use Postgres;
use Test::More;

my $pg = Postgres->new or plan skip_all => 'no PostgreSQL';
my $schema = Drive::slurp('conf/watchers/schema.sql');
$pg->query($schema);

sub watcher {
	my ($name, %params) = @_;
	return ($name, { %params, 'database-conninfo' => $pg->conninfo });
}

sub rows { join ' ', map { join '|', @$_ } $pg->rows(@_) }

# task
$pg->query(<<'SQL');
INSERT INTO "user" (name, status, is_admin, logined_at) VALUES
  ('old', 1, 0, now() - interval '31 days'),
  ('new', 1, 0, now() - interval '29 days'),
  ('never', 1, 0, NULL),
  ('admin', 1, 1, now() - interval '99 days'),
  ('out', 0, 0, now() - interval '99 days')
SQL
my $disabled = q{SELECT name FROM "user" WHERE status = 0 ORDER BY id};
ends('task: 0 is never', [watcher('task')], 'success 0', qr/^$/,
    qr/nobody is ever disabled/);
is(rows($disabled), 'out', 'nobody');
my $done = ends('task', [watcher('task', 'max-inactive-days' => 30)],
    'success 0', qr/^$/, qr/^info: disabled old$/m);
is(rows($disabled), 'old out', 'only the inactive');
is($done->{values}, '{"rows":"1"}', 'rows');
ends('task: never logged in', [watcher('task', 'max-inactive-days' => 30,
	'include-never-logged-in' => 'yes')], 'success 0', qr/^$/,
    qr/^info: disabled never$/m);
ends('task: admins', [watcher('task', 'max-inactive-days' => 30,
	'exempt-admins' => 'no')], 'success 0', qr/^$/,
    qr/^info: disabled admin$/m);
is(rows($disabled), 'old never admin out', 'when asked for');

# All of them, not the newest thousand, in batches.
$pg->query(<<'SQL');
INSERT INTO "user" (name, logined_at) SELECT 'u' || n,
  now() - interval '1 year' FROM generate_series(1, 2500) AS n
SQL
$done = ends('task: many', [watcher('task', 'max-inactive-days' => 30,
	'batch-size' => 100)], 'success 0', qr/^$/);
is($done->{values}, '{"rows":"2500"}', 'all of them');

# Somebody logs in while we look: he is left as he is.
$pg->query(q{INSERT INTO "user" (name, logined_at, nickname) VALUES
    ('late', now() - interval '1 year', 'a'),
    ('gone', now() - interval '1 year', 'a')});
my $session = $pg->session;
$session->do(q{BEGIN});
$session->do(q{UPDATE "user" SET logined_at = now(), nickname = 'b'
    WHERE name = 'late'});
ends('task: beside a login', [watcher('task', 'max-inactive-days' => 30)],
    'success 0', qr/^$/, qr/^info: disabled gone\n(?:.*\n)*info: 1 users disabled/m);
$session->do('COMMIT');
ends('task: after it', [watcher('task', 'max-inactive-days' => 30)],
    'success 0', qr/^$/, qr/^info: 0 users disabled/m);
is(rows(q{SELECT status, nickname FROM "user" WHERE name = 'late'}), '1|b',
    'the login stands');

# Logins of everybody, and two watchers at once.
$pg->query(q{UPDATE "user" SET status = 1, logined_at = now() - interval
    '1 year' WHERE name LIKE 'u%'});
$session->send(q{DO $$ DECLARE u record; BEGIN
    FOR u IN SELECT id FROM "user" WHERE name LIKE 'u%' ORDER BY random() LOOP
	UPDATE "user" SET logined_at = now(), nickname = 'in'
	    WHERE id = u.id AND status = 1; COMMIT; END LOOP; END $$});
my @ids = map { drive()->launch(plugin(watcher('task',
	'max-inactive-days' => 30, 'batch-size' => 7))) } 1, 2;
for my $id (@ids) {
	is(drive()->wait_for('done', $id)->{outcome}, 'success',
	    'one of two at once');
}
$session->finish;
is(rows(q{SELECT count(*) FROM "user" WHERE name LIKE 'u%' AND
    (status = 0) = (nickname = 'in')}), 0,
    'each was disabled or logged in, never both');

# Names are names, whatever is in them.
$pg->query(q{CREATE SCHEMA "a;b"; CREATE TABLE "a;b"."odd ""t" ("i d" int
    PRIMARY KEY, "n'" text, on_off text, boss bool, seen timestamptz);
    INSERT INTO "a;b"."odd ""t" VALUES (1, 'x', 'on', false, '2000-01-01'),
    (2, 'y', 'on', true, '2000-01-01')});
ends('task: other names', [watcher('task', 'max-inactive-days' => 1,
	table => 'a;b.odd "t', 'column-id' => 'i d', 'column-name' => "n'",
	'column-status' => 'on_off', 'column-is-admin' => 'boss',
	'column-logined-at' => 'seen', 'status-active' => 'on',
	'status-disabled' => 'off')], 'success 0', qr/^$/,
    qr/^info: disabled x\n(?:.*\n)*info: 1 users/m);
ends('task: no such table', [watcher('task', 'max-inactive-days' => 1,
	table => 'nobody')], 'failure 1',
    qr/relation "nobody" does not exist/);

# clean
$pg->query(q{INSERT INTO policy_audit (id, name, username, deleted_at)
    SELECT n, 'p', 'u', now() - make_interval(days => n)
    FROM generate_series(1, 400) AS n});
$done = ends('clean', [watcher('clean', 'batch-size' => 50)], 'success 0',
    qr/^$/, qr/^info: 221 rows removed that were deleted more than 180 days/m);
is(rows('SELECT min(id), max(id), count(*) FROM policy_audit'), '1|179|179',
    'older than 180 days');
for my $days (0, -1) {
	ends("clean: $days", [watcher('clean', 'max-reserve-days' => $days)],
	    'launch-failed -1', qr/write a number from 1 to 36500/);
}
is(rows('SELECT count(*) FROM policy_audit'), 179, 'nothing went');
ends('clean: with an index', [watcher('clean', 'make-index' => 'yes',
	'max-reserve-days' => 100)], 'success 0', qr/^$/,
    qr/making an index: CREATE INDEX CONCURRENTLY/);
my $indexes = "SELECT count(*) FROM pg_indexes WHERE tablename = "
    . "'policy_audit' AND indexdef LIKE '%deleted_at%'";
is(rows($indexes), 1, 'an index');
ends('clean: once', [watcher('clean', 'make-index' => 'yes')], 'success 0',
    qr/^$/);
is(rows($indexes), 1, 'and no second one');

# secret
$pg->query(q{INSERT INTO secret (name, username, expires) VALUES
    ('never', 'u', 0),
    ('grace', 'u', extract(epoch FROM now() - interval '6 days')),
    ('past', 'u', extract(epoch FROM now() - interval '8 days')),
    ('future', 'u', extract(epoch FROM now() + interval '1 day'))});
ends('secret', [watcher('secret')], 'success 0', qr/^$/,
    qr{^info: removed u/past$}m);
is(rows('SELECT name FROM secret ORDER BY id'), 'never grace future',
    'what is left');
ends('secret: no grace', [watcher('secret', grace => '0s')], 'success 0',
    qr/^$/, qr{^info: removed u/grace$}m);
is(rows('SELECT name FROM secret ORDER BY id'), 'never future', 'and then');

# Who is killed while he waits for the server asks it to stop.
my $locker = $pg->session;
$locker->do('BEGIN');
$locker->do('LOCK TABLE policy_audit');
my $id = drive()->launch(plugin(watcher('clean')));
my $waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = "
    . "'Lock' AND query LIKE 'DELETE%'";
Drive::until_true(sub { rows($waits) == 1 });
drive()->line("kill $id 1");
$done = drive()->wait_for('done', $id);
is("$done->{outcome} $done->{signal}", 'killed 0', 'it ended by itself');
is(rows($waits), 0, 'and left nothing on the server');
$locker->finish;
ends('no database', ['clean', {}], 'failure 1',
    qr/the job names no database/);
done_testing;
