# An HTTP server that answers as no server should: slowly, wrongly, endlessly,
# or not. A path says how; what it was asked goes to a file.
#
#   my $h = Httpd->new;
#   $h->url('/ok')       http://127.0.0.1:PORT/ok
#   $h->requests         what came, a text each
package Httpd;

use strict;
use warnings;
use parent 'Forking';
use IO::Select;
use IO::Socket::INET;
use Socket;

# path pattern => sub ($server, $socket, $request, captures)
my @answers = (
	[qr{^/ok}, sub { say_ok($_[1], "hello\n") }],
	[qr{^/echo}, sub { say_ok($_[1], $_[2]{text}) }],
	[qr{^/bytes}, sub { say_ok($_[1], "a\0b\xff\xfe\r\nend") }],
	[qr{^/status/(\d+)}, sub {
		put($_[1], "HTTP/1.1 $_[3] Because\r\nContent-Length: 5\r\n"
		    . "\r\nbody\n");
	}],
	[qr{^/flaky/(\d+)}, sub {
		my ($self, $s, undef, $bad) = @_;
		my $n = () = grep { /flaky/ } $self->requests;
		put($s, sprintf("HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n",
		    $n <= $bad ? 500 : 200));
	}],
	[qr{^/gate/(\w+)}, sub {
		my ($self, $s, undef, $gate) = @_;
		put($s, "HTTP/1.1 200 OK\r\nX-Gate: $gate\r\n");
		select(undef, undef, undef, 0.02)
		    until -e "$self->{dir}/gate-$gate";
		put($s, "Content-Length: 5\r\n\r\nopen\n");
	}],
	[qr{^/probe\?(.*)}, sub {
		my %q = map { s/%(..)/chr hex $1/ger } map { split /=/, $_, 2 }
		    split /&/, $_[3];
		my $text = "$q{slot} $q{attempt} $q{run}\n";
		append($q{file}, "b $text");
		select(undef, undef, undef, 0.1) if $q{attempt} != 1;
		append($q{file}, "e $text");
		put($_[1], sprintf("HTTP/1.1 %d X\r\nContent-Length: 0"
		    . "\r\n\r\n", $q{attempt} == 1 ? 500 : 200));
	}],
	[qr{^/silent}, sub { until_closed($_[1]) }],
	[qr{^/half-head}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nX-Half: ");
		until_closed($_[1]);
	}],
	[qr{^/half-body}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
		    . "half a body\n");
		until_closed($_[1]);
	}],
	[qr{^/endless$}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\n\r\n");
		1 while put($_[1], "endless\n" x 1000);
	}],
	[qr{^/endless-head}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\n");
		1 while put($_[1], "X-More: more\r\n" x 1000);
	}],
	[qr{^/big/(\d+)}, sub {
		my ($self, $s, undef, $mega) = @_;
		my $part = '0123456789abcdef' x 65536;
		put($s, 'HTTP/1.1 200 OK' . "\r\nContent-Length: "
		    . $mega * 1048576 . "\r\n\r\n");
		put($s, $part) or last for 1 .. $mega;
	}],
	[qr{^/cut$}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
		    . "too short\n");
	}],
	[qr{^/long}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
		    . "12345 and more\n");
	}],
	[qr{^/bad-chunk}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		    . "\r\n5\r\nfirst\r\nxyzzy\r\n");
	}],
	[qr{^/cut-chunk}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		    . "\r\n5\r\nfirst\r\n50\r\nless");
	}],
	[qr{^/nothing}, sub { }],
	[qr{^/rubbish}, sub { put($_[1], "SSH-2.0-what?\r\n") }],
	[qr{^/gzip}, sub {
		put($_[1], "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		    . "Content-Length: 4\r\n\r\n\x1f\x8b\x08\x00");
	}],
	[qr{^/loop}, sub { redirect($_[1], 302, '/loop') }],
	[qr{^/hops/0}, sub { say_ok($_[1], "arrived\n") }],
	[qr{^/hops/(\d+)}, sub {
		redirect($_[1], 302, '/hops/' . ($_[3] - 1));
	}],
	[qr{^/to/(\d+)\?(.*)}, sub { redirect($_[1], $_[3], $_[4]) }],
	[qr{^/basic}, sub {
		my ($self, $s, $r) = @_;
		return say_ok($s, "welcome\n")
		    if $r->{text} =~ /^Authorization: (Basic|Bearer) /m;
		put($s, "HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	}],
	[qr{^/digest}, sub {
		my ($self, $s, $r) = @_;
		return say_ok($s, "welcome\n")
		    if $r->{text} =~ /^Authorization: Digest username="u", .*response="[0-9a-f]{32}"/m;
		put($s, "HTTP/1.1 401 No\r\nConnection: close\r\nContent-Length: 0\r\n"
		    . "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", "
		    . "qop=\"auth\"\r\n\r\n");
	}],
);

sub url { "http://127.0.0.1:$_[0]{port}$_[1]" }

sub answer {
	my ($self, $socket) = @_;
	my $request = read_request($socket) or return;
	$self->note($request->{text});
	return tunnel($socket, $1)
	    if $request->{line} =~ /^CONNECT (\S+)/;
	my ($path) = $request->{line} =~ m{^\S+ (\S+)};
	return say_ok($socket, "proxied $path\n") if $path =~ /^http:/;
	for my $answer (@answers) {
		my ($pattern, $sub) = @$answer;
		my @found = $path =~ $pattern or next;
		return $sub->($self, $socket, $request, @found);
	}
	put($socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

sub read_request {
	my ($socket) = @_;
	my $text = '';
	until ($text =~ /\r\n\r\n/) {
		sysread($socket, $text, 65536, length $text) or return undef;
	}
	my ($head) = $text =~ /^(.*?\r\n\r\n)/s;
	if ($head =~ /^Content-Length: (\d+)/mi) {
		while (length($text) < length($head) + $1) {
			sysread($socket, $text, 65536, length $text) or last;
		}
	}
	my ($line) = $text =~ /^([^\r]*)/;
	return { line => $line, text => $text };
}

# Requests are kept as hexadecimal lines.
sub note {
	my ($self, $text) = @_;
	$self->keep('requests', unpack('H*', $text));
}

sub requests { map { pack('H*', $_) } $_[0]->kept('requests') }

sub last_request { ($_[0]->requests)[-1] // '' }

sub append {
	my ($path, $text) = @_;
	open(my $out, '>>', $path) or die "$path: $!";
	syswrite $out, $text;
}

sub put {
	my ($socket, $text) = @_;
	while (length $text) {
		my $n = syswrite($socket, $text) or return 0;
		substr($text, 0, $n) = '';
	}
	return 1;
}

sub say_ok {
	my ($socket, $body) = @_;
	put($socket, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	    . 'Content-Length: ' . length($body) . "\r\n\r\n$body");
}

sub redirect {
	my ($socket, $status, $to) = @_;
	put($socket, "HTTP/1.1 $status Elsewhere\r\nLocation: $to\r\n"
	    . "Connection: close\r\nContent-Length: 4\r\n\r\ngo!\n");
}

# Lets those that wait at /gate/NAME go on.
sub open_gate {
	my ($self, $gate) = @_;
	open(my $out, '>', "$self->{dir}/gate-$gate") or die "gate: $!";
}

# Says nothing more, and ends when the other side does.
sub until_closed {
	my ($socket) = @_;
	1 while sysread($socket, my $text, 65536);
}

# What a proxy does for https.
sub tunnel {
	my ($socket, $to) = @_;
	my $peer = IO::Socket::INET->new(PeerAddr => $to) or return;
	put($socket, "HTTP/1.1 200 Tunnel\r\nX-Proxy: yes\r\n\r\n");
	my $select = IO::Select->new($socket, $peer);
	while (my @ready = $select->can_read) {
		for my $from (@ready) {
			sysread($from, my $text, 65536) or return;
			put($from == $socket ? $peer : $socket, $text)
			    or return;
		}
	}
}

# A process's parent.
sub parent {
	my ($pid) = @_;
	open(my $in, '<', "/proc/$pid/stat") or return 0;
	return <$in> =~ /\) \S (\d+)/ ? $1 : 0;
}

# A port where nobody listens.
sub closed_port {
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
	    Listen => 1) or die "listen: $!";
	return $socket->sockport;
}

# A port that takes no more connections and refuses none, and what keeps it so.
sub black_hole {
	socket(my $listener, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	bind($listener, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
	listen($listener, 0) or die "listen: $!";
	my ($port) = sockaddr_in(getsockname $listener);
	my @fillers = map {
		IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port",
		    Blocking => 0)
	} 1 .. 4;
	return ($port, [$listener, @fillers]);
}

1;
