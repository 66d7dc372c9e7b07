# Links that can be cut, held, delayed and dropped one way: t/lib/proxy.c.
#
#   my $proxy = Proxy->new;
#   my $port = $proxy->add('a1', 6379);
#   $proxy->cut('a1'); $proxy->open('a1');
#   $proxy->set('a1', 'down', 'drop'); $proxy->set('a1', 'up', 'pass', 200);
#   $proxy->lose('a1', 'TEXT'); $proxy->count('a1')
package Proxy;

use strict;
use warnings;
use Belfry;
use IPC::Open2;

sub new {
	my ($class) = @_;
	my $self = bless { owner => $$ }, $class;
	$self->{pid} = open2($self->{out}, $self->{in},
	    "$Belfry::BUILD/t/lib/proxy");
	return $self;
}

sub say {
	my ($self, @words) = @_;
	syswrite $self->{in}, "@words\n" or die "proxy: $!";
	my $answer = readline $self->{out} // die "the proxy is gone\n";
	chomp $answer;
	return $answer;
}

sub add { my $self = shift; return $self->say('add', @_) }
sub set { my ($self, @words) = @_; $self->say('set', @words[0 .. 2], $words[3] // 0) }
sub cut { my $self = shift; $self->say('cut', @_) }
sub open { my $self = shift; $self->say('open', @_) }
sub lose { my $self = shift; $self->say('lose', @_) }
sub catch { my $self = shift; $self->say('catch', @_) }
sub count { my $self = shift; return $self->say('count', @_) }

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($@, $?);
	close $self->{in};
	waitpid($self->{pid}, 0);
}

1;
