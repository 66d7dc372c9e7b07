# [api] listen: the same calls over TCP, for those who may within the machine.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use IO::Socket::INET;
use POSIX ();
use Belfry;

sub free_port {
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
	    ReuseAddr => 1) or die "listen: $!";
	return $s->sockport;
}

my ($port, $second) = (free_port(), free_port());
my $d = Belfry->new(conf => "[api]\nlisten = 127.0.0.1:$port, [::1]:$second\n",
    jobs => { 'a.ini' => "[job hello]\ncommand = echo hello\n" })->start;
my $url = "http://127.0.0.1:$port";

# (status, body) of a request by curl.
sub curl {
	my (@args) = @_;
	my ($rc, $out, $err) = $d->command('curl', '-sS', '--max-time', 30, '-w',
	    '\n%{http_code}', @args);
	die "curl @args: $rc $err" if $rc;
	my ($body, $status) = $out =~ /\A(.*)\n(\d+)\z/s or die "curl: $out";
	return ($status, $body);
}
sub status { return (curl(@_))[0] }

is(status("$url/healthz"), 200, 'healthy');
like((curl("$url/v1/status"))[1], qr/"state":"running"/, 'status by TCP');
is(status("http://[::1]:$second/v1/status"), 200, 'on all addresses');
is(status("http://localhost:$port/v1/status"), 200, 'by its name');
is(status('-X', 'POST', "$url/v1/jobs/hello/run"), 202, 'runs a job');
is(status('-X', 'POST', "$url/v1/reload"), 200, 'an admin\'s');
my ($rc, $out) = $d->belfry('-H', $url, 'list');
like($out, qr/^hello /m, 'belfry -H');

# Under another name it may be a page that the browser was led to.
is(status('-H', 'Host: evil.example', "$url/v1/status"), 401,
    'not under a name of another site');
is(status('-H', 'Host: 127.0.0.1.evil.example', "$url/v1/status"), 401,
    'that looks like ours');
is(status('-H', 'Host: evil.example', "$url/healthz"), 200,
    'but healthy for everybody');
is(status('-H', 'X-Forwarded-For: 192.0.2.1', "$url/v1/status"), 401,
    'not passed on by a proxy');
for (['-H', 'Origin: http://evil.example'], ['-H', 'Origin: null'],
    ['-H', 'Sec-Fetch-Site: cross-site'],
    ['-H', "Origin: http://127.0.0.1:$second"]) {
	is(status('-X', 'POST', @$_, "$url/v1/jobs/hello/run"), 403,
	    "no change by a page of another site: $_->[1]");
}
is(status('-X', 'POST', '-H', "Origin: $url", '-H',
    'Sec-Fetch-Site: same-origin', "$url/v1/jobs/hello/run"), 202,
    'but by our own');

SKIP: {
	skip 'only root can be somebody else', 2 if $> != 0;
	# Asks as nobody, and closes before the answer when told to.
	my $as_nobody = sub {
		my ($bytes, $close) = @_;
		pipe(my $in, my $out) or die "pipe: $!";
		my $pid = fork // die "fork: $!";
		if ($pid == 0) {
			POSIX::setgid(65534);
			POSIX::setuid(65534);
			my $s = IO::Socket::INET->new("127.0.0.1:$port")
			    or POSIX::_exit(1);
			syswrite $s, $bytes;
			if ($close) {
				close $s;
			} else {
				sysread $s, my $answer, 4096;
				syswrite $out, $answer;
			}
			POSIX::_exit(0);
		}
		waitpid $pid, 0;
		close $out;
		local $/;
		return scalar(<$in>) // '';
	};
	my $head = "HTTP/1.1\r\nHost: localhost\r\n\r\n";
	like($as_nobody->("GET /v1/status $head"), qr{^HTTP/1.1 401 },
	    'not for other users');
	# The kernel says of a socket that is closed that it is root's.
	my $runs = () = $d->log =~ /request run by/g;
	my $api = $d->processes->{api}[0];
	kill 'STOP', $api;
	$as_nobody->("POST /v1/jobs/hello/run $head", 1);
	my $end = sprintf '0100007F:%04X 05', $port; # state FIN_WAIT2
	$d->wait_for('the kernel to be alone with it', sub {
		open(my $in, '<', '/proc/net/tcp') or die "/proc/net/tcp: $!";
		return grep { /^ *\d+: \S+ $end / } <$in>;
	});
	kill 'CONT', $api;
	is(status("$url/v1/status"), 200, 'others are answered');
	my $then = () = $d->log =~ /request run by/g;
	is($then, $runs, 'not for one who is gone by then');
}

# A restarted api gets the sockets again.
my $api = $d->processes->{api}[0];
kill 'KILL', $api;
$d->wait_for('the api to be back', sub {
	return eval { status("$url/v1/status") == 200 };
});
pass('after a crash');

# And so does another guardian.
is(status('-X', 'POST', "$url/v1/upgrade"), 202, 'an upgrade');
$d->wait_for('the upgrade', sub {
	my $body = eval { (curl("$url/v1/status"))[1] };
	return defined $body && $body =~ /"upgrade":\{[^}]*"state":"done"/;
});
pass('keeps the addresses');

# What cannot be.
sub check {
	my ($value) = @_;
	$d->write('other.conf', "[master]\njobs-dir = jobs\nstate-dir = s\n"
	    . "run-dir = r\n[api]\nlisten = $value\n");
	return $d->command($Belfry::DAEMON, '-f', '-c', $d->path('other.conf'));
}
my %wrong = (
    '127.0.0.1:0' => qr/other.conf:6: .*"0" is no port from 1 to 65535/,
    '127.0.0.1' => qr/other.conf:6: .*write ADDRESS:PORT, such as/,
    'example.org:80' => qr/"example.org" is no IP address; write/,
    '[::x]:80' => qr/"::x" is no IPv6 address; write/,
    ',' => qr/write ADDRESS:PORT or off/,
    '0.0.0.0:80' => qr/other.conf:6: listen: an address that other machines reach needs tokens/,
    '[::]:80' => qr/other.conf:6: listen: an address that other machines reach needs tokens/,
);
for my $value (sort keys %wrong) {
	my ($rc, undef, $err) = check($value);
	is($rc, 2, "refused: $value");
	like($err, $wrong{$value}, 'and why');
}
my ($rc2, undef, $err2) = check(join ', ', map { "127.0.0.1:$_" } 1 .. 9);
like($err2, qr/at most 8 addresses/, 'too many addresses');

$d->finish;
done_testing;
