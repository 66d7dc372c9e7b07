# Requests as bytes: what is answered, what is refused, what is kept apart.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fake;

my $f = Fake->new(
    'status.json' => '{"state":"running"}',
    'jobs.json' => [map { { name => "job$_" } } 1 .. 5],
    'page' => 2,
    'job.a.json' => '{"name":"a"}',
    'job.refused.json' => "!409 refused not now, \"thanks\"\n",
    'run.a.json' => '{"run":"r1","job":"a"}',
    'runs.json' => [map { { id => "r$_", job => 'a' } } 1 .. 3],
    'reload.json' => '{"added":[]}',
);

my ($status, $head, $body) = $f->request(GET => '/v1/status');
is($status, 200, 'an answer');
is($body, '{"state":"running"}', 'is the master\'s');
like($head, qr/^Content-Type: application\/json\r?$/m, 'with its type');
like($head, qr/^Content-Length: 19\r?$/m, 'and length');
like($head, qr/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r?$/m,
    'and date');
like($head, qr/^Connection: close\r?$/m, 'closes when asked to');
is_deeply([$f->asked], ['status by uid ' . $< . ' (' . getpwuid($<) . '):'],
    'the question says who asks');

($status, $head, $body) = $f->request(HEAD => '/v1/status');
is($status, 200, 'HEAD');
is($body, '', 'has no body');
like($head, qr/^Content-Length: 19\r?$/m, 'but its length');

($status, $head, $body) = $f->request(GET => '/v1/jobs?limit=3');
is($body, '[{"name":"job1"},{"name":"job2"}]', 'a page');
like($head, qr{^Link: </v1/jobs\?after=job2&limit=2>; rel="next"\r?$}m,
    'names the next');
($status, $head, $body) = $f->request(GET => '/v1/jobs?after=job4');
is($body, '[{"name":"job5"}]', 'the last page');
unlike($head, qr/^Link:/m, 'names none');

($status, $head, $body) = $f->request(GET => '/v1/jobs/refused');
is($status, 409, 'a refusal keeps its status');
is($body, '{"error":{"code":"refused","message":"not now, \"thanks\""}}',
    'and its words');

($status, $head, $body) = $f->request(POST => '/v1/jobs/a/run',
    body => '{}');
is($status, 202, 'what is accepted');

# What curl -d sends; a page in a browser could send it, too.
sub form {
	my ($extra) = @_;
	my $got = $f->raw("POST /v1/jobs/a/run HTTP/1.1\r\nHost: x\r\n"
	    . "Connection: close\r\nContent-Length: 13\r\n$extra"
	    . "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
	    . '{"params":{}}');
	return ($got =~ m{\AHTTP/1.1 (\d+)})[0];
}
is(form(''), 202, 'the type does not matter for a program');
is(form("$_\r\n"), 415, "a browser: $_") for 'Origin: http://x',
    'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: cors',
    'Sec-Fetch-Dest: empty', 'Sec-Fetch-User: ?1', 'Cookie: a=b',
    'Via: 1.1 proxy';
$f->asked;
($status, $head, $body) = $f->request(GET => '/v1/jobs/a/run');
is($status, 405, 'the wrong method');
like($head, qr/^Allow: POST\r?$/m, 'says the right one');
($status, $head, $body) = $f->request(GET => '/v1/nothing');
is($status, 404, 'the wrong path');
like($body, qr/^\{"error":\{"code":"not_found",/, 'is told in JSON');
($status, $head, $body) = $f->request(GET => '/v1/jobs?colour=red');
is($status, 400, 'the wrong argument');
like($body, qr/unknown argument \\"colour\\"; known are: after limit/,
    'is named');

is(($f->request(GET => '/healthz'))[0], 200, 'healthy');
is(($f->request(GET => '/readyz'))[0], 200, 'ready');

# One connection after the other.
my $get = "GET /v1/status HTTP/1.1\r\nHost: x\r\n";
my $answers = $f->raw("$get\r\n" x 20 . "${get}Connection: close\r\n\r\n");
is(() = $answers =~ /"state":"running"\}/g, 21, 'pipelined requests');
my $big = 3000;
$answers = $f->raw("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" x $big
    . "${get}Connection: close\r\n\r\n");
is(() = $answers =~ /HTTP\/1.1 404/g, $big, 'many pipelined requests');
like($answers, qr/"state":"running"\}\z/, 'and the last one');
$answers = $f->raw("\r\n\r\n${get}\r\n", half => 1);
like($answers, qr/"state":"running"\}\z/,
    'empty lines in front, and half-closed behind');
$answers = $f->raw("GET /v1/status HTTP/1.0\r\n\r\n");
like($answers, qr/^HTTP\/1.1 200 .*running"\}\z/s, 'HTTP/1.0 is closed');
$answers = $f->raw("GET /v1/jobs HTTP/1.1\r\nHost: x\r\n"
    . "Content-Length: 3\r\n\r\n{}\n$get\r\n", half => 1);
is(() = $answers =~ /HTTP\/1.1/g, 2, 'a body is no request');
my $s = $f->connect;
for my $byte (split //, "POST /v1/reload HTTP/1.1\r\nHost: x\r\n"
    . "Expect: 100-continue\r\nContent-Length: 2\r\n"
    . "Content-Type: application/json\r\n\r\n") {
	$s->syswrite($byte);
}
sysread($s, $answers, 1000);
is($answers, "HTTP/1.1 100 Continue\r\n\r\n", 'byte by byte, then on');
$s->syswrite('{}');
shutdown($s, 1);
like($f->slurp($s), qr/^HTTP\/1.1 200 OK/, 'and answered');

# What cannot be answered is refused in JSON, and the connection closed.
my %refused = (
    "GARBAGE\r\n\r\n" => 400,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n" => 400,
    "GET / HTTP/1.1\n\n" => 400,
    "GET / HTTP/1.1\r\n\r\n" => 400,
    "GET / HTTP/9.9\r\nHost: x\r\n\r\n" => 505,
    "GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n" => 400,
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n" => 400,
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" => 411,
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n" => 413,
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" => 413,
    "GET / HTTP/1.1\r\nHost: x\r\nA: " . 'x' x 17000 => 431,
    "GET / HTTP/1.1\r\nHost: x\r\n" . "A: b\r\n" x 100 . "\r\n" => 431,
    'x' x 200000 => 431,
);
for my $bytes (sort keys %refused) {
	my $answer = $f->raw($bytes . "GET / HTTP/1.1\r\n\r\n");
	(my $name = substr($bytes, 0, 60)) =~ s/[^ -~]+/ /g;
	like($answer,
	    qr/\AHTTP\/1\.1 $refused{$bytes} .*\r\n\r\n\{"error":\{.*\}\}\z/s,
	    "refused with $refused{$bytes}: $name");
}
my $most = "POST /v1/reload HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    . "Content-Type: application/json\r\nContent-Length: 65536\r\n\r\n";
like($f->raw($most . '{}' . ' ' x 65534), qr/^HTTP\/1.1 200/,
    'a body of 64 KiB');
like($f->raw($most . '[' x 65536), qr/^HTTP\/1.1 400/,
    'one that nests deeply');

$f->finish;
done_testing;
