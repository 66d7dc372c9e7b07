# A mail server for a test: SMTP with AUTH and STARTTLS, which keeps what it is
# given, and refuses, defers or hangs when it is told to.
#
#   my $s = Smtpd->new(cert => FILE, key => FILE, user => U, password => P);
#   $s->port
#   $s->mails            { from, to => [...], text, tls, user }, as they came
#   $s->be('defer')      every mail gets 451; refuse: 550, hang, ok
#   $s->be('defer A')    only what is for A
package Smtpd;

use strict;
use warnings;
use parent 'Forking';
use IO::Socket::SSL;
use JSON::PP;
use MIME::Base64;

sub be {
	my ($self, $mood) = @_;
	open(my $out, '>', "$self->{dir}/mood.new") or die "mood: $!";
	print $out $mood;
	close $out;
	rename "$self->{dir}/mood.new", "$self->{dir}/mood";
}

sub mood {
	my ($self) = @_;
	open(my $in, '<', "$self->{dir}/mood") or return 'ok';
	return <$in>;
}

sub mails {
	my ($self) = @_;
	return map { decode_json($_) } $self->kept('mails');
}

sub answer {
	my ($self, $s) = @_;
	my %mail;
	$s = $self->tls($s) if $self->{implicit};
	$mail{tls} = 1 if $self->{implicit};
	print $s "220 test ESMTP\r\n";
	while (defined(my $line = <$s>)) {
		$line =~ s/\r?\n\z//;
		sleep 1 while $self->mood eq 'hang';
		if ($line =~ /^(EHLO|HELO)/i) {
			print $s "250-test\r\n",
			    $self->{cert} && !$mail{tls} ? "250-STARTTLS\r\n" : '',
			    $self->{user} ? "250-AUTH PLAIN LOGIN\r\n" : '',
			    "250 8BITMIME\r\n";
		} elsif ($line =~ /^STARTTLS/i && $self->{cert}) {
			print $s "220 go\r\n";
			$s->flush;
			$s = $self->tls($s);
			$mail{tls} = 1;
		} elsif ($line =~ /^AUTH PLAIN ?(.*)/i) {
			my $text = $1;
			if ($text eq '') {
				print $s "334 \r\n";
				$text = <$s>;
			}
			my (undef, $user, $password) =
			    split /\0/, decode_base64($text);
			my $good = $user eq $self->{user}
			    && $password eq $self->{password};
			$mail{user} = $user if $good;
			print $s $good ? "235 welcome\r\n" : "535 no\r\n";
		} elsif ($line =~ /^MAIL FROM:<(.*?)>/i) {
			@mail{qw(from to)} = ($1, []);
			print $s $self->{user} && !$mail{user} ?
			    "530 who are you\r\n" : "250 ok\r\n";
		} elsif ($line =~ /^RCPT TO:<(.*?)>/i) {
			push @{ $mail{to} }, $1;
			my ($mood, $whose) = split / /, $self->mood;
			$mood = 'ok' if defined $whose && $whose ne $1;
			print $s $mood eq 'defer' ? "451 later\r\n" :
			    $mood eq 'refuse' ? "550 nobody here\r\n" :
			    "250 ok\r\n";
		} elsif ($line =~ /^DATA/i) {
			print $s "354 go on\r\n";
			my $text = '';
			while (defined($line = <$s>) && $line ne ".\r\n") {
				$text .= $line =~ s/^\.\././r;
			}
			$self->keep('mails',
			    JSON::PP->new->ascii->encode({ %mail, text => $text }));
			print $s "250 kept\r\n";
		} elsif ($line =~ /^QUIT/i) {
			print $s "221 bye\r\n";
			return;
		} else {
			print $s "500 what?\r\n";
		}
		$s->flush;
	}
}

sub tls {
	my ($self, $s) = @_;
	return IO::Socket::SSL->start_SSL($s, SSL_server => 1,
	    SSL_cert_file => $self->{cert}, SSL_key_file => $self->{key})
	    || die "tls: $IO::Socket::SSL::SSL_ERROR";
}

1;
