#!/usr/bin/perl
# Receivers are told of failures and recoveries once, over a server that errs,
# one that hangs, one that is not there, and over kill -9; storms are grouped.
use strict;
use warnings;
use Belfry;
use Httpd;
use JSON::PP;
use Test::More;

my $h = Httpd->new;
my $d = Belfry->new;
my $dir = $d->dir;
my $closed = Httpd::closed_port();

sub webhook {
	my ($name, $url, @more) = @_;
	return join("\n", "[notify $name]", 'type = webhook', "url = $url",
	    'retry-delay = 100ms', @more) . "\n";
}
$d->conf(webhook('ops', $h->url('/ok/ops'))
    . webhook('text', $h->url('/ok/text?job={job}'), 'header = X-Out: {outcome}',
	'body = {"text": "{job} {event} {exit_code} {output_tail}", "a": {}}')
    . webhook('flaky', $h->url('/flaky/2'))
    . webhook('slow', $h->url('/silent'), 'timeout = 600s')
    . webhook('nobody', "http://127.0.0.1:$closed/"));
$d->job('a.ini', <<"END");
[job a]
command = echo "one \\"two\\""; test -e $dir/good
notify = slow ops text flaky nobody

[job quiet]
command = false
END
$d->start;

# Bodies that came to a path, as they are.
sub bodies {
	my ($path) = @_;
	return map { /\r\n\r\n(.*)/s ? $1 : '' }
	    grep { m{^[A-Z]+ /\Q$path\E} } $h->requests;
}

sub wait_bodies {
	my ($path, $n) = @_;
	$d->wait_for("$n at $path", sub { bodies($path) >= $n });
	return bodies($path);
}

sub notices {
	my (%is) = @_;
	return grep {
		my $row = $_;
		!grep { ($row->{$_} // '') ne $is{$_} } keys %is;
	} @{ $d->json('notifications', '-n', 1000) };
}

my $run = $d->run('a');
$d->finished($run);
my ($body) = wait_bodies('ok/ops', 1);
my $json = decode_json($body);
is_deeply([@$json{qw(event job run outcome exit_code output_tail count)}],
    ['failure', 'a', $run, 'failure', 1, 'one "two"', 1], 'a failure');
like($json->{subject}, qr/^a failed on \S+: exited with code 1$/, 'in words');
($body) = wait_bodies('ok/text', 1);
is_deeply(decode_json($body),
    { text => 'a failure 1 one "two"', a => {} }, 'a template of JSON');
like((grep { m{/ok/text} } $h->requests)[0],
    qr{^POST /ok/text\?job=a .*^X-Out: failure\r\n.*^Content-Type: application/json\r\n}ms,
    'and of URL and header');

# A second failure is no news; success is.
$d->finished($d->run('a'));
$d->write('good', '');
$d->finished($d->run('a'));
$json = decode_json((wait_bodies('ok/ops', 2))[1]);
is_deeply([@$json{qw(event outcome)}], ['recovery', 'success'], 'a recovery');
is(scalar(my @all = bodies('ok/ops')), 2, 'and nothing else');

# Two tries were answered with 500.
$d->wait_for('the third try', sub {
	grep { $_->{state} eq 'sent' } notices(receiver => 'flaky', event => 'failure')
});
my ($row) = notices(receiver => 'flaky', event => 'failure');
is($row->{tries}, 3, 'tried again until it was taken');

# One that hangs and one that is not there waited for nobody, and wait.
($row) = notices(receiver => 'slow', event => 'failure');
is("$row->{state} $row->{tries}", 'waiting 0', 'a server that hangs');
$row = $d->wait_for('a refused connection', sub {
	(grep { $_->{tries} > 1 } notices(receiver => 'nobody',
	    event => 'failure'))[0]
});
like($row->{error}, qr/Couldn't connect|Failed to connect/,
    'one that is not there');

# What waits survives kill -9 of all, and goes where the receiver is then.
kill 'KILL', $_ for @{ $d->processes->{master} };
$d->wait_for('another master', sub { eval { $d->json('status') } });
kill 'KILL', -$d->{pid};
waitpid $d->{pid}, 0;
$d->wait_for('everything to be gone', sub { !$d->leftovers });
$d->conf(webhook('ops', $h->url('/ok/ops'))
    . webhook('text', $h->url('/ok/text')) . webhook('slow', $h->url('/ok/slow'))
    . webhook('flaky', $h->url('/ok/flaky'))
    . webhook('nobody', $h->url('/ok/nobody')));
$d->start;
my @late = map { decode_json($_)->{event} } wait_bodies('ok/nobody', 2);
is("@late", 'failure recovery', 'what waited is sent in its order');
@late = map { decode_json($_)->{event} } wait_bodies('ok/slow', 2);
is("@late", 'failure recovery', 'also what was on its way');
$d->wait_for('all to be sent', sub { !notices(state => 'waiting') });
is(scalar(@all = bodies('ok/ops')), 2, 'what was sent is not sent again');
is(scalar(@all = notices()), 10, 'each once');

# A storm is one message: of what fails at one moment.
my $gate = $d->path('gate');
$d->job('storm.ini', join '', map {
	"[job s$_]\ncommand = while ! test -e $gate; do sleep 0.05; done; false\n"
	    . "notify = ops\n"
} 1 .. 12);
$d->conf(webhook('ops', $h->url('/ok/storm'), 'group-wait = 2s')
    . webhook($_, $h->url('/ok/x'))) for 'slow';
$d->write('jobs/a.ini', "[job quiet]\ncommand = false\n");
my ($status, $out, $err) = $d->belfry('reload');
is($status, 0, 'a reload') or diag($err);
my @storm = map { $d->run("s$_") } 1 .. 12;
$d->write('gate', '');
$d->finished($_) for @storm;
$json = decode_json((wait_bodies('ok/storm', 1))[0]);
is($json->{subject}, '12 jobs failed in the last minute', 'a storm');
is(join(' ', sort map { $_->{job} } @{ $json->{notifications} }),
    join(' ', sort map { "s$_" } 1 .. 12), 'has all of it');
is(scalar(@all = bodies('ok/storm')), 1, 'in one message');

($status, $out) = $d->belfry('notify', 'test', 'slow');
is("$status $out", "0 slow: sent\n", 'a test');
($status, $out, $err) = $d->belfry('notify', 'test', 'nobody');
is($status, 1, 'a receiver that is gone');
like($err, qr/no \[notify nobody\]/, 'and why');
# The end waits a moment for what happened last.
my $last = bodies('ok/storm');
$d->job('last.ini', "[job last]\ncommand = exec sleep 1000\nnotify = ops\n");
$d->belfry('reload');
$run = $d->run('last');
$d->wait_for('it to run', sub {
	grep { $_->{id} eq $run && $_->{pid} } @{ $d->json('status')->{runs} }
});
kill 'TERM', $d->{pid};
$d->wait_for('the drain', sub { $d->log =~ /: draining, 1 / });
$d->stop;
is(scalar(@all = bodies('ok/storm')), $last + 1,
    'what is killed at the end is told before it');
$d->start;
($status, $out) = $d->belfry('notifications', '-r', 'nobody', '-n', '1');
like($out, qr/^TIME \(\S+\) +RECEIVER /, 'the zone of the times');
like($out, qr/^\S+ +nobody +recovery +a +sent +\d+ +-$/m, 'as a table');
# A new store hears of what waits.
my $hole = $h->url('/silent');
$d->conf(webhook('ops', $hole, 'timeout = 600s'));
$d->job('a.ini', "[job a]\ncommand = false\nnotify = ops\n");
$d->belfry('reload');
$d->finished($d->run('a'));
$d->wait_for('it to wait', sub { notices(state => 'waiting') });
rename $d->path('state/belfry.db'), $d->path('old.db');
$d->finished($d->run('a'));
$d->wait_for('it to wait there', sub {
	grep { $_->{event} eq 'failure' } notices(state => 'waiting')
});
is(scalar(@all = notices()), 1, 'a new store hears of what waits');
$d->finish;
done_testing;
