# A private daemon whose programs are installed in a directory of its own, so
# that a test can install other versions of them.
package Installed;

use strict;
use warnings;
use parent 'Belfry';
use File::Copy qw(copy);

our $THIS = $Belfry::DAEMON;
our $NEXT = "$Belfry::BUILD/t/lib/belfryd-next"; # version 99.1
our $WORKER = "$Belfry::BUILD/worker/belfry-worker";
our $LIBRARY = "$Belfry::BUILD/worker/belfry-worker-lib";

sub new {
	my ($class, %arg) = @_;
	my $self = $class->SUPER::new(%arg);
	mkdir $self->path('sbin');
	$self->install($WORKER, 'belfry-worker');
	$self->install($LIBRARY, 'belfry-worker-lib');
	$self->install($THIS);
	$Belfry::DAEMON = $self->program;
	return $self;
}

sub program { $_[0]->path('sbin/belfryd') }

# As a package manager does: by rename.
sub install {
	my ($self, $file, $name) = @_;
	my $to = $self->path('sbin/' . ($name // 'belfryd'));
	copy($file, "$to.new") or die "$file: $!";
	chmod 0755, "$to.new";
	rename "$to.new", $to or die "$to: $!";
}

sub install_text {
	my ($self, $text) = @_;
	$self->write('sbin/belfryd.text', $text);
	$self->install($self->path('sbin/belfryd.text'));
}

sub version { $_[0]->json('status')->{version} }

# Descriptors of the guardian: what each is, without the numbers that differ.
sub descriptors {
	my ($self) = @_;
	return sort map { (readlink($_) // '') =~ s/\[\d+\]//r }
	    glob "/proc/$self->{pid}/fd/*";
}

1;
