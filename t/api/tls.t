# TLS: certificate and key, new ones by a reload, certificates of clients.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Belfry;
use Curl;
use IO::Socket::INET;
use Tls;

my $tls = Tls->new;
$tls->make('server', 'IP:127.0.0.1');
$tls->make('second', 'IP:127.0.0.1');
$tls->make($_, "DNS:$_") for qw(ann bob);
$tls->authority('stranger');
my $port = Curl::free_port();
my $d = Belfry->new(conf => <<"END", jobs => {
[api]
listen = 127.0.0.1:$port
tokens = tokens
tls-cert = server.pem
tls-key = server.key
tls-client-ca = ca.pem
operators = bob
END
	'a.ini' => "[job hello]\ncommand = echo hello\n" });

sub take {
	my ($name, $as) = @_;
	system('cp', $tls->path($name), $d->path($as)) == 0 or die;
}
take('server.pem', 'server.pem');
take('server.key', 'server.key');
take('ca.pem', 'ca.pem');
my ($rc, $token) = $d->belfry('token', 'add', 'root', '--role', 'admin');
chomp $token;
$d->start;

my $c = Curl->new($d);
my $url = "https://127.0.0.1:$port";
my @ca = ('--cacert', $tls->path('ca.pem'));
my @token = $c->token($token);
is($c->status("$url/v1/status", @ca, @token), 200, 'by TLS');
is($c->status("$url/v1/status", @ca, @token, '--tls-max', '1.2'), 200,
    'TLS 1.2');
is($c->status("$url/v1/status", @ca, @token, '--tls-max', '1.1'), 0,
    'nothing older');
is($c->status("$url/v1/status", @token), 0, 'a client that does not know it');
is($c->status("http://127.0.0.1:$port/v1/status", @token), 0,
    'nothing without it');
my ($status, $body, $head) = $c->get("$url/nothing", @ca, '--http1.0');
is($status, 404, 'HTTP/1.0, and closed');
($status, $body) = $c->get("$url/v1/jobs/hello/run", @ca, @token, '-X',
    'POST', '-H', 'Content-Type: application/json', '-H', 'Expect:',
    '-d', '{' . ' ' x 60000 . '}');
is($status, 202, 'a large body');
$d->write('large', 'x' x 2000000);
is($c->status("$url/v1/jobs/hello/run", @ca, @token, '-H', 'Expect:',
    '--data-binary', '@' . $d->path('large')), 413,
    'one that is too large hears so');
{
	local $ENV{BELFRY_TOKEN} = $token;
	my ($rc, $out, $err) = $d->command($Belfry::BELFRY, '-H', $url,
	    '--ca-file', $tls->path('ca.pem'), 'run', '--wait', 'hello');
	is($rc, 0, 'belfry -H https:// follows a run') or diag $err;
	is($out, "hello\n", 'and its output');
	($rc) = $d->command($Belfry::BELFRY, '-H', $url, 'list');
	is($rc, 3, 'not when nobody vouches for it');
}

# What is sent before a handshake is no request, and costs nothing.
for my $bytes ("GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01" . "\xff" x 5000,
    "\0" x 100) {
	my $s = IO::Socket::INET->new("127.0.0.1:$port") or die "connect: $!";
	syswrite $s, $bytes;
	1 while sysread $s, my $some, 4096;
	is($c->status("$url/healthz", @ca), 200, 'goes on after no handshake');
}

# Users by certificate.
sub as { return ('--cert', $tls->path("$_[0].pem"), '--key',
    $tls->path("$_[0].key")) }
($status, $body) = $c->get("$url/v1/session", @ca, as('ann'));
is($body, '{"who":"user ann","role":"viewer","from":"127.0.0.1"}',
    'a user by certificate');
is($c->status("$url/v1/jobs/hello/run", @ca, as('ann'), '-X', 'POST'), 403,
    'is a viewer');
is($c->status("$url/v1/jobs/hello/run", @ca, as('bob'), '-X', 'POST'), 202,
    'or what the configuration says');
is($c->status("$url/v1/status", @ca), 401, 'without one, a token is needed');
is($c->status("$url/v1/status", @ca, as('stranger')), 0,
    'one that nobody vouches for');
is($c->status("$url/v1/session", @ca, as('ann'), @token), 200, 'and a token');

# A new certificate.
sub serial {
	my $text = `openssl s_client -connect 127.0.0.1:$port </dev/null 2>/dev/null | openssl x509 -noout -subject`;
	return $text;
}
like(serial(), qr/CN = server/, 'the first certificate');
take('second.pem', 'server.pem');
take('second.key', 'server.key');
is($c->status("$url/v1/reload", @ca, @token, '-X', 'POST'), 200, 'reload');
like(serial(), qr/CN = second/, 'takes a new one');
take('server.pem', 'server.pem');
is($c->status("$url/v1/reload", @ca, @token, '-X', 'POST'), 200, 'reload');
$d->wait_for('the log to say so',
    sub { $d->log =~ /tls-key: .*; the certificate before stays/ });
like(serial(), qr/CN = second/, 'not one that has another key');
take('server.key', 'server.key');
chmod 0644, $d->path('server.key');
$c->status("$url/v1/reload", @ca, @token, '-X', 'POST');
$d->wait_for('the log to say so', sub { $d->log =~
    /tls-key \S+ can be read or written by others; chmod 640 it/ });
like(serial(), qr/CN = second/, 'nor a key that others can read');
chmod 0600, $d->path('server.key');

# A process that is started again has it too.
kill 'KILL', $d->processes->{api}[0];
$d->wait_for('the api to be back',
    sub { $c->status("$url/healthz", @ca) == 200 });
like(serial(), qr/CN = server/, 'after a crash, what is there by then');
is($d->stop >> 8, 0, 'stops');

# What cannot be begun with.
my %wrong = (
    'no such file' => [sub { unlink $d->path('server.pem') },
	qr/tls-cert: cannot open \S+server.pem: No such file/],
    'no certificate' => [sub { $d->write('server.pem', "x\n") },
	qr/tls-cert: /],
    'no key' => [sub { take('server.pem', 'server.pem');
	$d->write('server.key', "x\n") }, qr/tls-key: /],
    'the key of another' => [sub { take('second.key', 'server.key') },
	qr/tls-key: key values mismatch/],
    'nobody who vouches' => [sub { take('server.key', 'server.key');
	$d->write('ca.pem', "x\n") }, qr/tls-client-ca: /],
);
for my $name ('no such file', 'no certificate', 'no key',
    'the key of another', 'nobody who vouches') {
	my ($break, $says) = @{ $wrong{$name} };
	$break->();
	chmod 0600, $d->path('server.key');
	my ($rc, undef, $err) = $d->command($Belfry::DAEMON, '-f', '-c',
	    $d->path('belfry.conf'));
	is($rc, 1, "no start with $name");
	like($err, $says, 'and why');
}
my %together = (
    "tls-cert = a\n" => qr/belfry.conf:\d+: error: tls-cert needs its key/,
    "tls-key = a\n" => qr/belfry.conf:\d+: error: tls-key needs its certificate/,
    "tls-client-ca = a\n" => qr/belfry.conf:\d+: error: tls-client-ca needs TLS/,
);
for my $keys (sort keys %together) {
	$d->conf("[api]\n$keys");
	my ($rc, $out, $err) = $d->command($Belfry::DAEMON, '-t', '-c',
	    $d->path('belfry.conf'));
	is($rc, 2, 'refused');
	like("$out$err", $together{$keys}, 'and why');
}

$d->finish;
done_testing;
