# Sessions of browsers, and users that a proxy names.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Belfry;
use Curl;
use JSON::PP;

my $port = Curl::free_port();
my $d = Belfry->new(conf => <<"END", jobs => {
[api]
listen = 127.0.0.1:$port
tokens = tokens
proxy = 127.0.0.2, 10.0.0.0/8
admins = carol
END
	'a.ini' => "[job hello]\ncommand = echo hello\n" });
my $c = Curl->new($d);
my $url = "http://127.0.0.1:$port";
my (undef, $token) = $d->belfry('token', 'add', 'ci', '--role', 'operator');
chomp $token;
$d->set_clock(time);
$d->start;

sub session {
	my ($status, $body) = $c->get("$url/v1/session", @_);
	return $status == 200 ? JSON::PP->new->decode($body) : $status;
}
sub cookie {
	my ($head) = @_;
	return $head =~ /^Set-Cookie: (belfry-session=[0-9a-f]+);/m ? $1 : '';
}

# By the form.
my ($status, $body, $head) = $c->get("$url/login");
is($status, 200, 'a page to log in');
like($body, qr/<label for="token">.*type="password"/s, 'with a form');
like($head, qr/^Content-Security-Policy: default-src 'none';/m,
    'that loads nothing');
($status, $body, $head) = $c->post("$url/login", '--data-urlencode',
    "token=$token");
is($status, 303, 'logged in');
like($head, qr{^Location: /\r?$}m, 'and led on');
like($head, qr/^Set-Cookie: .*; HttpOnly; SameSite=Strict; Max-Age=\d+\r?$/m,
    'a cookie that no script and no other site has');
my $cookie = cookie($head);
is(length $cookie, 15 + 48, 'of many random digits');
is_deeply(session('-b', $cookie), { who => 'token ci', role => 'operator',
    from => '127.0.0.1' }, 'is known from then on');
is($c->status("$url/v1/jobs/hello/run", '-X', 'POST', '-b', $cookie), 202,
    'runs a job');
is($c->status("$url/v1/jobs/hello/run", '-X', 'POST', '-b',
    "a=b; $cookie; c=d", '-H', "Origin: $url"), 202, 'from our page');
for (['-H', 'Origin: http://evil.example'],
    ['-H', "Origin: $url", '-H', 'Sec-Fetch-Site: same-site']) {
	is($c->status("$url/v1/jobs/hello/run", '-X', 'POST', '-b', $cookie,
	    @$_), 403, "not from another: $_->[-1]");
	is($c->status("$url/login", '-d', "token=$token", @$_), 403,
	    'nor is anybody logged in from there');
}
is($c->status("$url/v1/reload", '-X', 'POST', '-b', $cookie), 403,
    'does not do what its token may not');
for (['-d', 'token=ci.x'], ['-d', "token="]) {
	($status, $body, $head) = $c->post("$url/login", @$_);
	is($status, 401, 'a bad token');
	like($body, qr/role="alert"/, 'is told of');
	is(cookie($head), '', 'and gets nothing');
}
for (['-d', 'x=y'], ['-d', 'token=%zz'],
    ['-H', 'Content-Type: text/plain', '-d', "token=$token"]) {
	is($c->status("$url/login", @$_), 400, "no form: $_->[-1]");
}
is($c->status("$url/login", '-X', 'PUT'), 405, 'nothing else');

# By the API.
my @json = ('-H', 'Content-Type: application/json');
($status, $body, $head) = $c->get("$url/v1/session", @json, '-d',
    qq({"token":"$token"}));
is($status, 200, 'a session by the API');
like($body, qr/"role":"operator"/, 'tells the role');
my $second = cookie($head);
isnt($second, $cookie, 'has a cookie of its own');
is($c->status("$url/v1/session", @json, '-d', '{"token":"ci.no"}'), 401,
    'not with a bad token');
is($c->status("$url/v1/session", '-X', 'DELETE', '-b', $second), 200, 'ended');
is(session('-b', $second), 401, 'is not known any more');
is(session('-b', $cookie)->{role}, 'operator', 'the other one is');
is(session('-b', 'belfry-session=' . '0' x 48), 401, 'not made up');
is(session('-b', 'belfry-session=' . '0' x 4000), 401, 'nor long');

# It lasts over restarts of the api and of all, and nothing of it is readable.
my ($api) = @{ $d->processes->{api} };
kill 'KILL', $api;
$d->wait_for('another api', sub {
	my $now = eval { $d->processes->{api}[0] } // $api;
	return $now != $api && $c->status("$url/v1/session") == 401;
});
is(session('-b', $cookie)->{role}, 'operator', 'with another api process');
is(session('-b', $second), 401, 'one that has ended stays so');
$d->stop;
$d->start;
is(session('-b', $cookie)->{role}, 'operator', 'with another daemon');
my $file = $d->read('state/sessions');
is((stat $d->path('state/sessions'))[2] & 0777, 0600, 'its file is ours');
ok(index($file, $_) == -1, 'and has neither cookie nor token')
    for substr($cookie, 20, 20), $token =~ s/.*\.//r;

# What the file cannot tell is nobody's.
$d->stop;
$d->write('state/sessions', 'x' x length $file);
$d->start;
is(session('-b', $cookie), 401, 'a file that was overwritten');
$cookie = cookie(($c->post("$url/login", '--data-urlencode',
    "token=$token"))[2]);
is(session('-b', $cookie)->{role}, 'operator', 'is used again');

# Not for ever, and not unused.
$d->step_clock(11 * 3600);
is(session('-b', $cookie)->{role}, 'operator', 'after 11 hours');
$d->stop;
$d->start;
$d->step_clock(11 * 3600);
is(session('-b', $cookie)->{role}, 'operator', 'again 11 hours later');
$d->step_clock(13 * 3600);
is(session('-b', $cookie), 401, 'not after 13 hours unused');
$cookie = cookie(($c->post("$url/login", '--data-urlencode',
    "token=$token"))[2]);
for (1 .. 16) {
	$d->step_clock(10 * 3600);
	last if !ref session('-b', $cookie);
}
is(session('-b', $cookie)->{role}, 'operator', 'used for 160 hours');
$d->step_clock(10 * 3600);
is(session('-b', $cookie), 401, 'but not after a week');

$cookie = cookie(($c->post("$url/login", '--data-urlencode',
    "token=$token"))[2]);
$d->belfry('token', 'revoke', 'ci');
is(session('-b', $cookie), 401, 'ends with its token');

# A trusted proxy is at an address of its own.
my @proxy = ('--interface', '127.0.0.2');
is_deeply(session(@proxy, '-H', 'X-Forwarded-User: ann', '-H',
    'X-Forwarded-For: 192.0.2.9, 192.0.2.7'), { who => 'user ann',
    role => 'viewer', from => '192.0.2.7' }, 'its user, from where it says');
is(session(@proxy, '-H', 'X-Forwarded-User: carol')->{role}, 'admin',
    'and their role');
is($c->status("$url/v1/reload", '-X', 'POST', @proxy, '-H',
    'X-Forwarded-User: carol', '-H', 'Origin: https://belfry.example', '-H',
    'X-Forwarded-Host: belfry.example'), 200, 'under its name');
is(session('-H', 'X-Forwarded-User: carol'), 401, 'not from anybody else');
is(session(@proxy), 401, 'nobody without a name');
is(session(@proxy, '-H', 'X-Forwarded-User: ann', '-H',
    'X-Forwarded-User: carol'), 400, 'not two');
is(session(@proxy, '-H', 'X-Forwarded-User: a b'), 400, 'nor what is none');

$d->finish;
done_testing;
