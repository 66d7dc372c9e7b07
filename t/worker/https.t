# http jobs with TLS: whom they trust, and how they show who they are.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use HttpJob;
use Httpd;
use Tls;

my $tls = Tls->new;
$tls->make('good', 'IP:127.0.0.1,DNS:localhost');
$tls->make('other', 'DNS:other.example');
$tls->make('old', 'IP:127.0.0.1', -20, -10);
$tls->make('client', 'DNS:client');
$tls->authority('stranger');
my ($good, $other, $old) = map { $tls->serve($_) } qw(good other old);
my $strict = $tls->serve('good', '-Verify', 1, '-verify_return_error',
    '-CAfile', 'ca.pem');
# What the daemon's environment says of libraries is not the jobs' business.
my $conf = $tls->path('openssl.cnf');
Drive::spew($conf, <<'END');
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = none
[none]
MinProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_CCM_8_SHA256
END
my $h = Httpd->new;
my $d = HttpJob::drive(prefix => ['env', "OPENSSL_CONF=$conf"]);
my @ca = ('http-ca-file' => $tls->path('ca.pem'));

sub url { "https://127.0.0.1:$_[0]/" }

ends('a certificate of its own CA', [url($good), @ca], 'success', 0, qr/^$/,
    qr{^HTTP/1.0 200 ok\r\n}i);
ends('nobody knows that CA', [url($good)], 'failure', 60,
    qr/^failed in the TLS handshake: .*unable to get local issuer certificate/);
ends('another CA', [url($good), 'http-ca-file' => $tls->path('stranger.pem')],
    'failure', 60, qr/^failed in the TLS handshake: .*issuer certificate/);
ends('the certificate of another host', [url($other), @ca], 'failure', 60,
    qr/^failed in the TLS handshake: .*127.0.0.1/);
ends('one that has expired', [url($old), @ca], 'failure', 60,
    qr/^failed in the TLS handshake: .*certificate has expired/);
ends('whatever it is', [url($_), 'http-verify' => 'no'], 'success', 0, qr/^$/)
    for $good, $other, $old;
ends('no such CA file', [url($good), 'http-ca-file' => '/nonexistent/ca'],
    'failure', 77, qr{/nonexistent/ca});

ends('the pinned key', [url($good), @ca, 'http-pinned-key' => $tls->pin('good')],
    'success', 0, qr/^$/);
ends('one of two', [url($good), @ca, 'http-pinned-key' =>
    $tls->pin('old') . ';' . $tls->pin('good')], 'success', 0, qr/^$/);
ends('another key', [url($good), @ca, 'http-pinned-key' => $tls->pin('other')],
    'failure', 90, qr/public key does not match pinned public key/i);
ends('also when nothing else counts', [url($good), 'http-verify' => 'no',
    'http-pinned-key' => $tls->pin('other')], 'failure', 90, qr/pinned/);

my @client = ('http-cert' => $tls->path('client.pem'),
    'http-key' => $tls->path('client.key'));
my ($done) = request(url($strict), @ca);
is($done->{outcome}, 'failure', 'a server that wants a certificate');
like($done->{reason}, qr/certificate required|handshake failure|alert/,
    'says so');
ends('our certificate', [url($strict), @ca, @client], 'success', 0, qr/^$/);
ends('in one file', [url($strict), @ca, 'http-cert' => $tls->path('client.both')],
    'success', 0, qr/^$/);
ends('a key of another', [url($strict), @ca,
    'http-cert' => $tls->path('client.pem'), 'http-key' => $tls->path('old.key')],
    'failure', 58, qr/private key/);
ends('a certificate that is not there', [url($strict), @ca,
    'http-cert' => '/nonexistent/c'], 'failure', 58, qr{/nonexistent/c});
$tls->openssl("pkey -aes128 -passout pass:x -in client.key -out locked.key");
ends('a key with a password, which nobody is asked for', [url($strict), @ca,
    'http-cert' => $tls->path('client.pem'),
    'http-key' => $tls->path('locked.key')], 'failure', 58, qr/locked\.key/,
    qr/\Abelfry: /);

ends('no TLS there', [$h->url('/silent') =~ s/^http/https/r,
    'http-connect-timeout' => '300ms'], 'timeout', 28,
    qr/^timed out in the TLS handshake \(http-connect-timeout = 300ms\)/);
my ($proxied, $out) = request(url($good), @ca, 'http-proxy' => $h->url(''));
is($proxied->{outcome}, 'success', 'through a proxy');
like($h->last_request, qr/^CONNECT 127.0.0.1:$good /, 'which makes a tunnel');
unlike($out, qr/X-Proxy/, 'and whose own answer is nobody\'s');
$d->finish;
done_testing;
