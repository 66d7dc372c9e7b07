# Plain HTTP to the daemon of a test, over its socket. Each answer is held
# against the API's document; one that differs fails the test.
#
#   my $web = Web->new($d);
#   my ($status, $head, $json) = $web->get('/v1/overview');
package Web;

use strict;
use warnings;
use IO::Socket::UNIX;
use JSON::PP;
use Schema;
use Test::More ();

my $schema;

# Is the answer as master/api/openapi.json says? Of what is asked there.
sub check {
	my ($method, $path, $status, $head, $text) = @_;
	$schema //= Schema->load('master/api/openapi.json');
	my ($type) = $head =~ /^Content-Type: ([^\r\n]*)/m;
	my ($operation) = $schema->operation($method, $path);
	return unless $operation && $status != 304 && $method ne 'HEAD'
	    && $head !~ /^Content-Encoding:/m;
	my $json = $type =~ m{^application/json}
	    ? JSON::PP->new->utf8->decode($text) : undef;
	my @wrong = $schema->check_answer($method, $path, $status, $type, $json);
	Test::More::fail("$path is as the document says: @wrong[0 .. ($#wrong > 4 ? 4 : $#wrong)]")
	    if @wrong;
}

sub new {
	my ($class, $daemon) = @_;
	return bless { path => $daemon->path('run/belfry.sock') }, $class;
}

sub socket {
	my ($self) = @_;
	return IO::Socket::UNIX->new(Peer => $self->{path})
	    // die "$self->{path}: $!";
}

# Status, head and body as they came; further headers as one text.
sub request {
	my ($self, $method, $path, %arg) = @_;
	my $socket = $self->socket;
	my $body = $arg{body} // '';
	my $type = $arg{type} // 'application/json';
	my $extra = $arg{head} // '';
	print $socket "$method $path HTTP/1.1\r\nHost: x\r\n"
	    . "Connection: close\r\n$extra"
	    . (length $body ? "Content-Type: $type\r\n" : '')
	    . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
	local $/;
	my $answer = <$socket> // '';
	my ($head, $text) = split /\r\n\r\n/, $answer, 2;
	my ($status) = ($head // '') =~ m{\AHTTP/1\.1 (\d+)};
	check($method, $path, $status, $head, $text) if $status;
	return ($status, $head, $text);
}

# The same, its body parsed when it is JSON.
sub get {
	my ($self, $path, %arg) = @_;
	my ($status, $head, $text) = $self->request('GET', $path, %arg);
	my $json = ($head // '') =~ m{^Content-Type: application/json}m
	    && length $text ? JSON::PP->new->utf8->decode($text) : undef;
	return ($status, $head, $json // $text);
}

# The answer alone; dies when it is none.
sub json {
	my ($self, $path) = @_;
	my ($status, undef, $json) = $self->get($path);
	die "$path: $status: " . JSON::PP->new->encode($json) . "\n"
	    if $status != 200;
	return $json;
}

# All pages of a list, joined.
sub pages {
	my ($self, $path) = @_;
	my @all;
	for (my $pages = 0; defined $path && $pages < 1000; $pages++) {
		my ($status, $head, $list) = $self->get($path);
		die "$path: $status\n" if $status != 200;
		push @all, @$list;
		($path) = $head =~ /^Link: <([^>]*)>; rel="next"\r?$/m;
	}
	return @all;
}

1;
