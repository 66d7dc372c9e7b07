# A private launcher with a fake guardian and master (drive.c) in a temporary
# directory, and what it says, for tests of belfry-worker.
package Drive;

use strict;
use warnings;
use Cwd qw(abs_path);
use Errno;
use Fcntl;
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use IO::Select;
use IPC::Open3;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

our $BUILD = abs_path($ENV{BELFRY_BUILD} || dirname(__FILE__) . "/../../build");
$BUILD = reachable_copy($BUILD) unless is_reachable($BUILD);
our $JOBS = "$BUILD/t/jobs";

# Can every user execute what lies there? Not below a home of mode 0700.
sub is_reachable {
	my ($dir) = @_;
	for (; $dir ne '/'; $dir = dirname($dir)) {
		return 0 unless (stat $dir)[2] & 0001;
	}
	return 1;
}

# The programs that tests start as somebody else, where all can reach them.
sub reachable_copy {
	my ($from) = @_;
	my $to = tempdir('belfry-build.XXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $to;
	for my $dir (qw(worker t t/lib t/jobs)) {
		mkdir "$to/$dir";
		for my $file (grep { -f && -x } glob "$from/$dir/*") {
			copy($file, "$to/$dir/" . basename($file))
			    or die "$file: $!";
			chmod 0755, "$to/$dir/" . basename($file);
		}
	}
	return $to;
}
my $count = 0;

# prefix: words in front of the command, such as prlimit and its options;
# worker: another belfry-worker; runs: another directory for run files;
# cgroup: where control groups of runs are made.
sub new {
	my ($class, %opt) = @_;
	my $self = bless {events => [], text => ""}, $class;

	$self->{dir} = tempdir("belfry-worker-XXXXXX", TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $self->{dir};
	$self->{runs} = $opt{runs} || "$self->{dir}/runs";
	mkdir $self->{runs};
	chmod 0777, $self->{runs} if $opt{open};
	chmod 0777, $self->{dir} if $opt{open};
	open(my $err, ">>", "$self->{dir}/stderr") or die "stderr: $!";
	my @command = (@{$opt{prefix} || []}, "$BUILD/t/lib/drive",
	    $opt{worker} || "$BUILD/worker/belfry-worker",
	    $self->{runs}, "$self->{dir}/worker.sock", $opt{cgroup} // ());
	$self->{pid} = open3($self->{in}, $self->{out},
	    ">&" . fileno($err), @command);
	close $err;
	$self->{in}->autoflush(1);
	$self->{launcher} = $self->wait_for("launcher")->{pid};
	$self->wait_for("ready");
	return $self;
}

sub line {
	my ($self, @words) = @_;
	print {$self->{in}} join(" ", @words) . "\n";
}

sub escape {
	my ($text) = @_;
	$text =~ s/([\\\x00-\x1f\x7f-\xff])/sprintf("\\x%02x", ord($1))/ge;
	return $text;
}

# Describes a run, keys as in drive_spec.c; a list gives the key many times.
# Without env it has a PATH. Returns its id.
sub describe {
	my ($self, %spec) = @_;

	$spec{id} //= sprintf("run%04d", ++$count);
	$spec{env} //= ["PATH=/usr/bin:/bin"];
	$self->line("reset");
	for my $key (sort keys %spec) {
		my $value = $spec{$key};
		$self->line($key, escape($_))
		    for ref $value ? @$value : ($value);
	}
	return $spec{id};
}

# Describes, makes the run file and launches.
sub launch {
	my ($self, %spec) = @_;
	my $id = $self->describe(%spec);

	$self->line("create");
	$self->line("launch");
	return $id;
}

# Runs it to its end; the "done" event.
sub run {
	my ($self, %spec) = @_;
	my $id = $self->launch(%spec);
	my $done = $self->wait_for("done", $id);

	$self->wait_for("eof", $id);
	return $done;
}

sub read_event {
	my ($self, $until) = @_;
	my $select = IO::Select->new($self->{out});

	while ($self->{text} !~ /\n/) {
		my $left = $until - time;
		return undef if $left <= 0 || !$select->can_read($left);
		my $n = sysread($self->{out}, $self->{text}, 65536,
		    length $self->{text});
		return undef if !$n;
	}
	$self->{text} =~ s/^(.*)\n//;
	return decode_json($1);
}

# The next event of that name (and run); events before it stay for others.
# Dies when it does not come in time.
sub wait_for {
	my ($self, $name, $run, $seconds) = @_;
	my $until = time + ($seconds || 30);
	my $i = 0;

	for (;;) {
		while ($i >= @{$self->{events}}) {
			my $event = $self->read_event($until);
			if (!defined $event) {
				diag($self->stderr_text);
				die "no event $name " . ($run // "") . "\n";
			}
			push @{$self->{events}}, $event;
		}
		my $event = $self->{events}[$i];
		if ($event->{event} eq $name
		    && (!defined $run || ($event->{run} // "") eq $run)) {
			splice @{$self->{events}}, $i, 1;
			return $event;
		}
		$i++;
	}
}

# Whether such an event has come by now.
sub has {
	my ($self, $name, $run) = @_;
	return scalar grep { $_->{event} eq $name
		    && (!defined $run || ($_->{run} // "") eq $run) }
	    @{$self->{events}};
}

sub state {
	my ($self, $id) = @_;
	$self->line("state", $id);
	return $self->wait_for("state", $id);
}

# The output that was kept, and how much was left out in its middle.
sub output {
	my ($self, $id) = @_;
	my $path = "$self->{dir}/output";

	$self->line("output", $id, $path);
	my $event = $self->wait_for("output", $id);
	my $text = slurp($path);
	return wantarray ? ($text, $event->{gap}) : $text;
}

sub slurp {
	my ($path) = @_;
	open(my $fh, "<:raw", $path) or return undef;
	local $/;
	return scalar <$fh>;
}

sub spew {
	my ($path, $text, $mode) = @_;
	open(my $fh, ">:raw", $path) or die "$path: $!";
	print $fh $text;
	close $fh or die "$path: $!";
	chmod $mode, $path if defined $mode;
}

# A file in the instance's directory.
sub file {
	my ($self, $name, $text, $mode) = @_;
	my $path = "$self->{dir}/$name";

	spew($path, $text, $mode) if defined $text;
	return $path;
}

# Waits until sub says yes, at most 20 s.
sub until_true {
	my ($sub) = @_;
	my $until = time + 20;

	while (time < $until) {
		my $value = $sub->();
		return $value if $value;
		select(undef, undef, undef, 0.01);
	}
	return $sub->();
}

# Whether a process is there, and not a zombie.
sub alive {
	my ($pid) = @_;
	my $stat = slurp("/proc/$pid/stat") // return 0;
	return $stat !~ /\) [ZX] /;
}

sub stderr_text {
	my ($self) = @_;
	return slurp("$self->{dir}/stderr") // "";
}

# Ends it; the test fails when a process is left or a sanitizer has spoken.
sub finish {
	my ($self, $name) = @_;

	$name //= "nothing is left behind";
	close $self->{in};
	my $left = $self->wait_for("left");
	is($left->{pids}, "", $name);
	waitpid($self->{pid}, 0);
	is($?, 0, "driver ended well");
	unlike($self->stderr_text,
	    qr/Sanitizer|runtime error|out of memory/, "no report on stderr");
	$self->{ended} = 1;
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $!, $@);
	return if $self->{ended};
	close $self->{in};
	waitpid($self->{pid}, 0);
}

1;
