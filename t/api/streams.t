# Answers that take their time: output that is followed, clients that go,
# clients that do not read, answerers that die.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time sleep);
use Fake;

my $output = join '', map { "line $_\n" } 1 .. 100;
my $f = Fake->new(
    'status.json' => '{"state":"running"}',
    'output.r1' => $output,
    'output.endless' => $output,
);
sub get { "GET $_[0] HTTP/1.1\r\nHost: x\r\n\r\n" }

sub body_of {
	my ($answer) = @_;
	my ($head, $rest) = split /\r\n\r\n/, $answer, 2;
	return $rest unless $head =~ /^Transfer-Encoding: chunked\r?$/m;
	my $body = '';
	while ($rest =~ /\G([0-9a-f]+)\r\n/gc) {
		return "$body" if $1 eq '0';
		$body .= substr($rest, pos $rest, hex $1);
		pos($rest) += hex($1) + 2;
	}
	return "cut: $body";
}

is(body_of($f->raw(get('/v1/runs/r1/output'), half => 1)), $output,
    'output at once');
is(body_of($f->raw(get('/v1/runs/r1/output?follow=1'), half => 1)), $output,
    'output as it comes, to a client that has closed its half');
is(body_of($f->raw(get('/v1/runs/r1/output?offset=10'), half => 1)),
    substr($output, 10), 'output from the middle');
like($f->raw("GET /v1/runs/r1/output HTTP/1.0\r\n\r\n"),
    qr/\r\n\r\n\Q$output\E\z/, 'HTTP/1.0 gets no chunks');
my $two = $f->raw(get('/v1/runs/r1/output') . get('/v1/status'), half => 1);
like($two, qr/0\r\n\r\nHTTP\/1.1 200 OK.*running"\}\z/s,
    'a request behind an output');
$f->asked;

# The client goes: at once, and after it had closed its half.
for my $half (0, 1) {
	my $s = $f->connect;
	$s->syswrite(get('/v1/runs/endless/output?follow=1'));
	shutdown($s, 1) if $half;
	sysread($s, my $some, 100);
	sleep 0.1;
	close $s;
	$f->wait_for('the question to be cancelled',
	    sub { grep { $_ eq 'cancel' } $f->asked });
	pass("a client that goes is noticed, half-closed $half");
}
# Gone while nothing is sent to it: noticed without a write.
for my $half (0, 1) {
	my $s = $f->connect;
	$s->syswrite(get('/v1/jobs/slow1'));
	shutdown($s, 1) if $half;
	$f->wait_for('the question', sub { $f->asked });
	my $begin = time;
	close $s;
	$f->wait_for('the question to be cancelled',
	    sub { grep { $_ eq 'cancel' } $f->asked });
	cmp_ok(time - $begin, '<', 1, "at once, half-closed $half");
}

# Whoever follows may wait longer than any other.
my $s = $f->connect;
$s->syswrite(get('/v1/runs/endless/output?follow=1'));
my $end = time + 4;
my $n = 0;
while (time < $end) {
	$n += sysread($s, my $some, 65536) // die 'closed';
}
cmp_ok($n, '>', 1000, 'follows beyond the limit of time');

# A client that does not read costs no memory without end.
my $lazy = $f->connect;
my $begin = time;
$lazy->syswrite(get('/v1/runs/huge1/output'));
$f->wait_for('the question to be cancelled',
    sub { grep { $_ eq 'cancel' } $f->asked });
cmp_ok(time - $begin, '<', 2, 'at once, not when its time is up');
is(($f->request(GET => '/v1/status'))[0], 200, 'others are answered');
my $answer = $f->slurp($lazy);
cmp_ok(length $answer, '<', 16 << 20, 'a lazy client is cut off');
unlike(substr($answer, -20), qr/0\r\n\r\n\z/, 'and sees it');

# No answer, and no answerer.
$begin = time;
my ($status, undef, $body) = $f->request(GET => '/v1/jobs/slow2');
is($status, 504, 'an answer that does not come');
cmp_ok(time - $begin, '<', 8, 'is given up');
ok((grep { $_ eq 'cancel' } $f->asked), 'and cancelled');
$f->write('status.json', "!slow\n");
$begin = time;
($status, undef, $body) = $f->request(GET => '/healthz');
is($status, 503, 'a master that does not answer is not healthy');
like($body, qr/the master does not answer in time/, 'is told');
cmp_ok(time - $begin, '<', 1.4, 'sooner than others are given up');
$f->write('status.json', "!500 internal ill\n");
is(($f->request(GET => '/healthz'))[0], 503, 'nor is one that fails');
$f->write('status.json', '{"state":"running"}');
($status, my $head, $body) = $f->request(GET => '/v1/runs/die1');
is($status, 503, 'the recorder dies');
is($body, '{"error":{"code":"unavailable","message":'
    . '"the recorder restarts; try again in a moment"}}', 'is told');
unlike($head, qr/^Retry-After/m, 'it may have been done');
($status, $head, $body) = $f->request(GET => '/v1/runs/r1/output');
is($status, 503, 'while it is away');
like($head, qr/^Retry-After: 1\r?$/m, 'it surely was not');
is(($f->request(GET => '/v1/status'))[0], 200, 'the master is not concerned');
is(($f->request(GET => '/healthz'))[0], 200, 'still healthy');
is(($f->request(GET => '/readyz'))[0], 503, 'but not ready');
$f->wait_for('the recorder to be back',
    sub { ($f->request(GET => '/readyz'))[0] == 200 });
is(body_of($f->raw(get('/v1/runs/r1/output'), half => 1)), $output,
    'all is well again');

# Dead in the middle of an output: the client must see that it is cut.
$s = $f->connect;
$s->syswrite(get('/v1/runs/endless/output?follow=1'));
my $some = '';
sysread($s, $some, 100, length $some) until $some =~ /line 2/;
$f->request(GET => '/v1/runs/die2');
like(body_of($some . $f->slurp($s)), qr/^cut: line 1/,
    'an output that breaks off');

$f->wait_for('the recorder to be back',
    sub { ($f->request(GET => '/readyz'))[0] == 200 });
is(($f->request(GET => '/v1/runs/rubbish'))[0], 503, 'rubbish');
like($f->read('log'), qr/peer bad: recorder: ANSWER_DATA: /,
    'is reported, so that its sender is started again');
$f->wait_for('the recorder to be back',
    sub { ($f->request(GET => '/readyz'))[0] == 200 });

# Events: who does not read them is cut off, and the others miss nothing.
my ($reader, $deaf) = map {
	my $l = $f->connect;
	$l->syswrite(get('/v1/events'));
	$l;
} 1 .. 2;
my $heard = '';
sub hear {
	my ($pattern) = @_;
	my $end = time + 30;
	while ($heard !~ $pattern && time < $end) {
		sysread($reader, $heard, 65536, length $heard) or last;
	}
	return $heard =~ $pattern;
}
ok(hear(qr/event: reset\n/), 'a listener');
my $large = 'x' x 10_000;
my $rounds = 300;
for my $n (1 .. $rounds) {
	$f->write('events', "event: run\ndata: {\"n\":$n}\n\n"
	    . "event: run\ndata: {\"x\":\"$large\"}\n\n");
	$f->request(GET => '/v1/status');
	hear(qr/"n":$n\}.*?\n\n.*?\n\n/s) or last;
	$heard =~ s/\A.*"n":(\d+)\}/"n":$1}/s if length $heard > 100_000;
}
like($heard, qr/"n":$rounds\}/, 'hears all, if it reads');
my $unread = $f->slurp($deaf);
ok(length $unread < $rounds * 10_000 / 2, 'who does not is cut off');
is(($f->request(GET => '/v1/status'))[0], 200, 'and nobody else');

$f->finish;
done_testing;
