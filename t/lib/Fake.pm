# The real api in front of a master and a recorder that answer from files: for
# tests of the api and of the belfry command (see lib/fake/fake.h).
#
#   my $f = Fake->new('status.json' => '{...}');
#   my ($status, $out, $err) = $f->belfry('status');
#   my $answer = $f->raw("GET / HTTP/1.0\r\n\r\n");
package Fake;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::UNIX;
use IPC::Open3;
use JSON::PP;
use POSIX ();
use Socket qw(SOCK_STREAM);
use Symbol qw(gensym);
use Test::More ();
use Time::HiRes qw(sleep time);

our $BUILD = abs_path($ENV{BELFRY_BUILD} // 'build');
our $PATIENCE = 30;

sub new {
	my ($class, %files) = @_;
	my $self = bless {
		dir => tempdir('belfry.XXXXXX', TMPDIR => 1, CLEANUP => 1),
		owner => $$,
	}, $class;
	chmod 0755, $self->{dir};
	$self->write($_, $files{$_}) for sort keys %files;
	$self->start;
	return $self;
}

sub socket { "$_[0]{dir}/socket" }
sub pid { $_[0]{pid} }

sub write {
	my ($self, $name, $text) = @_;
	open(my $out, '>', "$self->{dir}/$name") or die "$name: $!";
	binmode $out;
	print $out ref $text ? JSON::PP->new->utf8->encode($text) : $text;
	close $out or die "$name: $!";
}

sub read {
	my ($self, $name) = @_;
	open(my $in, '<', "$self->{dir}/$name") or return '';
	local $/;
	return scalar(<$in>) // '';
}

# The questions that were asked since this was called last.
sub asked {
	my ($self) = @_;
	my $text = $self->read('asks.log');
	my $seen = $self->{seen} // 0;
	$seen = 0 if $seen > length $text;
	my $new = substr($text, $seen);
	$new =~ s/[^\n]*\z//; # a line that is being written
	$self->{seen} = $seen + length $new;
	return split /\n/, $new;
}

sub start {
	my ($self) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>', "$self->{dir}/out");
		open(STDERR, '>', "$self->{dir}/log");
		exec "$BUILD/t/lib/fake/api-fake", $self->socket, $self->{dir}
		    or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	$self->wait_for('the api to be ready',
	    sub { $self->read('out') =~ /ready/ });
}

sub wait_for {
	my ($self, $what, $condition, $patience) = @_;
	my $end = time + ($patience // $PATIENCE);
	while (time < $end) {
		my $value = $condition->();
		return $value if $value;
		sleep 0.02;
	}
	Test::More::diag($self->read('log'));
	die "waited in vain for $what\n";
}

sub connect {
	my ($self) = @_;
	return IO::Socket::UNIX->new(Type => SOCK_STREAM,
	    Peer => $self->socket);
}

# Sends bytes; what comes back until the other side closes, or as long as
# nothing comes for $patience seconds.
sub raw {
	my ($self, $bytes, %arg) = @_;
	my $s = $arg{socket} // $self->connect // die "connect: $!";
	local $SIG{PIPE} = 'IGNORE';
	$s->syswrite($bytes) if length $bytes;
	shutdown($s, 1) if $arg{half};
	return $self->slurp($s, $arg{patience});
}

sub slurp {
	my ($self, $s, $patience) = @_;
	my $text = '';
	my $select = IO::Select->new($s);
	while ($select->can_read($patience // 10)) {
		sysread($s, $text, 65536, length $text) or last;
	}
	return $text;
}

# One request by itself: (status, headers, body).
sub request {
	my ($self, $method, $path, %arg) = @_;
	my $body = $arg{body} // '';
	my $head = "$method $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
	$head .= "Content-Length: " . length($body) . "\r\n" if length $body;
	$head .= "Content-Type: application/json\r\n" if length $body;
	my $answer = $self->raw("$head\r\n$body");
	my ($headers, $rest) = split /\r\n\r\n/, $answer, 2;
	my ($status) = ($headers // '') =~ m{^HTTP/1.1 (\d+) };
	return ($status // 0, $headers, $rest);
}

sub command {
	my ($self, @command) = @_;
	my ($out, $err) = (undef, gensym);
	my $pid = open3(my $in, $out, $err, @command);
	close $in;
	my ($text, $errors) = ('', '');
	my $select = IO::Select->new($out, $err);
	while ($select->count) {
		for my $h ($select->can_read) {
			my $into = $h == $out ? \$text : \$errors;
			sysread($h, $$into, 65536, length $$into)
			    or $select->remove($h);
		}
	}
	waitpid($pid, 0);
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	return ($status, $text, $errors);
}

sub belfry {
	my ($self, @args) = @_;
	return $self->command("$BUILD/master/cli/belfry", '--socket',
	    $self->socket, @args);
}

# Ends it; all that it had must have been freed.
sub finish {
	my ($self) = @_;
	my $pid = delete $self->{pid} // return;
	kill 'TERM', $pid;
	waitpid($pid, 0);
	Test::More::is($?, 0, 'the api ends well');
	Test::More::unlike($self->read('log'), qr/Sanitizer|runtime error:/,
	    'no sanitizer complained')
	    or Test::More::diag($self->read('log'));
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$ && $self->{pid};
	local ($@, $?);
	kill 'KILL', $self->{pid};
	waitpid($self->{pid}, 0);
}

1;
