# Requests that are nearly right, by the thousand: whatever comes, the api lives
# and answers the next one. BELFRY_SEED repeats a round.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fake;

my $seed = $ENV{BELFRY_SEED} // time;
srand $seed;
my $f = Fake->new('status.json' => '{"state":"running"}', 'jobs.json' => '[]',
    'output.r1' => "hello\n");

my @seeds = (
    "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /v1/jobs?after=a%2Eb&limit=10 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /v1/jobs/%61/next?n=3 HTTP/1.1\r\nHost: x\r\n\r\n",
    "HEAD /v1/runs/r1/output?offset=3 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET http://a/v1/runs/r1/output?follow=1 HTTP/1.0\r\n"
	. "Connection: keep-alive\r\n\r\n",
    "POST /v1/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n"
	. "Content-Type: application/json\r\n\r\n{\"a\":[1,{}]}",
    "POST /v1/jobs/a/run HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	. "Content-Length: 2\r\n\r\n{}",
);
push @seeds,
    "GET /login HTTP/1.1\r\nHost: x\r\nCookie: belfry-session=00; a=b\r\n\r\n",
    "POST /login HTTP/1.1\r\nHost: x\r\nOrigin: http://x\r\n"
	. "Content-Type: application/x-www-form-urlencoded\r\n"
	. "Content-Length: 13\r\n\r\ntoken=ci%2Ehi",
    "POST /v1/session HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\n"
	. "Content-Type: application/json\r\nContent-Length: 16\r\n\r\n"
	. '{"token":"a.b"}' . "\n",
    "DELETE /v1/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a.b\r\n"
	. "X-Forwarded-For: 192.0.2.1, ::1\r\nX-Forwarded-User: ann\r\n\r\n";
my @pieces = ("\r\n", "\n", "\r", "\0", ' ', ':', '%', '%00', '?', '&', '=',
    '/', '//', '..', "\xff", 'Content-Length: 5', 'Transfer-Encoding: chunked',
    'A' x 5000, '{' x 1000, '18446744073709551616', '-1', 'HTTP/1.1',
    'Connection: close', "\r\n\r\n",
    'Authorization: Bearer ', 'Cookie: belfry-session=', 'Origin: ',
    'X-Forwarded-For: ', '[', ']', ';');

sub mutate {
	my ($text) = @_;
	for (1 .. 1 + int rand 4) {
		my $at = int rand(length($text) + 1);
		my $how = int rand 5;
		my $n = int rand 8;
		if ($how == 0) {
			substr($text, $at, 0) = $pieces[rand @pieces];
		} elsif ($how == 1) {
			substr($text, $at, $n) = '' if $at < length $text;
		} elsif ($how == 2) {
			substr($text, $at, 1) = chr int rand 256
			    if $at < length $text;
		} elsif ($how == 3) {
			$text = substr($text, 0, $at);
		} else {
			$text .= $seeds[rand @seeds];
		}
	}
	return $text;
}

my ($answers, $alive) = (0, 1);
for my $round (1 .. 2000) {
	my $bytes = mutate($seeds[rand @seeds]);
	my $s = $f->connect or last;
	local $SIG{PIPE} = 'IGNORE';
	$s->syswrite($bytes);
	if ($round % 3 == 0) {
		close $s; # without a look at the answer
		next;
	}
	shutdown($s, 1);
	my $answer = $f->slurp($s);
	$answers++ if $answer =~ /\AHTTP\/1\.1 \d\d\d /;
	if ($answer ne '' && $answer !~ /\AHTTP\/1\.1 \d\d\d [A-Z]/) {
		$alive = 0;
		diag("strange answer to: $bytes");
	}
}
ok($alive, "seed $seed: every answer is one");
cmp_ok($answers, '>', 500, 'many are answered');
is(($f->request(GET => '/v1/status'))[0], 200, 'all is well behind them');

$f->finish;
done_testing;
