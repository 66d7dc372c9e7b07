# A private Redis server, and daemons that are hosts of one cluster, for a test.
#
#   my $redis = Cluster::Redis->new;
#   my $c = Cluster->new(redis => [$redis], nodes => ['a', 'b'],
#       jobs => { 'j.ini' => "[job j]\n..." });
#   $c->start;
#   my $d = $c->node('a'); # a Belfry
#
# Times are short: a session lasts two seconds.
package Cluster;

use strict;
use warnings;
use Belfry;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More ();
use Time::Local;
use Time::HiRes qw(time);

our %TIMES = ('heartbeat' => '400ms', 'session-ttl' => '2s',
    'lock-delay' => '500ms');

sub new {
	my ($class, %arg) = @_;
	my $self = bless { redis => $arg{redis}, order => $arg{nodes},
	    times => { %TIMES, %{ $arg{times} // {} } } }, $class;
	for my $name (@{ $arg{nodes} }) {
		my $d = Belfry->new(jobs => $arg{jobs});
		$self->{nodes}{$name} = $d;
		$self->conf($name, $arg{conf} // '', %{ $arg{$name} // {} });
	}
	# What jobs write, one line at a time.
	$self->{out} = $self->node($arg{nodes}[0])->path('out');
	for my $d ($self->all) {
		symlink $self->{out}, $d->path('out')
		    if $d->path('out') ne $self->{out};
	}
	return $self;
}

sub conf {
	my ($self, $name, $text, %master) = @_;
	my $urls = join ', ', $self->urls($name);
	my $cluster = join '', map { "$_ = $self->{times}{$_}\n" }
	    sort keys %{ $self->{times} };
	my $extra = join '', map { "$_ = $master{$_}\n" } sort keys %master;
	$self->node($name)->conf("node-name = $name\n$extra"
	    . "[cluster]\nname = t\nredis = $urls\n$cluster$text");
}

# Where a node finds Redis.
sub urls { my ($self, $name) = @_; map { $_->url } @{ $self->{redis} } }

sub node { $_[0]{nodes}{ $_[1] } }
sub all { my ($self) = @_; map { $self->{nodes}{$_} } @{ $self->{order} } }

# Starts them and waits until all have seen each other.
sub start {
	my ($self) = @_;
	$_->start for $self->all;
	$self->settled;
	return $self;
}

sub settled {
	my ($self, @names) = @_;
	@names = @{ $self->{order} } unless @names;
	$self->settled_as(join(' ', sort @names), @names);
}

# Until each of these sees the others that are wanted, "a b", and no more.
sub settled_as {
	my ($self, $want, @names) = @_;
	for my $name (@names) {
		my $d = $self->node($name);
		my $nodes;
		eval { $d->wait_for("$name to see $want", sub {
			$nodes = eval { $d->json('nodes') } or return 0;
			return $want eq join ' ', sort map { $_->{node} }
			    grep { $_->{state} eq 'alive' } @$nodes;
		}) } and next;
		Test::More::diag(map { "$_->{node}: $_->{state}\n" } @{ $nodes // [] });
		die $@;
	}
}

# The exit status of a daemon that finds when it starts that it may not take part
# for this reason. Where Redis is slow to answer it finds that too late, and does
# without: then it is started anew.
sub refused {
	my ($d, $why) = @_;
	for (1 .. 10) {
		$d->write('log', '');
		$d->spawn;
		$d->wait_for('it to be refused, or to be up', sub {
			$d->log =~ /$why|belfryd \S+ is up/;
		});
		return $d->wait_exit if $d->log !~ /belfryd \S+ is up/;
		$d->stop;
	}
	return 0;
}

# A command that appends a line: what a run sees, and when.
sub probe {
	my ($self) = @_;
	return 'echo "$BELFRY_JOB $BELFRY_NODE $BELFRY_SLOT $BELFRY_ATTEMPT '
	    . '$BELFRY_FENCE $BELFRY_TRIGGER" >>' . $self->{out};
}

# The lines of a job, as hashes; how many, in scalar context.
sub runs {
	my ($self, $job) = @_;
	my @runs;
	for my $line ($self->node($self->{order}[0])->lines('out')) {
		my %run;
		@run{qw(job node slot attempt fence trigger)}
		    = split ' ', $line;
		push @runs, \%run if $run{job} eq $job;
	}
	return @runs;
}

# Gives all hosts N jobs, each due at the same instants, the first of them in
# four seconds and the others so much later. When they are due.
sub crowd {
	my ($self, $n, $command, @later) = @_;
	my @due = map { int(time) + 4 + $_ } 0, @later;
	my $at = join ',', map {
		my @t = gmtime $_;
		sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900,
		    $t[4] + 1, @t[3, 2, 1, 0];
	} @due;
	for my $d ($self->all) {
		$d->job('crowd.ini', join '', map {
			"[job j$_]\nschedule = \@at $at\nstart-deadline = 1m\n"
			    . "command = $command\n"
		} 1 .. $n);
		$d->belfry('reload') if $d->{pid};
	}
	return @due;
}

# The same columns of all runs that were a success, over all hosts or some.
sub successes {
	my ($self, $columns, @names) = @_;
	return map {
		my ($status, $out, $err) = $_->command('sqlite3', '-readonly',
		    '-cmd', '.timeout 5000', $_->path('state/belfry.db'),
		    "select $columns from runs where outcome = 'success'");
		die "successes: $err" if $status;
		map { [split /\|/] } split /\n/, $out;
	} @names ? map { $self->node($_) } @names : $self->all;
}

# Nothing can be launched on a host, until what this gives back is called.
sub stop_launchers {
	my ($self, $name) = @_;
	my @pids = @{ $self->node($name)->processes->{launcher} };
	kill 'STOP', @pids;
	return sub { kill 'CONT', @pids };
}

# All ledger rows of a job over all hosts, by slot.
sub ledger {
	my ($self, $job) = @_;
	my @rows;
	for my $name (@{ $self->{order} }) {
		push @rows, map { +{ %$_, on => $name } }
		    $self->node($name)->ledger($job);
	}
	@rows = sort { $a->{slot} <=> $b->{slot} } @rows;
	return @rows;
}

# The same as text, for who reads of a failure.
sub rows {
	my ($self, $job) = @_;
	return join "\n", map {
		join ' ', @$_{qw(on slot until outcome)},
		    grep { defined } @$_{qw(reason detail)};
	} $self->ledger($job);
}

# Slots of a job of every second that no host has a row of, between its first
# run and the last but two.
sub unaccounted {
	my ($self, $job) = @_;
	my %known;
	for my $row ($self->ledger($job)) {
		$known{$_} = 1 for int $row->{slot} .. int $row->{until};
	}
	my @slots = sort { $a <=> $b } map { seconds($_->{slot}) }
	    $self->runs($job);
	return grep { !$known{$_} } $slots[0] .. $slots[-3];
}

# Rows of a job that begin before the one before them ends.
sub doubled {
	my ($self, $job) = @_;
	my ($end, @doubled) = (0);
	for my $row ($self->ledger($job)) {
		push @doubled, $row->{slot} if $row->{slot} <= $end;
		$end = $row->{until} if $row->{until} > $end;
	}
	return @doubled;
}

sub seconds {
	my ($y, $m, $d, $h, $min, $s)
	    = $_[0] =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)/;
	return Time::Local::timegm($s, $min, $h, $d, $m - 1, $y);
}

# kill -9 of all its processes, as if the machine had died: at one moment, so
# that none sees the end of another and tells of it.
sub kill_node {
	my ($self, $name) = @_;
	my $d = $self->node($name);
	my @left = ($d->{pid}, $d->leftovers);
	kill 'STOP', @left;
	kill 'KILL', @left;
	waitpid(delete $d->{pid}, 0);
	$d->wait_for("$name to be gone", sub {
		my @more = $d->leftovers;
		kill 'KILL', @more;
		return !@more;
	});
}

sub finish {
	my ($self) = @_;
	my @all = grep { $_->{pid} } $self->all;
	# Twice: what runs is ended.
	kill 'TERM', $_->{pid} for @all;
	for my $d (@all) {
		$d->wait_for('the drain', sub { $d->log =~ /: draining, / });
		kill 'TERM', $d->{pid};
	}
	$_->wait_exit for @all;
	$_->finish for $self->all;
}

# As Redis (t/lib/Redis.pm), whose stop is its end, at once.
package Cluster::Redis;

use strict;
use warnings;
use Redis;

our @ISA = ('Redis');

sub new {
	my ($class, %arg) = @_;
	return $class->SUPER::new(%arg, options => $arg{args});
}

sub stop { $_[0]->kill }

sub signal { CORE::kill $_[1], $_[0]{pid} }

# One command and its answer, over a connection of its own; undef: it is not
# there, or it refuses.
sub command {
	my ($self, @words) = @_;
	delete $self->{socket};
	return eval { $self->call(@words) };
}

1;
