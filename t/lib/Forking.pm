# A server of a test: a process a connection, in a process group of its own,
# ended with the object. A class of this kind says answer($socket).
#
#   $s->port
#   $s->keep(FILE, LINE)     a line more in a file of the server's folder
#   $s->kept(FILE)           the lines of it
package Forking;

use strict;
use warnings;
use Fcntl qw(:flock);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();

sub new {
	my ($class, %arg) = @_;
	my $self = bless {
		%arg,
		dir => tempdir('belfry-server.XXXXXX', TMPDIR => 1,
		    CLEANUP => 1),
		owner => $$,
	}, $class;
	my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
	    Listen => 64, ReuseAddr => 1) or die "listen: $!";
	$self->{port} = $listener->sockport;
	$self->{pid} = fork // die "fork: $!";
	$self->serve($listener) if $self->{pid} == 0;
	return $self;
}

sub port { $_[0]{port} }

# A server of one connection at a time would be a peer that waits.
sub serve {
	my ($self, $listener) = @_;
	# Whatever else the test has open must not stay open because of us.
	$_ != fileno $listener and POSIX::close($_) for 3 .. 255;
	$SIG{CHLD} = 'IGNORE';
	$SIG{TERM} = 'DEFAULT';
	setpgrp(0, 0);
	while (1) {
		my $socket = $listener->accept or next;
		my $pid = fork;
		if (defined $pid && $pid == 0) {
			$SIG{PIPE} = 'IGNORE';
			alarm 120;
			close $listener;
			eval { $self->answer($socket) };
			POSIX::_exit(0);
		}
		close $socket;
	}
}

sub keep {
	my ($self, $file, $line) = @_;
	open(my $out, '>>', "$self->{dir}/$file") or die "$file: $!";
	flock $out, LOCK_EX;
	syswrite $out, "$line\n";
}

sub kept {
	my ($self, $file) = @_;
	open(my $in, '<', "$self->{dir}/$file") or return ();
	chomp(my @lines = <$in>);
	return @lines;
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($?, $!);
	kill 'KILL', -$self->{pid};
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
}

1;
