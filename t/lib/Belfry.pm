# A private daemon for a test: in a temporary directory of its own, waited for
# until it is ready, ended with the test, with nothing left behind.
#
#   my $d = Belfry->new(jobs => { 'a.ini' => "[job a]\n..." }, conf => '...');
#   $d->start;
#   my $runs = $d->json('history', 'a');
#
# At the end a sanitizer's report in the log, or a process that is left, fails
# the test.
package Belfry;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IPC::Open3;
use JSON::PP;
use POSIX qw(WNOHANG);
use Symbol qw(gensym);
use Test::More ();
use Time::HiRes qw(sleep time);

our $BUILD = abs_path($ENV{BELFRY_BUILD} // 'build');
our $DAEMON = "$BUILD/master/belfryd";
our $BELFRY = "$BUILD/master/cli/belfry";
our $PATIENCE = 30; # seconds until a thing that must happen has not

sub new {
	my ($class, %arg) = @_;
	my $self = bless {
		dir => tempdir('belfry.XXXXXX', TMPDIR => 1),
		owner => $$,
	}, $class;
	chmod 0755, $self->{dir};
	mkdir "$self->{dir}/jobs";
	$self->conf($arg{conf} // '');
	$self->job($_, $arg{jobs}{$_}) for sort keys %{ $arg{jobs} // {} };
	return $self;
}

sub dir { $_[0]{dir} }
sub path { "$_[0]{dir}/$_[1]" }

# Text below [master] (first lines without a section) and further sections.
sub conf {
	my ($self, $text) = @_;
	my $dir = $self->{dir};
	my ($master, $rest) = split /^(?=\[)/m, $text, 2;
	$master //= '';
	$rest //= '';
	if (defined $text && $text =~ /\A\[/) {
		$rest = $text;
		$master = '';
	}
	# A test that dies would leave a control group to the machine.
	$master = "cgroup = off\n$master" unless $master =~ /^cgroup\b/m;
	$self->write('belfry.conf', <<"END");
[master]
state-dir = $dir/state
run-dir = $dir/run
jobs-dir = $dir/jobs
log-level = debug
$master
$rest
END
}

sub write {
	my ($self, $name, $text) = @_;
	open(my $out, '>', "$self->{dir}/$name") or die "$name: $!";
	binmode $out;
	print $out $text;
	close $out or die "$name: $!";
}

sub read {
	my ($self, $name) = @_;
	open(my $in, '<', "$self->{dir}/$name") or return undef;
	local $/;
	return scalar <$in>;
}

sub lines {
	my ($self, $name) = @_;
	return split /\n/, $self->read($name) // '';
}

sub job {
	my ($self, $file, $text) = @_;
	$self->write("jobs/$file", $text);
}

# Starts the daemon in the foreground and waits until it answers. {through}
# are words of a command that becomes it, as "ip netns exec NAME".
sub start {
	my ($self, @args) = @_;
	$self->spawn(@args);
	$self->wait_for('the daemon to be ready', sub {
		die "belfryd ended:\n" . $self->log
		    if waitpid($self->{pid}, WNOHANG) == $self->{pid};
		return $self->log =~ /guardian\[$self->{pid}\]: belfryd \S+ is up/;
	});
	return $self;
}

sub spawn {
	my ($self, @args) = @_;
	open(my $log, '>>', "$self->{dir}/log") or die "log: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>&', $log);
		open(STDERR, '>&', $log);
		setpgrp(0, 0);
		if (defined $self->{clock}) {
			$ENV{LD_PRELOAD} = "$BUILD/t/lib/libclock.so";
			$ENV{BELFRY_TEST_CLOCK} = $self->path('clock');
		}
		exec @{ $self->{through} // [] }, $DAEMON, '-c', "$self->{dir}/belfry.conf", '-f', @args
		    or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	return $pid;
}

sub log { $_[0]->read('log') // '' }

# Gives the daemon a wall clock of its own, before it starts or while it runs:
# it goes as fast as the real one, and shows this time now.
sub set_clock {
	my ($self, $time) = @_;
	$self->{clock} = sprintf('%.0f', ($time - time) * 1e9);
	$self->write_clock;
}

sub step_clock {
	my ($self, $seconds) = @_;
	$self->{clock} += sprintf('%.0f', $seconds * 1e9);
	$self->write_clock;
}

sub write_clock {
	my ($self) = @_;
	open(my $out, -e $self->path('clock') ? '+<' : '>',
	    $self->path('clock')) or die "clock: $!";
	syswrite $out, pack('q', $self->{clock}) or die "clock: $!";
	close $out;
	chmod 0644, $self->path('clock');
}

# What that clock shows.
sub clock { return time + ($_[0]{clock} // 0) / 1e9 }

# The ledger of a job, in order of slots: hashes of its columns, times in
# seconds.
sub ledger {
	my ($self, $job) = @_;
	my ($status, $out, $err) = $self->command('sqlite3', '-json',
	    '-readonly', $self->path('state/belfry.db'),
	    'select slot / 1000.0 slot, until / 1000.0 until, count, outcome, '
	    . "reason, detail, run, attempts from ledger where job = '$job' "
	    . 'order by slot');
	die "ledger: $err" if $status;
	return @{ JSON::PP->new->decode($out || '[]') };
}

# Ends it as a service manager would; the exit status.
sub stop {
	my ($self, $signal) = @_;
	return undef unless $self->{pid};
	kill $signal // 'TERM', $self->{pid};
	return $self->wait_exit;
}

sub wait_exit {
	my ($self) = @_;
	my $pid = $self->{pid};
	my $status;
	$self->wait_for('the daemon to end', sub {
		return 0 if waitpid($pid, WNOHANG) != $pid;
		$status = $?;
		return 1;
	});
	delete $self->{pid};
	return $status;
}

# Waits for a condition, not for a time.
sub wait_for {
	my ($self, $what, $condition, $patience) = @_;
	my $end = time + ($patience // $PATIENCE);
	while (time < $end) {
		my $value = $condition->();
		return $value if $value;
		sleep 0.02;
	}
	Test::More::diag($self->log);
	die "waited in vain for $what\n";
}

# Runs a command: (status, stdout, stderr). status as the shell has it.
sub command {
	my ($self, @command) = @_;
	my ($in, $out, $err) = (undef, undef, gensym);
	my $pid = open3($in, $out, $err, @command);
	close $in;
	my ($text, $errors) = ('', '');
	my $select = '';
	vec($select, fileno($out), 1) = 1;
	vec($select, fileno($err), 1) = 1;
	while (unpack('%32b*', $select)) {
		my $ready = $select;
		select($ready, undef, undef, undef);
		for ([$out, \$text], [$err, \$errors]) {
			my ($handle, $into) = @$_;
			next unless vec($ready, fileno($handle), 1);
			my $n = sysread($handle, $$into, 65536, length $$into);
			vec($select, fileno($handle), 1) = 0 unless $n;
		}
	}
	waitpid($pid, 0);
	my $status = $? & 127 ? 128 + ($? & 127) : $? >> 8;
	return ($status, $text, $errors);
}

sub belfry {
	my ($self, @args) = @_;
	return $self->command($BELFRY, '-c', "$self->{dir}/belfry.conf",
	    @args);
}

# The parsed answer of a command with --json; dies when it failed.
sub json {
	my ($self, @args) = @_;
	my ($status, $out, $err) = $self->belfry('--json', @args);
	die "belfry @args: status $status: $err\n" if $status != 0;
	return JSON::PP->new->utf8->decode($out);
}

# Runs a job by hand; its run id.
sub run {
	my ($self, $job) = @_;
	return $self->json('run', $job)->{run};
}

# The finished run as the history has it.
sub finished {
	my ($self, $id) = @_;
	return $self->wait_for("run $id to end", sub {
		my $run = eval { $self->json('show', $id) };
		return defined $run && defined $run->{outcome} ? $run : undef;
	});
}

# Runs of a job that have ended, the newest first.
sub ended {
	my ($self, $job) = @_;
	return grep { defined $_->{outcome} }
	    @{ $self->json('history', $job, '-n', 1000) };
}

# Pids of the daemon's processes: role -> [pid, ...].
sub processes {
	my ($self) = @_;
	my %pids;
	push @{ $pids{ $_->{role} } }, $_->{pid}
	    for @{ $self->json('status')->{processes} };
	return \%pids;
}

# Everything that was started below this directory and still lives.
sub leftovers {
	my ($self) = @_;
	my @left;
	for my $entry (glob '/proc/[0-9]*') {
		open(my $in, '<', "$entry/environ") or next;
		local $/;
		my $text = <$in> // '';
		open(my $cmd, '<', "$entry/cmdline") or next;
		$text .= "\0" . (<$cmd> // '');
		next unless index($text, $self->{dir}) >= 0;
		my ($pid) = $entry =~ /(\d+)$/;
		push @left, $pid if $pid != $$;
	}
	return @left;
}

sub finish {
	my ($self) = @_;
	return if $self->{finished}++;
	if ($self->{pid}) {
		kill 'TERM', $self->{pid};
		kill 'TERM', $self->{pid};
		eval { $self->wait_exit; 1 } or kill 'KILL', $self->{pid};
	}
	my $end = time + 10;
	my @left;
	while ((@left = $self->leftovers) && time < $end) {
		sleep 0.05;
	}
	Test::More::is("@left", '', 'nothing is left running');
	kill 'KILL', @left if @left;
	my $log = $self->log;
	Test::More::unlike($log, qr/Sanitizer|runtime error:/,
	    'no sanitizer complained')
	    or Test::More::diag($log);
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($@, $?);
	if ($self->{pid}) {
		kill 'KILL', $self->{pid};
		waitpid($self->{pid}, 0);
	}
	kill 'KILL', $_ for $self->leftovers;
	remove_tree($self->{dir});
}

1;
