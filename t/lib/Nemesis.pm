# A cluster to which bad things happen, and whose every slot is held against
# the truth at the end.
#
#   my $n = Nemesis->new(nodes => [qw(a b c)], servers => 1, jobs => {
#       j => { schedule => '*/2 * * * * *', ms => 300, keys => "...\n" } });
#   $n->start;
#   my $fault = $n->begin('a');   # node a is in trouble; '*' for all
#   $n->proxy->cut('a0');         # its link to the first server
#   ... $n->proxy->open('a0');
#   $n->end($fault);
#   $n->recovers;                 # every job runs again, without help
#   $n->check('cut off');         # the checker has nothing to say
#   $n->finish;
#
# Times are short: a session lasts two seconds. A job may have what Checker
# knows of it, ms (how long it runs), deaf, keys (lines of its file). With
# without => GUARD the daemons lack that guard (meson -Dfaults=true).
package Nemesis;

use strict;
use warnings;
use parent 'Cluster';
use Belfry;
use Checker;
use Cluster;
use Proxy;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep time);

our $PROBE = "$Belfry::BUILD/t/jobs/probe";
# What stays wrong however long one waits.
my $HARD = qr/^(?:duplicate|overlap|early|late|fence|interval|line):/;

sub new {
	my ($class, %arg) = @_;
	my $net = $class->network(%arg);
	# Cluster asks for the addresses in its constructor.
	local our $new_urls = $net->{urls};
	my $self = $class->SUPER::new(%arg, jobs => {}, redis => $net->{redis});
	@$self{keys %$net} = values %$net;
	@$self{qw(jobs faults without dir)} = ($arg{jobs}, [], $arg{without},
	    tempdir('belfry-truth.XXXXXX', TMPDIR => 1, CLEANUP => 1));
	chmod 0755, $self->{dir};
	# No host's own: what names it is not of that host.
	$self->{out} = "$self->{dir}/out";
	$self->{from} = time;
	$_->job('j.ini', $self->file) for $self->all;
	$self->node($_)->set_clock(time) for @{ $arg{clocks} // [] };
	return $self;
}

# What is between hosts and servers, and the servers: here a proxy, with a
# port for each host and server. redis => [...], urls => { host => [...] } and
# what else becomes the object's own.
sub network {
	my ($class, %arg) = @_;
	my @redis = map { Cluster::Redis->new(args => $arg{redis_args},
	    clock => $arg{redis_clock}) } 1 .. $arg{servers} // 1;
	my $proxy = Proxy->new;
	my %urls;
	for my $name (@{ $arg{nodes} }) {
		$urls{$name} = [map { "redis://127.0.0.1:$_" } map {
			$proxy->add("$name$_", $redis[$_]{port})
		} 0 .. $#redis];
	}
	return { redis => \@redis, urls => \%urls, proxy => $proxy };
}

sub proxy { $_[0]{proxy} }
sub redis { $_[0]{redis}[ $_[1] // 0 ] }

sub urls {
	my ($self, $name) = @_;
	return @{ ($self->{urls} // our $new_urls)->{$name} };
}

# The daemon that lacks this guard of the cluster.
sub without { return "$Belfry::BUILD/t/lib/belfryd-without-$_[0]" }

# The job file that all hosts have.
sub file {
	my ($self) = @_;
	my $text = '';
	for my $name (sort keys %{ $self->{jobs} }) {
		my $job = $self->{jobs}{$name};
		$text .= "[job $name]\ncommand = $PROBE $self->{out} "
		    . ($job->{ms} // 100) . ($job->{deaf} ? ' deaf' : '') . "\n";
		$text .= "schedule = $job->{schedule}\n" if $job->{schedule};
		$text .= "schedule = \@after $job->{after}s\n" if $job->{after};
		$text .= "$_ = $job->{$_}\n"
		    for grep { $job->{$_} } qw(overlap guarantee);
		$text .= ($job->{keys} // '') . "\n";
	}
	return $text;
}

sub start {
	my ($self) = @_;
	local $Belfry::DAEMON = without($self->{without}) if $self->{without};
	$self->SUPER::start;
	$self->{from} = time + 1;
	return $self;
}

sub monotonic { return int(clock_gettime(CLOCK_MONOTONIC) * 1e6) }

sub begin {
	my ($self, $node, %more) = @_;
	my $fault = { node => $node, from => monotonic(), %more };
	push @{ $self->{faults} }, $fault;
	return $fault;
}

sub end { $_[1]{until} = monotonic() }

sub lines {
	my ($self) = @_;
	open(my $in, '<', $self->{out}) or return ();
	return map { chomp; $_ } <$in>;
}

# What the probe wrote of a job, as hashes.
sub runs {
	my ($self, $job) = @_;
	return grep { $_->{job} eq $job } $self->probes;
}

sub probes {
	my ($self) = @_;
	my $checker = Checker->new(jobs => {}, hosts => {},
	    lines => [$self->lines], faults => []);
	return @{ $checker->{order} };
}

# Until another host says that this one lives no more, or does.
sub wait_missed {
	my ($self, $name, $by) = @_;
	$self->wait_for("$name to be missed", sub {
		!grep { $_->{node} eq $name && $_->{state} eq 'alive' }
		    @{ $self->node($by)->json('nodes') };
	});
}

# Until hosts say this of the cluster.
sub wait_state {
	my ($self, $state, @names) = @_;
	@names = @{ $self->{order} } unless @names;
	for my $name (@names) {
		$self->wait_for("$name to be $state", sub {
			my $status = eval { $self->node($name)->json('status') };
			return $status && $status->{cluster}{state} eq $state;
		});
	}
}

# Until every host has every server again: a majority is counted anew then.
sub wait_servers {
	my ($self) = @_;
	for my $d ($self->all) {
		$self->wait_for('all servers to be back', sub {
			my $status = $d->json('status')->{cluster};
			return !grep { $_->{state} ne 'ok' }
			    @{ $status->{servers} };
		});
	}
}

# What an EVALSHA of that script has in it.
sub sha {
	my ($self, $script) = @_;
	my $without = $self->{without} ? "-without-$self->{without}" : '';
	open(my $in, '<', "$Belfry::BUILD/master/cluster/scripts$without.c")
	    or die "scripts.c: $!";
	my ($sha) = map { /\{"$script", "([0-9a-f]{40})"/ ? $1 : () } <$in>;
	return $sha // die "no script $script\n";
}

sub wait_for {
	my ($self, @args) = @_;
	return $self->node($self->{order}[0])->wait_for(@args);
}

# Every scheduled job has run a slot that was due after this moment.
sub recovers {
	my ($self, @jobs) = @_;
	my $now = time * 1000;
	@jobs = sort keys %{ $self->{jobs} } unless @jobs;
	for my $job (@jobs) {
		my $spec = $self->{jobs}{$job};
		next unless $spec->{schedule} || $spec->{after};
		$self->wait_for("$job to recover", sub {
			grep { $_->{slot} > $now } $self->runs($job);
		});
	}
}

# Signals to one host: to some of its roles, or to all it has, jobs too.
sub signal_roles {
	my ($self, $signal, $name, @roles) = @_;
	my $pids = $self->node($name)->processes;
	my @pids = map { @{ $pids->{$_} } } @roles;
	kill $signal, @pids;
	return @pids;
}

# All that a host has started, jobs too.
sub pids_of {
	my ($self, $name) = @_;
	my $d = $self->node($name);
	return (grep { defined } $d->{pid}), $d->leftovers,
	    map { $_->{pid} }
	    grep { $_->{node} eq $name && is_probe($_->{pid}) } $self->probes;
}

sub is_probe {
	my ($pid) = @_;
	open(my $in, '<', "/proc/$pid/cmdline") or return 0;
	return (readline($in) // '') =~ /^\Q$PROBE\E\0/;
}

sub stop_host {
	my ($self, $name) = @_;
	my %stopped;
	while (my @more = grep { !$stopped{$_} } $self->pids_of($name)) {
		kill 'STOP', @more;
		@stopped{@more} = (1) x @more;
	}
	return keys %stopped;
}

# kill -9 of all its processes, as if the machine had died: at one moment, so
# that none sees the end of another and tells of it.
sub kill_node {
	my ($self, $name) = @_;
	my $d = $self->node($name);
	kill 'KILL', $self->stop_host($name);
	waitpid(delete $d->{pid}, 0);
	$self->wait_for("$name to be gone", sub {
		my @more = $self->pids_of($name);
		kill 'KILL', @more;
		return !@more;
	});
}

sub rows {
	my ($self, $name, $sql) = @_;
	return [] unless -e $self->node($name)->path('state/belfry.db');
	my ($status, $out, $err) = $self->node($name)->command('sqlite3',
	    '-json', '-readonly', '-cmd', '.timeout 5000',
	    $self->node($name)->path('state/belfry.db'), $sql);
	die "rows of $name: $err" if $status;
	return JSON::PP->new->decode($out || '[]');
}

# Rows first: what they tell of has been written down before.
sub checker {
	my ($self, $until) = @_;
	my $ms = int($until * 1000);
	my %hosts = map { $_ => {
		runs => $self->rows($_, 'select id, job, outcome, host, fence '
		    . "from runs where slot <= $ms"),
		ledger => $self->rows($_, 'select job, slot, until, outcome, '
		    . "reason, run from ledger where slot <= $ms"),
	} } @{ $self->{order} };
	my (@lines, %wanted);
	for my $line ($self->lines) {
		my ($what, $id, undef, $slot) = split ' ', $line;
		$wanted{$id} = Checker::milliseconds($slot) <= $ms
		    if $what eq 'begin';
		push @lines, $line if $wanted{$id} || !defined $wanted{$id};
	}
	return Checker->new(jobs => $self->{jobs}, lines => \@lines,
	    hosts => \%hosts, faults => $self->{faults},
	    from => $self->{from}, until => $until);
}

# Sets of runs in Redis of hosts that have no session.
sub residue {
	my ($self) = @_;
	my @found;
	for my $redis (@{ $self->{redis} }) {
		next unless $redis->{pid};
		my $nodes = $redis->command('HKEYS', 'belfry:{t}:n') // next;
		my %alive = map { $_ => 1 } @$nodes;
		my $keys = $redis->command('KEYS', 'belfry:{t}:r:*') // next;
		push @found, map { "residue: $_" } grep {
			!$alive{ (split /:r:/, $_)[1] }
		} @$keys;
	}
	return @found;
}

# What is wrong, up to now; what may still come right is waited for.
sub problems {
	my ($self) = @_;
	my $until = time;
	my $end = time + $Belfry::PATIENCE;
	my ($checker, @problems);
	do {
		sleep 0.2;
		$checker = $self->checker($until);
		@problems = ($checker->problems, $self->residue);
	} while (@problems && time < $end && !grep { /$HARD/ } @problems);
	$self->{count} = $checker->counts;
	return @problems;
}

sub check {
	my ($self, $what) = @_;
	my @problems = $self->problems;
	my $count = $self->{count};
	Test::More::is(join("\n", @problems), '', $what)
	    or $ENV{BELFRY_LOGS} && Test::More::diag(join "\n",
		map { ("== $_", $self->node($_)->log) } @{ $self->{order} });
	Test::More::note(join ', ',
	    map { ($count->{$_} // 0) . " $_" } qw(slots runs missed));
	Test::More::cmp_ok($count->{runs}, '>', 0, 'and there were runs');
}

1;
