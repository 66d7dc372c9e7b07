#!/usr/bin/perl
# The sample receivers: no errors, and what each of them sends is what its
# service takes, with any output of a job.
use strict;
use warnings;
use Belfry;
use Digest::SHA qw(hmac_sha256);
use Httpd;
use JSON::PP;
use Manual;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $d = Belfry->new;
my $h = Httpd->new;
my $dir = $d->dir;
my $sample = Manual::slurp('conf/notify.d/receivers.conf');
my @names = $sample =~ /^\[notify (\S+)\]/mg;
for my $service (qw(slack dingtalk wecom feishu teams)) {
	ok((grep { $_ eq $service } @names), "there is $service");
	$d->write("$service.url", $h->url("/ok/$service") . "\n");
	chmod 0600, $d->path("$service.url");
}
# A robot that signs.
my $secret = 'SEC0123456789abcdef';
$d->write('dingtalk-signed.url', $h->url('/ok/signed?access_token=x'
    . '&timestamp={dingtalk_time}&sign={dingtalk_sign}') . "\n");
$d->write('dingtalk.secret', "$secret\n");
chmod 0600, map { $d->path($_) } 'dingtalk-signed.url', 'dingtalk.secret';
$d->conf($sample);
my ($status, $out) = $d->belfry('check');
is($status, 0, 'belfry check') or diag($out);

$sample =~ s{/etc/belfry/}{$dir/}g;
$sample =~ s/^expect-body.*\n//mg;
$d->conf($sample);
# All that may break a text into which it is put.
$d->job('a.ini', <<'END');
[job a]
command = printf 'q " b \\ t \t c \001 <b> & {job} \303\274 \377 end\n'; false
notify = slack slack-short dingtalk dingtalk-signed wecom feishu teams
END
$d->start;
$d->finished($d->run('a'));
$d->wait_for('all of them', sub { grep({ /^POST/ } $h->requests) >= 7 });
my ($time, $sign) = map { m{^POST /ok/signed\?access_token=x&timestamp=(\d{13})&sign=([\w%.~-]+) } } $h->requests;
cmp_ok(abs($time / 1000 - time), '<', 600, 'the time of a signature');
is($sign =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger,
    encode_base64(hmac_sha256("$time\n$secret", $secret), ''),
    'and the signature');
my $tail = "q \" b \\ t \t c \x01 <b> & {job} \x{fc} \x{fffd} end";
my $slack = $tail =~ s/&/&amp;/r =~ s/</&lt;/r =~ s/>/&gt;/r;
my %text = (
	slack => sub { $_[0]{text} },
	dingtalk => sub { $_[0]{text}{content} },
	wecom => sub { $_[0]{text}{content} },
	feishu => sub { $_[0]{content}{text} },
	teams => sub { $_[0]{attachments}[0]{content}{body}[1]{text} },
);
for my $request ($h->requests) {
	my ($service) = $request =~ m{^POST /ok/(\w+) } or next;
	like($request, qr{^Content-Type: application/json\r$}m,
	    "$service: says that it is JSON");
	my $json = eval { decode_json($request =~ s/.*?\r\n\r\n//sr) };
	ok($json, "$service: is JSON") or diag($request);
	my $want = $service eq 'slack' ? $slack : $tail;
	like($text{$service}->($json), qr/\Q$want\E/,
	    "$service: has the output");
}
$d->finish;
done_testing;
