#!/usr/bin/perl
# Asking again for what is known already, and compressed.
use strict;
use warnings;
use Belfry;
use IO::Uncompress::Gunzip qw(gunzip);
use Test::More;
use Web;

my $jobs = join '', map { "[job job$_]\ncommand = true\n" } 1 .. 20;
my $d = Belfry->new(jobs => { 'a.ini' => $jobs });
$d->start;
my $web = Web->new($d);

my ($status, $head, $plain) = $web->request('GET', '/v1/jobs');
my ($etag) = $head =~ /^ETag: (\S+)\r?$/m;
ok($etag, 'a list has a tag');
like($head, qr/^Vary: Accept-Encoding\r?$/m, 'varies');
like($head, qr/^Cache-Control: private, no-cache\r?$/m, 'may be kept');
($status, $head, my $body) =
    $web->request('GET', '/v1/jobs', head => "If-None-Match: $etag\r\n");
is($status, 304, 'it is not sent again');
ok(!length $body, 'at all');
unlike($head, qr/^Content-Length/mi, 'nor said to be');
$d->finished($d->run('job1'));
($status, $head, $body) =
    $web->request('GET', '/v1/jobs', head => "If-None-Match: $etag\r\n");
is($status, 200, 'but when it has changed');
isnt(($head =~ /^ETag: (\S+)\r?$/m)[0], $etag, 'with another tag');

my $gzip = "Accept-Encoding: br, gzip\r\n";
($status, $head, $plain) = $web->request('GET', '/v1/jobs');
($status, $head, $body) = $web->request('GET', '/v1/jobs', head => $gzip);
like($head, qr/^Content-Encoding: gzip\r?$/m, 'compressed');
cmp_ok(length $body, '<', length($plain) / 3, 'which is less');
gunzip(\$body => \my $text);
is($text, $plain, 'of the same');
is(($head =~ /^Content-Length: (\d+)/m)[0], length $body, 'of that length');
(undef, $head) = $web->request('HEAD', '/v1/jobs', head => $gzip);
is(($head =~ /^Content-Length: (\d+)/m)[0], length $body, 'HEAD says so, too');
(undef, $head) = $web->request('GET', '/v1/nodes', head => $gzip);
unlike($head, qr/^Content-Encoding/m, 'what is short is not compressed');

for my $body ('{}', '') {
	my $length = length $body;
	my $socket = $web->socket;
	print $socket "POST /v1/jobs/job2/run HTTP/1.1\r\nHost: x\r\n"
	    . "Origin: http://x\r\n"
	    . "Connection: close\r\nContent-Length: $length\r\n"
	    . "Content-Type: application/x-www-form-urlencoded\r\n\r\n$body";
	local $/;
	like(scalar <$socket>, qr{\AHTTP/1\.1 415 }, "a form of $length bytes");
}
is(scalar @{ $d->json('history', 'job2') }, 0, 'starts nothing');
is(($d->belfry('reload'))[0], 0, 'what the command sends is none');
($status, $head) = $web->request('GET', '/v1/none');
like($head, qr/^Cache-Control: no-store\r?$/m, 'errors are not kept');
unlike($head, qr/^ETag/m, 'and have no tag');
$d->finish;
done_testing;
