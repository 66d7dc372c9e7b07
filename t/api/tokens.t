# Tokens: made, shown, revoked; what each role may do; who fails too often.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use POSIX ();
use Belfry;
use Curl;

my $port = Curl::free_port();
my $d = Belfry->new(conf => "[api]\nlisten = 0.0.0.0:$port\n"
    . "tokens = tokens\n",
    jobs => { 'a.ini' => "[job hello]\ncommand = echo hello\n" });
my $c = Curl->new($d);
my $url = "http://127.0.0.1:$port";

# Nobody is let in from other machines before there is a token.
my ($rc, $out, $err) = $d->command($Belfry::DAEMON, '-f', '-c',
    $d->path('belfry.conf'));
is($rc, 1, 'no start without a token');
like($err, qr/other machines reach 0.0.0.0:$port, .*belfry token add NAME/,
    'and what to do');

sub make {
	my (@args) = @_;
	my ($rc, $out, $err) = $d->belfry('token', 'add', @args);
	is($rc, 0, "token add @args") or diag $err;
	chomp $out;
	return $out;
}
my %token = map { $_ => make($_, '--role', $_) } qw(viewer operator admin);
like($token{viewer}, qr/\Aviewer\.[\w-]{43}\z/, 'a token');
my ($mode) = (stat $d->path('tokens'))[2];
is($mode & 0777, 0600, 'the file is one\'s own');
my $text = $d->read('tokens');
like($text, qr/^viewer viewer - \$y\$\S+$/m, 'a hash is kept');
for my $token (values %token) {
	my ($secret) = $token =~ /\.(.*)/;
	unlike($text, qr/\Q$secret\E/, 'not the token');
}

$d->start;
# route => [viewer, operator, admin]
my %routes = (
    'GET /v1/status' => [200, 200, 200],
    'GET /v1/jobs/hello' => [200, 200, 200],
    'GET /v1/runs' => [200, 200, 200],
    'POST /v1/jobs/hello/run' => [403, 202, 202],
    'POST /v1/jobs/hello/pause' => [403, 200, 200],
    'POST /v1/jobs/hello/resume' => [403, 200, 200],
    'POST /v1/runs/none/kill' => [403, 404, 404],
    'POST /v1/reload' => [403, 403, 200],
);
for my $route (sort keys %routes) {
	my ($method, $path) = split / /, $route;
	my @got = map { $c->status('-X', $method, "$url$path",
	    $c->token($token{$_})) } qw(viewer operator admin);
	is("@got", "@{ $routes{$route} }", $route);
	is($c->status('-X', $method, "$url$path"), 401,
	    'not without a token, for root neither');
}
my ($status, $body, $head) = $c->get("$url/v1/status");
like($head, qr/^WWW-Authenticate: Bearer\r?$/m, 'asks for one');
($status, $body) = $c->get("$url/v1/reload", '-X', 'POST',
    $c->token($token{viewer}));
like($body, qr/needs the role admin; token viewer has the role viewer/,
    'says what is missing');
is($c->status("$url/healthz"), 200, 'healthy without one');
is($c->status("$url/v1/status", '-H', 'Host: belfry.example',
    $c->token($token{viewer})), 200, 'under any name');
is($c->status("$url/v1/status", '-H', 'Authorization: Basic eDp5'), 401,
    'no passwords');

# The command.
($rc, $out, $err) = $d->command($Belfry::BELFRY, '-H', $url, 'list');
is($rc, 1, 'belfry -H without a token');
like($err, qr/give one with --token-file or BELFRY_TOKEN/, 'and how to');
{
	local $ENV{BELFRY_TOKEN} = $token{operator};
	($rc, $out) = $d->command($Belfry::BELFRY, '-H', $url, 'list');
	is($rc, 0, 'with one in the environment');
	($rc, $out, $err) = $d->command($Belfry::BELFRY, '-H', $url, 'reload');
	is($rc, 1, 'that may not reload');
	like($err, qr/needs the role admin/, 'says so');
}
$d->write('token', "$token{admin}\n");
chmod 0600, $d->path('token');
($rc) = $d->command($Belfry::BELFRY, '-H', $url, '--token-file',
    $d->path('token'), 'reload');
is($rc, 0, 'in a file');
chmod 0644, $d->path('token');
($rc, $out, $err) = $d->command($Belfry::BELFRY, '-H', $url, '--token-file',
    $d->path('token'), 'reload');
is($rc, 2, 'that others can read');
like($err, qr/chmod 600/, 'is refused');
($rc, $out, $err) = $d->command($Belfry::BELFRY, '-H', $url, '--token-file',
    $d->path('none'), 'list');
is($rc, 2, 'or is not there');

# Lists, revokes.
($rc, $out) = $d->belfry('token', 'list');
like($out, qr/^NAME +ROLE +EXPIRES \(\S+\)$/m, 'a list');
like($out, qr/^operator +operator +-$/m, 'of tokens');
is_deeply([sort map { $_->{name} } @{ $d->json('token', 'list') }],
    [qw(admin operator viewer)], 'as JSON');
($rc, $out, $err) = $d->belfry('token', 'add', 'viewer');
is($rc, 1, 'one of that name is there');
($rc) = $d->belfry('token', 'revoke', 'operator');
is($rc, 0, 'revoked');
is($c->status("$url/v1/status", $c->token($token{operator})), 401,
    'at once, in the daemon that runs');
($rc) = $d->belfry('token', 'revoke', 'operator');
is($rc, 1, 'but once');
my $again = make('operator', '--role', 'operator');
is($c->status("$url/v1/status", $c->token($again)), 200, 'a new one');
is($c->status("$url/v1/status", $c->token($token{operator})), 401,
    'is not the old one');
my $short = make('short', '--expires', '1ms');
is($c->status("$url/v1/status", $c->token($short)), 401, 'expired');
for (['add'], ['add', 'a b'], ['add', 'x', '--role', 'king'], ['eat', 'x'],
    ['add', 'x', '--expires', 'soon'], ['revoke'], []) {
	($rc) = $d->belfry('token', @$_);
	is($rc, 2, "usage: token @$_");
}

# Who gets an answer without an end gets no more of it.
my $seer = make('seer');
$d->job('b.ini', "[job long]\ncommand = while :; do echo x; sleep 0.1; done\n");
is($c->status("$url/v1/reload", '-X', 'POST', $c->token($token{admin})), 200,
    'reload');
my $long = $d->run('long');
my @streams = map {
	my $path = $_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDOUT, '>>', $d->path('streams'));
		open(STDERR, '>&', \*STDOUT);
		exec 'curl', '-sSN', $c->token($seer), "$url$path"
		    or POSIX::_exit(127);
	}
	$pid;
} "/v1/runs/$long/output?follow=1", '/v1/events';
$d->wait_for('both to begin', sub {
	($d->read('streams') // '') =~ /^x$/m && $d->read('streams') =~ /^id: /m;
});
$d->belfry('token', 'revoke', 'seer');
for my $pid (@streams) {
	$d->wait_for('the stream to end',
	    sub { waitpid($pid, POSIX::WNOHANG()) == $pid });
}
pass('streams end when their token is revoked');
is($c->status("$url/v1/runs/$long/kill", '-X', 'POST',
    $c->token($token{admin})), 202, 'kill');

# A line that is none is left out, and told of; the others count.
$d->write('tokens.new', "nonsense\n" . $d->read('tokens'));
chmod 0600, $d->path('tokens.new');
rename $d->path('tokens.new'), $d->path('tokens');
is($c->status("$url/v1/reload", '-X', 'POST', $c->token($token{admin})), 200,
    'a file that was exchanged');
$d->wait_for('the log to say so',
    sub { $d->log =~ /tokens, line 1: a line is NAME ROLE EXPIRES HASH/ });
is($c->status("$url/v1/status", $c->token($token{viewer})), 200,
    'the other lines count');

# Whoever guesses is slowed down, who has shown a good token is not.
my %seen;
$seen{ $c->status("$url/v1/status", $c->token("admin.guess$_")) }++
    for 1 .. 20;
cmp_ok($seen{429} // 0, '>', 0, 'guessing is throttled');
is($seen{200}, undef, 'and in vain');
is($c->status("$url/v1/status", $c->token($token{admin})), 200,
    'who was known goes on');

$d->finish;
done_testing;
