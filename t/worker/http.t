# http jobs against a server that answers as it likes: what the run's outcome,
# exit code, reason and output are then.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use HttpJob;
use Httpd;

my ($h, $d) = (Httpd->new, HttpJob::drive());

# What is right.
my ($done, $out) = request('GET ' . $h->url('/ok'));
is("$done->{outcome} $done->{exit_code} $done->{reason}", 'success 0 ',
    'a good answer');
is($out, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
    . "Content-Length: 6\r\n\r\nhello\n", 'head and body are the output');
is($h->last_request, "GET /ok HTTP/1.1\r\nHost: 127.0.0.1:$h->{port}\r\n"
    . "User-Agent: belfry/0.1.0\r\nAccept: */*\r\n\r\n", 'nothing else is sent');
request($h->url('/ok'));
like($h->last_request, qr{^GET /ok }, 'GET is what is meant');
($done, $out) = request('GET ' . $h->url('/bytes'));
like($out, qr/\r\n\r\na\0b\xff\xfe\r\nend\z/, 'any bytes');

# Methods and bodies.
request('POST ' . $h->url('/ok'), 'http-body' => '{"a": 1}',
    'http-header' => ['Content-Type: application/json', 'X-Two:  b ', 'X-Empty:']);
like($h->last_request, qr{^POST /ok HTTP/1.1\r\n.*Content-Type: application/json\r\nX-Two:  b ?\r\nX-Empty:\r\nContent-Length: 8\r\n\r\n\{"a": 1\}\z}s, 'POST');
request($h->url('/ok'), 'http-body' => 'b');
like($h->last_request, qr{^POST (?!.*Content-Type)}s,
    'a body makes it a POST, of no type that nobody named');
for my $method (qw(PUT PATCH DELETE GET REPORT)) {
	request("$method " . $h->url('/ok'), 'http-body' => 'some body');
	like($h->last_request, qr{^$method /ok .*Content-Length: 9\r\n.*some body\z}s,
	    "$method with a body");
	request("$method " . $h->url('/ok'));
	like($h->last_request, qr{^$method /ok .*\r\n\r\n\z}s,
	    "$method without");
}
($done, $out) = request('HEAD ' . $h->url('/ok'));
is($done->{outcome}, 'success', 'HEAD');
unlike($out, qr/hello/, 'has a head and nothing else');
my $file = $d->file('body', "line\n\0\xff" x 50000);
request('POST ' . $h->url('/ok'), 'http-body-file' => $file);
is(($h->last_request =~ /\r\n\r\n(.*)\z/s)[0], "line\n\0\xff" x 50000,
    'a body from a file');
unlike($h->last_request, qr/^Expect/m, 'without waiting for leave');
request('PUT ' . $h->url('/ok'), 'http-body-file' => $d->file('empty', ''));
like($h->last_request, qr{^PUT .*Content-Length: 0\r\n}s, 'an empty file');
ends('a body file that is missing', ['POST ' . $h->url('/ok'),
    'http-body-file' => '/nonexistent/body'], 'launch-failed', -1,
    qr{^http-body-file: cannot open /nonexistent/body: No such file});
ends('one that is a directory', ['POST ' . $h->url('/ok'),
    'http-body-file' => '/etc'], 'launch-failed', -1,
    qr{^http-body-file: /etc is not a regular file});

# Variables, escaped as their place needs it.
my @env = (env => ["BELFRY_PARAM_x=a b&c=\"d\"/\xc3\xa9", 'EMPTY=']);
request('GET ' . $h->url('/ok/${BELFRY_PARAM_x}?q=1#part'), @env,
    'http-query' => ['one=${BELFRY_PARAM_x}', 'two=x y', 'e=${EMPTY}']);
like($h->last_request, qr{^GET /ok/a%20b%26c%3D%22d%22%2F%C3%A9\?q=1&one=a%20b%26c%3D%22d%22%2F%C3%A9&two=x%20y&e= HTTP}, 'in path and query');
request('POST ' . $h->url('/ok'), @env, 'http-body' =>
    '{"x": "${BELFRY_PARAM_x:json}", "y": "${NO:-default}", "z": "$${x} $5"}',
    'http-header' => 'X-It: ${BELFRY_PARAM_x:raw}');
like($h->last_request, qr{\{"x": "a b&c=\\"d\\"/\xc3\xa9", "y": "default", "z": "\$\{x\} \$5"\}\z}, 'in a body');
like($h->last_request, qr{^X-It: a b&c="d"/\xc3\xa9\r\n}m, 'in a header');
ends('a variable that is missing', ['GET ' . $h->url('/ok?${NO}')],
    'launch-failed', -1, qr/^http: the variable NO is not set/);
my $before = () = $h->requests;
ends('a line break in a header', ['GET ' . $h->url('/ok'),
    env => ["X=a\r\nInjected: yes"], 'http-header' => 'X-It: ${X}'],
    'launch-failed', -1, qr/^http-header X-It: .*line break/);
ends('a host that a variable changes', ['GET http://${X:raw}/ok',
    env => ['X=a@127.0.0.1']], 'launch-failed', -1, qr/a user or a password/);
ends('another protocol in a variable', ['GET ${X:raw}',
    env => ['X=file:///etc/passwd']], 'launch-failed', -1,
    qr/^http: write a URL like/);
is(scalar(() = $h->requests), $before, 'none of these was sent');

# What is expected.
ends('status 500', [$h->url('/status/500')], 'failure', 105,
    qr/^the status is 500, expected 2xx$/,
    qr/\r\n\r\nbody\nbelfry: the status is 500, expected 2xx\n\z/);
ends('status 404', [$h->url('/status/404')], 'failure', 104, qr/^the status is 404/);
ends('status 404, expected', [$h->url('/status/404'),
    'http-expect-status' => '200 404-410'], 'success', 0, qr/^$/);
ends('200, not expected', [$h->url('/ok'), 'http-expect-status' => '3xx 404'],
    'failure', 102, qr/^the status is 200, expected 3xx 404$/);
ends('its code may be a success', [$h->url('/status/404'), success => 104],
    'success', 104, qr/^$/);
ends('the body', [$h->url('/ok'), 'http-expect-body' => '^hel+o$'],
    'success', 0, qr/^$/);
ends('another body', [$h->url('/ok'), 'http-expect-body' => '^goodbye'],
    'failure', 110, qr/^the body does not match http-expect-body$/);
ends('behind a NUL byte', [$h->url('/bytes'), 'http-expect-body' => 'end$'],
    'success', 0, qr/^$/);
ends('too far behind', [$h->url('/big/2'), 'http-expect-body' => 'never'],
    'failure', 110, qr/^the first megabyte of the body does not match/);

# Redirects.
ends('a redirect', [$h->url('/hops/3')], 'failure', 103,
    qr/^the status is 302, expected 2xx; redirects are followed with http-follow/);
ends('as many as allowed', [$h->url('/hops/3'), 'http-follow' => 3],
    'success', 0, qr/^$/, qr{^(HTTP/1.1 302.*?){3}HTTP/1.1 200.*arrived\n\z}s);
ends('one more', [$h->url('/hops/3'), 'http-follow' => 2], 'failure', 47,
    qr/^failed: Maximum \(2\) redirects followed/);
ends('a loop', [$h->url('/loop'), 'http-follow' => 10], 'failure', 47,
    qr/redirects/);
ends('to a file', [$h->url('/to/302?file:///etc/passwd'), 'http-follow' => 5],
    'failure', 1, qr/^failed: Protocol "file" (not supported or )?disabled/i);
my $other = Httpd->new;
request($h->url('/to/302?' . $other->url('/ok')), 'http-follow' => 1,
    'http-user' => 'u', 'http-password' => 'secret',
    'http-header' => ['Cookie: secret=1', 'X-Own: 1']);
like($h->last_request, qr/^Authorization: Basic dTpzZWNyZXQ=\r\nCookie:|Cookie: secret=1/m,
    'who is asked gets password and cookie');
like($other->last_request, qr{^GET /ok }, 'another server is asked');
unlike($other->last_request, qr/^(Authorization|Cookie)/mi,
    'and gets neither');
request($h->url('/to/303?/ok'), 'http-follow' => 1, 'http-body' => 'b');
like($h->last_request, qr{^GET /ok .*\r\n\r\n\z}s, '303 after POST is a GET');
request('POST ' . $h->url('/to/307?/ok'), 'http-follow' => 1, 'http-body' => 'b');
like($h->last_request, qr{^POST /ok .*\r\n\r\nb\z}s, '307 sends it again');
request('PUT ' . $h->url('/to/308?/ok'), 'http-follow' => 1, 'http-body' => 'put');
like($h->last_request, qr{^PUT /ok .*\r\n\r\nput\z}s, '308 also a PUT');

# Who logs in.
ends('no password', [$h->url('/basic')], 'failure', 104, qr/401/);
ends('a password', [$h->url('/basic'), 'http-user' => 'u',
    'http-password' => '${P}', env => ['P=s3cret']], 'success', 0, qr/^$/);
like($h->last_request, qr/^Authorization: Basic dTpzM2NyZXQ=\r$/m, 'is sent');
my $secret = $d->file('secret', "s3cret\nrest\n", 0600);
ends('digest', [$h->url('/digest'), 'http-auth' => 'digest',
    'http-user' => 'u', 'http-password-file' => $secret], 'success', 0, qr/^$/);
ends('a token', [$h->url('/basic'), 'http-auth' => 'bearer',
    'http-password-file' => $secret], 'success', 0, qr/^$/);
like($h->last_request, qr/^Authorization: Bearer s3cret\r$/m, 'is the first line');
ends('a file for all to read', [$h->url('/basic'), 'http-auth' => 'bearer',
    'http-password-file' => $d->file('open', "x\n", 0644)],
    'launch-failed', -1, qr/others than its owner may use .*open; chmod 600/);
ends('a file that is missing', [$h->url('/basic'), 'http-auth' => 'bearer',
    'http-password-file' => '/nonexistent/x'], 'launch-failed', -1,
    qr{^http-password-file: cannot read /nonexistent/x: No such file});

# A proxy.
ends('a proxy', ['http://example.invalid/x', 'http-proxy' => $h->url('')],
    'success', 0, qr/^$/, qr{proxied http://example.invalid/x\n\z});
ends('none of the environment', [$h->url('/ok'),
    env => ['http_proxy=http://127.0.0.1:1', 'ALL_PROXY=http://127.0.0.1:1']],
    'success', 0, qr/^$/);

# As another user: whose rights count for which file.
SKIP: {
	skip 'only root is anybody', 9 if $> != 0;
	my @user = (uid => 65534, gid => 65534);
	my $theirs = $d->file('theirs', "their body\n", 0600);
	chown 65534, 65534, $theirs;
	my @post = ('POST ' . $h->url('/ok'), @user);
	ends('a body of the user\'s', [@post, 'http-body-file' => $theirs],
	    'success', 0, qr/^$/);
	like($h->last_request, qr/their body\n\z/, 'is sent');
	ends('one of root\'s', [@post, 'http-body-file' => $secret],
	    'launch-failed', -1, qr/^http-body-file: cannot open .*Permission denied/);
	ends('a password of root\'s', [@post, 'http-user' => 'u',
	    'http-password-file' => $secret], 'launch-failed', -1,
	    qr/^http-password-file: cannot read .*Permission denied/);
	ends('in a job of root\'s', [@post, 'http-user' => 'u', trusted => 1,
	    'http-password-file' => $secret], 'success', 0, qr/^$/);
}

$d->finish;
done_testing;
