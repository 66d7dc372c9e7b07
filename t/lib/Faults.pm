# One round of the crash tests: a private daemon runs one slot of one job in
# two attempts, somebody dies at a point of common/base/fault.h, and the ledger
# is held against what the job itself wrote down.
#
#   my $round = Faults::round(only => 'WORKER_CLAIMED', die => 1);
#
# die     which of the points that are passed
# only    the point that counts, by name; all do without
# after   the point where somebody dies first, before others count
# fails   what fails instead: [kind, role, which, errno], numbers of fault.h
#         and of enum role_id
# whom    who dies: self (who passes the point), guardian, all
# conf    a function: lines for belfry.conf, given the daemon
# job     a function: the job's keys, given the daemon; it writes what the
#         shell line of the usual one writes
# sql     a function: what a query says, given the daemon and its text, where
#         ledger and runs are not in SQLite
#
# The answer: points passed, died (their names), problems (texts), log.
package Faults;

use strict;
use warnings;
use Belfry;
use File::Basename qw(dirname);
use POSIX qw(WNOHANG strftime);
use Time::HiRes qw(sleep time);

# enum role_id, enum fault_kind
our ($MASTER, $RECORDER, $WORKER) = (2, 4, 6);
our ($ALLOC, $WRITE) = (1, 2);

my $HEAD = 'L5 L3 L3 l16 L6';
my $SIZE = 4 * (5 + 3 + 3 + 16 + 6) + 1024;

# The names of the points, in order; and where those begin that only recovery
# passes. Those that need another kind of job or store are extra.
our (@POINTS, $RECOVERY, @AFTER, @LIBRARY, @STORE);
{
	open(my $in, '<', dirname(__FILE__) . '/../../common/base/fault.h')
	    or die "fault.h: $!";
	my $list = \@POINTS;
	while (<$in>) {
		$RECOVERY //= @POINTS if /Only when somebody died/;
		$list = \@AFTER if /Only when a job comes after/;
		$list = \@LIBRARY if /Only in a job that a library/;
		$list = \@STORE if /Only with PostgreSQL/;
		push @$list, $1 if /^\tX\(([A-Z_]+)\)/;
	}
}

# Bytes of the file that the processes share.
sub size { return $SIZE }

# Whether the daemon was built with points in it.
sub built {
	open(my $in, '<:raw', $Belfry::DAEMON) or return 0;
	local $/;
	return index(<$in>, 'BELFRY_FAULTS') >= 0;
}

sub all_points { return (@POINTS, @AFTER, @LIBRARY, @STORE) }

# The number of a point in the file; 0: any.
sub number {
	my ($name) = @_;
	return 0 unless defined $name;
	my @all = all_points();
	my ($n) = grep { $all[$_ - 1] eq $name } 1 .. @all;
	return $n // die "no point $name\n";
}

sub arm {
	my ($d, %spec) = @_;
	my $whom = $spec{whom} // 'self';
	my @deaths = (number($spec{only}), $spec{die} // 0, 0);
	@deaths = (number($spec{after}), 1, 0, @deaths) if $spec{after};
	push @deaths, (0) x (6 - @deaths);
	my @victims;
	push @victims, $d->{pid} if $whom ne 'self';
	push @victims, map { @$_ } values %{ $d->processes }
	    if $whom eq 'all';
	my $n = @victims;
	push @victims, (0) x (16 - $n);
	open(my $out, '+<', $d->path('faults')) or die "faults: $!";
	binmode $out;
	my @fails = (0) x 6;
	@fails = (@{ $spec{fails} }, 0, 0) if $spec{fails};
	syswrite $out, pack($HEAD, 0, 0, 0, 0, $n, @deaths, @victims, @fails);
	sysseek $out, 0, 0;
	syswrite $out, pack('L', 1);
	close $out;
}

sub passed {
	my ($d) = @_;
	my $file = $d->read('faults');
	my (undef, $passed, undef, undef, undef, @rest) = unpack($HEAD, $file);
	my @deaths = @rest[0 .. 5];
	my @all = all_points();
	return {
		passed => $passed,
		failed => $rest[-1],
		died => [map { $all[$_ - 1] } grep { $_ } @deaths[2, 5]],
		trace => [map { $all[$_ - 1] } grep { $_ }
		    unpack 'C*', substr($file, -1024)],
	};
}

sub sql {
	my ($d, $text) = @_;
	return $d->{sql}->($d, $text) if $d->{sql};
	my ($status, $out, $err) = $d->command('sqlite3', '-json', '-readonly',
	    $d->path('state/belfry.db'), $text);
	return undef if $status == 5; # locked by who starts or ends just now
	die "sqlite3: status $status: $err\n" if $status;
	return JSON::PP->new->decode($out || '[]');
}

# A job with one slot, a moment from now.
sub give_job {
	my ($d, $text) = @_;
	my $at = int(time) + 2;
	my $slot = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $at);
	$d->job('probe.ini', "[job probe]\nschedule = \@at $slot\n$text");
	$d->json('reload');
	return $at;
}

# All that was begun is over, and nothing is to come.
sub is_settled {
	my ($d) = @_;
	my $rows = sql($d, 'select (select count(*) from ledger where outcome '
	    . 'is not null) ended, (select count(*) from ledger where outcome '
	    . 'is null) + (select count(*) from runs where outcome is null or '
	    . 'retry_ms is not null) open');
	return $rows && $rows->[0]{ended} > 0 && $rows->[0]{open} == 0;
}

# Starts the daemon again when its guardian died.
sub keep_up {
	my ($d) = @_;
	return if waitpid($d->{pid}, WNOHANG) != $d->{pid};
	$d->start;
}

sub check_files {
	my ($d) = @_;
	my @problems;
	for my $path (glob $d->path('state/runs/*')) {
		open(my $in, '<:raw', $path) or next;
		my $n = sysread($in, my $head, 12) // 0;
		next if $n == 0;
		push @problems, "run file $path is not free"
		    if $n != 12 || unpack('x8 L', $head) != 0;
	}
	return @problems;
}

# Ledger, runs and what the job wrote: "b SLOT ATTEMPT RUN" when it began,
# "e ..." when it ended.
sub check_ledger {
	my ($d, $slot, $died) = @_;
	my @problems;
	my (%began, %ended, %attempts);
	for ($d->lines('probe')) {
		my ($what, undef, $attempt, $run) = split;
		($what eq 'b' ? \%began : \%ended)->{$run}++;
		$attempts{$attempt}++ if $what eq 'b';
	}
	push @problems, "attempt $_ ran $attempts{$_} times"
	    for grep { $attempts{$_} > 1 } sort keys %attempts;
	my $ledger = sql($d, 'select * from ledger');
	push @problems, @$ledger . ' rows of one slot' if @$ledger != 1;
	my $row = $ledger->[0];
	push @problems, "a row of slot $row->{slot}, not $slot"
	    if $row->{slot} != $slot;
	my %runs = map { $_->{id} => $_ } @{ sql($d, 'select * from runs') };
	push @problems, "$_ ran and is not recorded"
	    for grep { !$runs{$_} } keys %began;
	for my $run (values %runs) {
		push @problems, outcome_problem($run, $began{ $run->{id} },
		    $ended{ $run->{id} }, $died);
	}
	my ($last) = sort { $b->{attempt} <=> $a->{attempt} } values %runs;
	push @problems, "row: $row->{outcome}, last run: $last->{outcome}"
	    if $last && $last->{outcome} ne $row->{outcome};
	push @problems, "slot is $row->{outcome} ($row->{detail})"
	    if !$last;
	return @problems;
}

# Is the outcome true? Only where worker or job itself died may it be unknown,
# and only where a write failed may it not have begun.
sub outcome_problem {
	my ($run, $began, $ended, $died) = @_;
	my $outcome = $run->{outcome};
	my $at = "run $run->{id} attempt $run->{attempt}";
	my $text = "$at: $outcome (" . ($run->{reason} // '') . ')';
	if ($outcome eq 'success' || $outcome eq 'failure'
	    && !$run->{signal}) {
		return "$text, and it did not end" unless $began && $ended;
		my $expected = $run->{attempt} == 1 ? 'failure' : 'success';
		return $outcome eq $expected ? () : $text;
	}
	return () if $outcome eq 'launch-failed' && !$began
	    && grep { $_ eq 'NOT_BEGUN' } @$died;
	return $text unless grep { /^(?:WORKER|JOB)/ } @$died;
	return "$text, and it ran to its end"
	    if $outcome eq 'launch-failed' && $began;
	return ();
}

# The usual job: fails at once, and is good in its second attempt, which lasts
# longer than a worker waits for it alone.
sub command {
	my ($d) = @_;
	my $out = '>>' . $d->path('probe');
	my $say = '$BELFRY_SLOT $BELFRY_ATTEMPT $BELFRY_RUN_ID';
	return "command = echo b $say $out; "
	    . 'test $BELFRY_ATTEMPT = 1 || sleep 0.3; '
	    . "echo e $say $out; test \$BELFRY_ATTEMPT != 1\n";
}

# A round whose slot came before all was ready says nothing: what is past when
# a job is first seen never runs.
sub round {
	my (%spec) = @_;
	for (1 .. 10) {
		my $round = try_round(%spec);
		return $round if $round;
	}
	return { died => [], log => '', problems => ['this is too slow'] };
}

sub try_round {
	my (%spec) = @_;
	# A disk takes its time with files that come and go.
	local $ENV{TMPDIR} = -w '/dev/shm' ? '/dev/shm' : $ENV{TMPDIR} // '/tmp';
	my $d = Belfry->new;
	$d->conf($spec{conf}->($d)) if $spec{conf};
	$d->{sql} = $spec{sql};
	$d->write('faults', "\0" x $SIZE);
	chmod 0666, $d->path('faults');
	local $ENV{BELFRY_FAULTS} = $d->path('faults');
	$d->start;
	my $at = give_job($d, ($spec{job} // \&command)->($d)
	    . "retries = 1\nretry-delay = 100ms\n");
	arm($d, %spec);
	return undef if time >= $at;
	my %round = (died => [], problems => [],
	    may_lose => $spec{fails} ? $spec{fails}[1] == $WORKER
	    ? ['WORKER'] : ['NOT_BEGUN'] : undef);
	eval {
		watch($d, $at * 1000, \%round);
		1;
	} or push @{ $round{problems} }, $@;
	push @{ $round{problems} }, 'a sanitizer complained'
	    if $d->log =~ /Sanitizer|runtime error:/;
	$round{log} = $d->log;
	return \%round;
}

# Waits until the slot is over, and looks at what there is then.
sub watch {
	my ($d, $slot, $round) = @_;
	$d->wait_for('the slot to be over', sub {
		keep_up($d);
		sleep 0.1; # a look is a process
		return is_settled($d);
	});
	my ($status, $out);
	$d->wait_for('an answer of verify', sub {
		keep_up($d);
		($status, $out) = $d->belfry('verify');
		return $status == 0 || $out ne '';
	});
	push @{ $round->{problems} }, "verify: $out" if $status;
	%$round = (%$round, %{ passed($d) });
	$d->stop;
	push @{ $round->{problems} },
	    check_ledger($d, $slot, $round->{may_lose} // $round->{died}),
	    check_files($d);
	$d->wait_for('all processes to be gone', sub {
		return !$d->leftovers;
	});
}

# Takes rounds from the list, several at once: next() gives the specification
# of one, or nothing when there is no more; done(spec, round) is told.
sub rounds {
	my (%arg) = @_;
	my (%out, $over);
	my $most = $arg{jobs} // 12;
	while (!$over || %out) {
		while (!$over && keys %out < $most) {
			my $spec = $arg{next}->();
			if (!$spec) {
				$over = 1;
				last;
			}
			my $pid = open(my $in, '-|') // die "fork: $!";
			if ($pid == 0) {
				my $round = round(%$spec);
				print JSON::PP->new->ascii->encode($round);
				close STDOUT;
				POSIX::_exit(0);
			}
			$out{$pid} = { in => $in, spec => $spec, text => '' };
		}
		my $ready = '';
		vec($ready, fileno($_->{in}), 1) = 1 for values %out;
		select($ready, undef, undef, undef) if %out;
		for my $pid (keys %out) {
			my $o = $out{$pid};
			next unless vec($ready, fileno($o->{in}), 1);
			next if sysread($o->{in}, $o->{text}, 65536,
			    length $o->{text});
			close $o->{in};
			delete $out{$pid};
			my $round = eval { JSON::PP->new->decode($o->{text}) }
			    // { died => [], log => '',
			    problems => ['the round itself died'] };
			$arg{done}->($o->{spec}, $round);
		}
	}
}

# One test for a round.
sub ok_round {
	my ($what, $round) = @_;
	Test::More::is(join("\n", @{ $round->{problems} }), '', $what)
	    or Test::More::diag($round->{log});
}

1;
