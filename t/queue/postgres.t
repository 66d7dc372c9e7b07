#!/usr/bin/perl
# Queues in PostgreSQL: hosts share them, and their workers; what a host took
# that is gone comes back; while the server is gone nothing is taken.
use strict;
use warnings;
use Belfry;
use Httpd;
use Postgres;
use Test::More;
use Web;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->create('q');
my $h = Httpd->new;
my @hosts = map {
	Belfry->new(conf => "node-name = h$_\n[store]\ntype = postgres\n"
	    . 'conninfo = ' . $pg->conninfo('q')
	    . "\n[queue one]\nlimit = 4\n");
} 1, 2;
my $dir = $hosts[0]->dir;
for my $host (@hosts) {
	$host->start;
	$host->wait_for('PostgreSQL', sub { eval { $host->json('history') } });
}

sub submit {
	my ($host, @args) = @_;
	my ($status, $out, $err) = $host->belfry('submit', @args);
	die "submit @args: $err" if $status;
	chomp $out;
	return $out;
}

# What waits in /metrics, on each host.
sub waiting {
	my ($host) = @_;
	my $text = (Web->new($host)->request('GET', '/metrics'))[2];
	return { $text =~ /^belfry_queue_waiting\{queue="(\w+)"\} (\d+)$/mg };
}

# Keys, the limit and the workers are those of all.
my $gate = "while test ! -e $dir/go; do sleep 0.05; done";
my $first = submit($hosts[0], '-q', 'one', '-k', 'first', '--',
    "echo 1 \$BELFRY_NODE >>$dir/out; $gate");
is(submit($hosts[1], '-k', 'first', '--', 'true'), $first,
    'a key twice is one run, on whatever host');
$hosts[0]->wait_for('it to run', sub { ($hosts[0]->lines('out'))[0] });
my @ids = ($first, map { submit($hosts[$_ % 2], '-q', 'one', '--',
    "echo $_ >>$dir/out") } 2 .. 5);
my ($status, $out, $err) = $hosts[1]->belfry('submit', '-q', 'one', '--', 'x');
is_deeply(waiting($_), { one => 4 }, 'four wait, on whatever host') for @hosts;
like($err, qr/queue one is full: 4 wait/, 'full for all');
is_deeply([map { $_->{id} } @{ $hosts[1]->json('queue', 'list', 'one') }],
    \@ids, 'all see all of them');
is($hosts[1]->json('queue', 'show', $first)->{host}, 'h1', 'and who runs it');
is(scalar($hosts[0]->lines('out')), 1, 'one worker, over both hosts');
is(($hosts[0]->belfry('queue', 'cancel', $ids[3]))[0], 0, 'cancelled');
$hosts[0]->write('go', '');
for my $id (@ids[0 .. 2, 4]) {
	$hosts[1]->wait_for("$id to end", sub {
		$hosts[1]->json('queue', 'show', $id)->{state} eq 'ended' });
}
is_deeply([map { /^(\d)/ } $hosts[0]->lines('out')], [1, 2, 3, 5],
    'one after the other, without that one');
is($pg->query("SELECT count(DISTINCT id) FROM belfry_runs WHERE "
    . "trigger = 'queue'", 'q'), 4, 'each is one run');
is($pg->query("SELECT string_agg(state, ' ' ORDER BY submitted) "
    . 'FROM belfry_queues', 'q'), 'ended ended ended cancelled ended',
    'there is a view for people');

# A callback.
my $told = submit($hosts[0], '--callback', $h->url('/flaky/1'), '--', 'true');
$hosts[1]->wait_for('it to be told', sub {
	($hosts[1]->json('queue', 'show', $told)->{callback_state} // '')
	    eq 'delivered' });
is($hosts[1]->json('queue', 'show', $told)->{callback_tries}, 2,
    'told again until it is taken');

# One that a host took and never began comes back when that host is silent.
my $later = submit($hosts[0], '-q', 'one', '--in', '1h', '--', 'true');
$pg->query("UPDATE belfry.submissions SET state = 'taken', host = 'dead', "
    . "lease = 0, due = created WHERE id = '$later'", 'q');
$hosts[0]->wait_for('another host to run it', sub {
	$hosts[0]->json('queue', 'show', $later)->{state} eq 'ended' });
isnt($hosts[0]->json('queue', 'show', $later)->{host}, 'dead',
    'what a dead host had comes back');
# What it had begun does not: it may have done its work. The run is there
# first, or a host might take what has none.
$pg->query('INSERT INTO belfry.runs (id, job, slot, due, attempt, trigger, '
    . "host, fence, created) VALUES ('0aaaaaaaaaaaaaaaauaa', 'queue:one', 1, "
    . "1, 1, 'queue', 'dead', 1, 1)", 'q');
$pg->query("INSERT INTO belfry.submissions (id, queue, state, slot, due, "
    . 'created, command, "user", who, host) VALUES '
    . "('0aaaaaaaaaaaaaaaauaa', 'one', 'taken', 1, 1, 1, 'x', '', 'x', 'dead')",
    'q');
my $next = submit($hosts[1], '-q', 'one', '--', 'true');
$hosts[1]->finished($next);
is($hosts[0]->json('queue', 'show', '0aaaaaaaaaaaaaaaauaa')->{state},
    'running', 'what may have run is not run again, and holds up no other');

# Without the server.
my $id = submit($hosts[0], '-q', 'one', '--in', '1h', '--', "true");
my $now = submit($hosts[0], '--', "echo it >>$dir/began; while test ! -e $dir/stop; "
    . 'do sleep 0.05; done');
$hosts[0]->wait_for('it to begin', sub { $hosts[0]->lines('began') });
$pg->stop;
$hosts[0]->wait_for('a refusal', sub {
	($status, $out, $err) = $hosts[0]->belfry('submit', '--', 'x');
	$err =~ /the store cannot take it now/;
});
is($status, 1, 'what cannot be stored is refused');
my $text = (Web->new($hosts[0])->request('GET', '/metrics'))[2];
unlike($text, qr/belfry_queue_waiting/, 'what waits is not known');
like($text, qr/^belfry_postgres_up 0$/m, 'the other numbers are');
$hosts[0]->write('stop', '');
$pg->start;
$hosts[0]->wait_for('the end to be known', sub {
	my $q = eval { $hosts[0]->json('queue', 'show', $now) };
	$q && $q->{state} eq 'ended' });
is($hosts[0]->json('queue', 'show', $id)->{state}, 'waiting',
    'and what was stored is there');
$_->finish for @hosts;
done_testing;
