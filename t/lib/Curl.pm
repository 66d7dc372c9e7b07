# Requests over TCP by curl, as programs of other people make them.
#
#   my $c = Curl->new($daemon);        # Belfry
#   my ($status, $body, $head) = $c->get($url, '-H', 'X: y');
package Curl;

use strict;
use warnings;
use IO::Socket::INET;

sub new {
	my ($class, $daemon) = @_;
	return bless { daemon => $daemon }, $class;
}

# A port of 127.0.0.1 that nobody has.
sub free_port {
	my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
	    ReuseAddr => 1) or die "listen: $!";
	return $s->sockport;
}

# (status, body, head); status 0 when there was no answer: body is why.
sub get {
	my ($self, @args) = @_;
	my ($rc, $out, $err) = $self->{daemon}->command('curl', '-sS', '-i',
	    '--max-time', 30, @args);
	return (0, $err, '') if $rc;
	$out =~ s/\AHTTP\/1.1 100 .*?\r\n\r\n//s;
	my ($head, $body) = split /\r\n\r\n/, $out, 2;
	my ($status) = $head =~ /\AHTTP\/\S+ (\d+)/ or die "curl: $out";
	return ($status, $body, $head);
}

sub status { my @got = shift->get(@_); return $got[0] }

sub post { my $self = shift; return $self->get('-X', 'POST', @_) }

# curl's options for a token.
sub token { my ($self, $token) = @_;
	return ('-H', "Authorization: Bearer $token") }

1;
