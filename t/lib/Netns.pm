# A cluster of which every host has a network of its own: a Linux network
# namespace for each host and for the Redis server, and a bridge between them
# in another. Packets vanish here without a word to either end, which no proxy
# on the loopback interface can do.
#
#   my $why = Netns::refused();   # undef where root may do all this
#   my $n = Netns->new(nodes => [qw(a b c)], jobs => {...});  # as Nemesis
#   $n->unplug('a'); $n->plug('a');     # its link, both ways
#   $n->mute('a'); $n->unmute('a');     # what Redis sends to it is lost
#
# The machine's own network is not touched: all links are inside. The server
# wants a password and is not in protected mode, as one for other hosts is. All
# is removed when the object goes, also when the test dies or is told to end.
package Netns;

use strict;
use warnings;
use parent 'Nemesis';
use Belfry;
use Cluster;
use File::Temp;
use Nemesis;

our $SERVER = 'redis';
# Nobody's: what is sent there is for none of the links.
my $NO_MAC = '02:00:00:00:00:01';

sub new {
	my ($class, %arg) = @_;
	# The namespaces go with the object, which goes with the program.
	$SIG{$_} = sub { exit 1 } for qw(HUP INT TERM);
	my $secret = File::Temp->new(TEMPLATE => 'belfry-secret.XXXXXX',
	    TMPDIR => 1);
	print $secret "net secret\n";
	$secret->flush;
	my $self = $class->SUPER::new(%arg, password => 'net secret',
	    conf => "password-file = $secret\n");
	$self->{secret} = $secret;
	$self->node($_)->{through} = [$self->{bridge}->inside($_)]
	    for @{ $arg{nodes} };
	return $self;
}

sub network {
	my ($class, %arg) = @_;
	my $bridge = Netns::Bridge->new($SERVER, @{ $arg{nodes} });
	my $redis = Cluster::Redis->new(password => $arg{password},
	    through => [$bridge->inside($SERVER)],
	    address => $bridge->address($SERVER),
	    args => ['--protected-mode', 'no']);
	my %urls = map { $_ => [$redis->url] } @{ $arg{nodes} };
	return { bridge => $bridge, redis => [$redis], urls => \%urls };
}

# Why there can be no such cluster here, if so.
sub refused {
	return 'only root may have network namespaces' if $> != 0;
	return undef if eval {
		my $bridge = Netns::Bridge->new('x');
		run($bridge->inside('x'), 'true');
		1;
	};
	chomp(my $why = $@);
	return "no network namespaces: $why";
}

sub unplug { $_[0]{bridge}->port($_[1], 'down') }
sub plug { $_[0]{bridge}->port($_[1], 'up') }

sub mute {
	my ($self, $name) = @_;
	$self->{bridge}->ip($SERVER, 'neigh', 'replace',
	    $self->{bridge}->address($name), 'lladdr', $NO_MAC, 'dev', 'eth0',
	    'nud', 'permanent');
}

sub unmute {
	my ($self, $name) = @_;
	$self->{bridge}->ip($SERVER, 'neigh', 'del',
	    $self->{bridge}->address($name), 'dev', 'eth0');
}

sub run {
	my (@command) = @_;
	my ($status, undef, $err) = eval { Belfry->command(@command) };
	die "@command: " . ($err || $@ || "status $status\n")
	    if !defined $status || $status != 0;
}

# The namespaces, their links, and the bridge.
package Netns::Bridge;

use strict;
use warnings;

sub new {
	my ($class, @names) = @_;
	my $self = bless { owner => $$, spaces => [], addresses => {} },
	    $class;
	$self->add('bridge');
	$self->ip('bridge', qw(link add br0 type bridge));
	$self->ip('bridge', qw(link set br0 up));
	$self->link($_) for @names;
	return $self;
}

# The pid is in it: nobody else has that name.
sub space { "belfry-$_[0]{owner}-$_[1]" }
sub inside { my ($self, $name) = @_; return (qw(ip netns exec), $self->space($name)) }
sub address { $_[0]{addresses}{ $_[1] } }

sub ip {
	my ($self, $name, @words) = @_;
	Netns::run('ip', '-n', $self->space($name), @words);
}

sub add {
	my ($self, $name) = @_;
	Netns::run(qw(ip netns add), $self->space($name));
	push @{ $self->{spaces} }, $name;
}

# A namespace with a link to the bridge.
sub link {
	my ($self, $name) = @_;
	$self->add($name);
	$self->{addresses}{$name} = '10.0.0.' . @{ $self->{spaces} };
	$self->ip('bridge', qw(link add), "to-$name",
	    qw(type veth peer name eth0 netns), $self->space($name));
	$self->ip('bridge', qw(link set), "to-$name", qw(master br0 up));
	$self->ip($name, qw(addr add), "$self->{addresses}{$name}/24",
	    qw(dev eth0));
	$self->ip($name, qw(link set), $_, 'up') for qw(lo eth0);
}

sub port {
	my ($self, $name, $state) = @_;
	$self->ip('bridge', qw(link set), "to-$name", $state);
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($@, $?);
	for my $name (@{ $self->{spaces} }) {
		eval { Netns::run(qw(ip netns del), $self->space($name)); 1 }
		    or warn $@;
	}
}

1;
