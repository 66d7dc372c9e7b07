# A private redis-server for a test, on a port of its own of 127.0.0.1 in a
# directory of its own, and a client that speaks just enough of its protocol.
#
#   my $redis = Redis->new;   # or (aof => 1), (password => 'secret')
#   my $redis = Redis->new(through => [qw(ip netns exec NAME)],
#       address => '10.0.0.1');  # on another network: we use a Unix socket
#   $redis->call('SET', 'k', 'v');
#   $redis->kill; $redis->start; $redis->stop; $redis->cont;
#   $redis->step_clock(3600);  # with (clock => 1): its clock is not ours
#
# An error answer dies; nil is undef; a list is an array reference.
package Redis;

use strict;
use warnings;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

my $PATIENCE = 30;

sub new {
	my ($class, %arg) = @_;
	my $self = bless {
		dir => tempdir('belfry-redis.XXXXXX', TMPDIR => 1, CLEANUP => 1),
		aof => $arg{aof}, password => $arg{password},
		options => $arg{options} // [], owner => $$,
		through => $arg{through} // [],
		address => $arg{address} // '127.0.0.1',
		clock => $arg{clock} ? 0 : undef,
	}, $class;
	$self->step_clock(0) if $arg{clock};
	$self->start;
	return $self;
}

sub url { "redis://$_[0]{address}:$_[0]{port}" }
sub port { $_[0]{port} }
sub pid { $_[0]{pid} }
sub dir { $_[0]{dir} }
sub unix { "$_[0]{dir}/socket" }

# A port that was free a moment ago.
sub free_port {
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
	    Listen => 1) or die "no free port: $!";
	return $socket->sockport;
}

# Starts it, again on the same port, and waits until it answers.
sub start {
	my ($self) = @_;
	my $first = !$self->{port};
	for my $try (1 .. 20) {
		$self->{port} = free_port() if $first;
		$self->_spawn;
		my $end = time + $PATIENCE;
		while (time < $end && !waitpid($self->{pid}, WNOHANG)) {
			return if eval {
				$self->call('PING') eq 'PONG'
				    && $self->call('INFO', 'persistence') =~ /^loading:0/m
			};
			sleep 0.02;
		}
		die "redis-server did not start\n" unless $first;
	}
	die "redis-server found no port\n";
}

sub _spawn {
	my ($self) = @_;
	delete $self->{socket};
	my $pid = fork() // die "fork: $!";
	if ($pid == 0) {
		open(STDOUT, '>>', "$self->{dir}/log");
		open(STDERR, '>&', \*STDOUT);
		if (defined $self->{clock}) {
			$ENV{LD_PRELOAD} = "$ENV{BELFRY_BUILD}/t/lib/libclock.so";
			$ENV{BELFRY_TEST_CLOCK} = "$self->{dir}/clock";
		}
		exec @{ $self->{through} }, 'redis-server',
		    '--port', $self->{port}, '--bind', $self->{address},
		    @{ $self->{through} } ? ('--unixsocket', $self->unix) : (),
		    '--dir', $self->{dir}, '--save', '', '--appendonly',
		    $self->{aof} ? 'yes' : 'no', @{ $self->{options} },
		    defined $self->{password}
		    ? ('--requirepass', $self->{password}) : ()
		    or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
}

# Its clock goes by so much more than ours: t/lib/clock.c.
sub step_clock {
	my ($self, $seconds) = @_;
	my $file = "$self->{dir}/clock";
	$self->{clock} += $seconds;
	open(my $out, -e $file ? '+<' : '>', $file) or die "clock: $!";
	syswrite $out, pack('q', $self->{clock} * 1e9) or die "clock: $!";
}

# At once, as a crash would.
sub kill {
	my ($self) = @_;
	return unless $self->{pid};
	delete $self->{socket};
	CORE::kill 'KILL', $self->{pid};
	local $?;
	waitpid $self->{pid}, 0;
	delete $self->{pid};
}

sub stop { CORE::kill 'STOP', $_[0]{pid} }
sub cont { CORE::kill 'CONT', $_[0]{pid} }

sub _connect {
	my ($self) = @_;
	return $self->{socket} if $self->{socket};
	$self->{socket} = (@{ $self->{through} }
	    ? IO::Socket::UNIX->new(Peer => $self->unix, Timeout => 5)
	    : IO::Socket::INET->new(PeerAddr => $self->{address},
		PeerPort => $self->{port}, Timeout => 5))
	    // die "redis: $!\n";
	$self->call('AUTH', $self->{password}) if defined $self->{password};
	return $self->{socket};
}

sub call {
	my ($self, @words) = @_;
	my $socket = $self->_connect;
	local $SIG{PIPE} = 'IGNORE';
	print {$socket} '*' . @words . "\r\n",
	    map { "\$" . length($_) . "\r\n$_\r\n" } map { "$_" } @words;
	$socket->flush;
	my @answer = eval { _read($socket) };
	if ($@) {
		delete $self->{socket} unless $@ =~ /^redis said/;
		die $@;
	}
	return $answer[0];
}

sub _read {
	my ($socket) = @_;
	my $line = <$socket> // die "redis: connection closed\n";
	$line =~ s/\r\n\z//;
	my ($kind, $rest) = $line =~ /^(.)(.*)$/s;
	return $rest if $kind eq '+' || $kind eq ':';
	die "redis said $rest\n" if $kind eq '-';
	return undef if $rest < 0;
	if ($kind eq '$') {
		read($socket, my $text, $rest + 2) == $rest + 2
		    or die "redis: connection closed\n";
		return substr($text, 0, $rest);
	}
	return [map { scalar _read($socket) } 1 .. $rest];
}

sub DESTROY {
	my ($self) = @_;
	$self->kill if $self->{owner} == $$;
}

1;
