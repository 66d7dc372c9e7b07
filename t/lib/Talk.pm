# A program that is told a line and answers with lines.
#
#   my $p = Talk->new($program, @args);
#   is($p->ask('try'), 'good 17');
#   $p->wait_for(qr/^joined/);
package Talk;

use strict;
use warnings;
use IO::Handle;
use IO::Select;
use IPC::Open2;
use Time::HiRes qw(time);

my $PATIENCE = 30;

sub new {
	my ($class, @command) = @_;
	my $self = bless { text => '', owner => $$ }, $class;
	$self->{pid} = open2($self->{out}, $self->{in}, @command);
	$self->{in}->autoflush(1);
	return $self;
}

sub pid { $_[0]{pid} }

sub tell {
	my ($self, $line) = @_;
	print { $self->{in} } "$line\n";
}

# The next line; undef when there is none within 30 s.
sub line {
	my ($self) = @_;
	my $end = time + $PATIENCE;
	while (1) {
		return $1 if $self->{text} =~ s/^(.*)\n//;
		my $left = $end - time;
		return undef if $left <= 0
		    || !IO::Select->new($self->{out})->can_read($left)
		    || !sysread($self->{out}, $self->{text}, 4096,
			length $self->{text});
	}
}

sub ask {
	my ($self, $line) = @_;
	$self->tell($line);
	return $self->line;
}

# The next line that matches; those before it are dropped.
sub wait_for {
	my ($self, $pattern) = @_;
	while (defined(my $line = $self->line)) {
		return $line if $line =~ $pattern;
	}
	return undef;
}

# The end of its input is its end. Its status.
sub finish {
	my ($self) = @_;
	close $self->{in};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return $?;
}

sub kill {
	my ($self) = @_;
	return unless $self->{pid};
	local $?;
	CORE::kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
}

sub DESTROY {
	my ($self) = @_;
	$self->kill if $self->{owner} == $$;
}

1;
