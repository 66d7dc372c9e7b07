#!/usr/bin/perl
# belfry submit and belfry queue: a command that is no job runs as a run like
# any other, in its turn, at its time, once for a key; what is too much is
# refused.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Test::More;

my $d = Belfry->new(conf => "[queue mail]\nlimit = 3\n\n"
    . "[defaults]\nenvironment = FROM=defaults\nretries = 3\n"
    . "schedule = \@every 1s\n");
my $dir = $d->dir;
$d->start;

sub submit {
	my ($status, $out, $err) = $d->belfry('submit', @_);
	is($status, 0, "submit @_") or diag($err);
	$out =~ /\A([0-9a-z]{20})\n\z/ or diag("no id: $out");
	return $1;
}
sub refused {
	my ($want, $status, @args) = @_;
	my ($got, $out, $err) = $d->belfry(@args);
	like($err, $want, "@args: $want");
	is($got, $status, 'and its status');
}
sub output { ($d->belfry('logs', $_[0]))[1] }

# One that runs at once.
my $id = submit('--', 'printf', '%s|', 'a b', '$HOME', "it's", '');
my $run = $d->finished($id);
is($run->{outcome}, 'success', 'it ran');
is($run->{id}, $id, 'as the run that was promised');
is($run->{trigger}, 'queue', 'trigger queue');
is($run->{job}, 'queue:default', 'of the default queue');
is(output($id), q{a b|$HOME|it's||}, 'several words are words');
$id = submit('--', 'echo "$BELFRY_TRIGGER $BELFRY_JOB $FROM" | tr a-z A-Z');
$d->finished($id);
is(output($id), "QUEUE QUEUE:DEFAULT DEFAULTS\n", 'one word is a line');
is_deeply([$d->ledger('queue:default')]->[1]{outcome}, 'success',
    'its slot is in the ledger');
$id = submit('--', "echo three; exit 3");
$run = $d->finished($id);
is("$run->{outcome} $run->{exit_code}", 'failure 3', 'one that fails');

# By the name of its queue, as a job.
is($d->json('show', 'queue:default')->{id}, $id, 'show QUEUE: its latest run');
is(output('queue:default'), "three\n", 'logs QUEUE');
like(($d->belfry('explain', 'queue:default'))[1],
    qr/^queue:default, .*failure\n +it was submitted\n/, 'explain QUEUE');
refused(qr/no job and no run "queue:mail"/, 1, 'show', 'queue:mail');
refused(qr/no run "queue:mail"/, 1, 'logs', 'queue:mail');
refused(qr/no job "queue:default"/, 1, $_, 'queue:default')
    for qw(run pause resume);

# One after the other.
my $gate = "while test ! -e $dir/go; do sleep 0.05; done";
my @ids = map { submit('-q', 'mail', '--', "echo $_ >>$dir/out; $gate") } 1 .. 3;
$d->wait_for('the first', sub { ($d->lines('out'))[0] });
my @list = @{ $d->json('queue', 'list', 'mail') };
is_deeply([map { "$_->{id} $_->{state}" } @list],
    ["$ids[0] running", "$ids[1] waiting", "$ids[2] waiting"], 'queue list');
is(scalar(@{ $d->json('queue', 'list', 'default') }), 0, 'of one queue');
is(scalar(@{ $d->json('queue', 'list', '--all') }), 6, 'of all, and all');
like(($d->belfry('queue', 'list'))[1],
    qr/^ID +QUEUE +STATE +DUE \(\S+\) +WHO +COMMAND\n$ids[0]  mail   running/,
    'for people');
my ($mail) = grep { $_->{name} eq 'mail' } @{ $d->json('status')->{queues} };
is_deeply($mail, { name => 'mail', limit => 3, workers => 1, running => 1 },
    'the status has the queues');

# Keys, and the limit.
my $key = submit('-q', 'mail', '-k', 'once', '--', "echo key >>$dir/out");
is(submit('-k', 'once', '--', 'echo other'), $key, 'a key twice is one run');
refused(qr/queue mail is full: 3 wait/, 1, 'submit', '-q', 'mail', '--', 'x');
is($d->json('submit', '--key', 'once', '--', 'x')->{known}, JSON::PP::true,
    'a full queue knows its keys');
my $shown = $d->json('queue', 'show', $key);
is($shown->{command}, "echo key >>$dir/out", 'queue show');
like($shown->{who}, qr/^uid $>/, 'and who it was');

# Away with one.
my ($status, $out) = $d->belfry('queue', 'cancel', $ids[2]);
is($out, "$ids[2] of queue mail is cancelled\n", 'queue cancel');
refused(qr/does not wait any more: it is cancelled/, 1, 'queue', 'cancel',
    $ids[2]);
refused(qr/it is running; "belfry kill"/, 1, 'queue', 'cancel', $ids[0]);
refused(qr/nothing with the id/, 1, 'queue', 'cancel', '0' x 20);
$d->write('go', '');
$d->finished($key);
is_deeply([$d->lines('out')], [qw(1 2 key)], 'in their order, without it');
is($d->json('queue', 'show', $ids[2])->{state}, 'cancelled', 'it is known');

# Later.
$id = submit('--in', '1h', '-q', 'mail', '--', 'true');
is($d->json('queue', 'show', $id)->{state}, 'waiting', 'one for later waits');
my $soon = submit('--in', '1500ms', '-q', 'mail', '--', 'true');
$run = $d->finished($soon);
cmp_ok($run->{lateness_ms}, '>=', 0, 'not before its time');
$soon = submit('--at', '2020-01-01T00:00:00Z', '--', 'true');
is($d->finished($soon)->{outcome}, 'success', 'what is late runs at once');

# A run is ended as any other.
$id = submit('--', 'sleep 1000');
$d->wait_for('it to run', sub {
	grep { $_->{id} eq $id && $_->{state} eq 'running' }
	    @{ $d->json('status')->{runs} };
});
is(($d->belfry('kill', $id))[0], 0, 'kill');
is($d->finished($id)->{outcome}, 'killed', 'killed');

# A pause of all is one for queues.
$d->belfry('pause', '--all');
$id = submit('--', 'true');
is($d->json('queue', 'show', $id)->{state}, 'waiting', 'it waits in a pause');
$d->belfry('resume', '--all');
is($d->finished($id)->{outcome}, 'success', 'and runs when that is over');

# What is wrong.
refused(qr/there is no queue "mial"; did you mean mail\?/, 1, 'submit', '-q',
    'mial', '--', 'x');
refused(qr/missing/, 2, 'submit', '--');
refused(qr/--at and --in cannot be given together/, 2, 'submit', '--in', '1s',
    '--at', '2030-01-01T00:00:00Z', '--', 'x');
refused(qr/--in 5: /, 2, 'submit', '--in', '5', '--', 'x');
refused(qr/--at soon: write a time/, 2, 'submit', '--at', 'soon', '--', 'x');
refused(qr/key: 1 to 256 letters/, 1, 'submit', '--key', 'a b', '--', 'x');
refused(qr/callback: /, 1, 'submit', '--callback', 'ftp://x/', '--', 'x');
refused(qr/list, show and cancel are possible/, 2, 'queue', 'lst');
refused(qr/show: which id\?/, 2, 'queue', 'show');

# The same over HTTP.
sub post {
	my ($path, $body) = @_;
	my ($status, $out) = $d->command('curl', '-s', '-w', '%{http_code}',
	    '--unix-socket', $d->path('run/belfry.sock'), '-H',
	    'Content-Type: application/json', '-d', $body,
	    "http://x$path");
	my ($code) = $out =~ s/(\d{3})\z// ? $1 : 0;
	return ($code, $out =~ /\A[\[{]/ ? decode_json($out) : $out);
}
my ($code, $answer) = post('/v1/submit', '{"argv": ["echo", "by http"]}');
is($code, 202, 'POST /v1/submit');
$d->finished($answer->{run});
is(output($answer->{run}), "by http\n", 'it ran');
($code, $answer) = post('/v1/submit', '{"command": "x", "argv": ["x"]}');
is("$code $answer->{error}{code}", '400 bad_request', 'not both');
($code, $answer) = post('/v1/submit', '{"argv": "x"}');
like($answer->{error}{message}, qr/"argv" in the body must be an array/,
    'of its kind');
($code, $answer) = post('/v1/submit', '{"command": "x", "uid": "0"}');
is($code, 400, 'nobody says who they are');
($code, $answer) = post('/v1/submit', '{"command": "x", "queue": "nope"}');
is("$code $answer->{error}{code}", '404 not_found', 'no such queue');
is(scalar(grep { $_->{trigger} eq 'queue' && $_->{attempt} > 1 }
    @{ $d->json('history', '-n', 1000) }), 0, 'nothing is repeated');
$d->finish;
done_testing;
