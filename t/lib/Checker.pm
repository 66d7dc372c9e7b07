# Holds what hosts of a cluster say against what jobs have written down
# themselves (t/jobs/probe.c) and against the schedule. Knows nothing of the
# daemon's code; only fire times are asked of "belfry next".
#
#   my $check = Checker->new(jobs => {...}, lines => [...], hosts => {...},
#       faults => [...], from => TIME, until => TIME);
#   $check->problems     texts, each with its kind in front; none is good
#   $check->counts       slots, runs, missed
#
# jobs    name => { schedule, guarantee, overlap, copies, deadline, after,
#         sure }: copies is how many hosts run a slot (1), deadline is in
#         seconds, after the delay of an @after job in seconds; what is sure
#         is missed only in trouble
# lines   of the probe
# hosts   name => { runs => [...], ledger => [...] }: rows of its store
# faults  { node, from, until } in microseconds of the monotonic clock, until
#         undef when it is not over; frozen: the host stood still, and what it
#         ran is there until it is told of that; forgets: so many servers lost
#         their memory that nobody knows who ran what
# from, until: every slot between them has to be accounted for
#
# Kinds: duplicate, overlap, silent-miss, phantom, late, early, fence, status,
# lost-work, interval, twice-told, missed, line.
package Checker;

use strict;
use warnings;
use Belfry;
use POSIX qw(floor strftime);
use Time::Local;

our $LATE_SLACK = 2; # s; a fork on a loaded machine
our $EARLY = 0.5;
our $END_SLACK = 4; # s; until what a frozen host ran has ended

sub new {
	my ($class, %arg) = @_;
	my $self = bless { %arg, problems => [], count => {} }, $class;
	$self->read_lines;
	$self->read_hosts;
	for my $job (sort keys %{ $self->{jobs} }) {
		$self->check_job($job, $self->{jobs}{$job});
	}
	$self->check_run($_) for @{ $self->{order} };
	$self->check_rows;
	return $self;
}

sub problems { return @{ $_[0]{problems} } }
sub counts { return $_[0]{count} }

sub found {
	my ($self, $kind, $format, @values) = @_;
	push @{ $self->{problems} }, "$kind: " . sprintf $format, @values;
}

# RFC 3339 in UTC, to milliseconds since 1970.
sub milliseconds {
	my ($y, $mon, $d, $h, $min, $s, $part) = $_[0]
	    =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(\.\d+)?Z$/ or return undef;
	return timegm($s, $min, $h, $d, $mon - 1, $y) * 1000
	    + int(($part // 0) * 1000 + 0.5);
}

sub read_lines {
	my ($self) = @_;
	my (%runs, @order);
	for my $line (@{ $self->{lines} }) {
		my ($what, $id, @rest) = split ' ', $line;
		if ($what eq 'begin' && @rest == 10) {
			my %run = (id => $id, at => $line);
			@run{qw(job slot attempt fence node trigger pid begin
			    real lock)} = @rest;
			$run{slot} = milliseconds($run{slot});
			$self->found('duplicate', 'run %s began twice: %s', $id,
			    $line) if $runs{$id};
			$runs{$id} = \%run;
			push @order, \%run;
		} elsif ($runs{$id} && $what =~ /^(?:end|term)$/ && @rest == 1) {
			$runs{$id}{$what} = $rest[0];
		} else {
			$self->found('line', 'not understood: %s', $line);
		}
	}
	$self->{runs} = \%runs;
	$self->{order} = [sort { $a->{begin} <=> $b->{begin} } @order];
	$self->{count}{runs} = @order;
}

sub read_hosts {
	my ($self) = @_;
	for my $host (sort keys %{ $self->{hosts} }) {
		push @{ $self->{rows}{ $_->{id} } }, { %$_, on => $host }
		    for @{ $self->{hosts}{$host}{runs} };
		push @{ $self->{ledger}{ $_->{job} } }, { %$_, on => $host }
		    for @{ $self->{hosts}{$host}{ledger} };
	}
}

# Whether a host was in trouble at some time between the two.
sub was_faulted {
	my ($self, $node, $from, $until) = @_;
	return grep { ($_->{node} eq $node || $_->{node} eq '*')
	    && $_->{from} <= $until && ($_->{until} // 9e18) >= $from }
	    @{ $self->{faults} };
}

sub is_slot { return $_[0]{trigger} =~ /^(?:schedule|catch-up|retry)$/ }

sub every { return $_[0]{schedule} =~ /^\@every (\d+)s$/ ? $1 : 0 }

# Fire times of a job in the window, as "belfry next" has them: milliseconds.
sub slots {
	my ($self, $spec, $runs) = @_;
	my ($from, $until) = @$self{qw(from until)};
	my $n = int($until - $from) + 3;
	# An interval counts from when the job was first seen.
	$from -= (floor($from) - $runs->[0]{slot} / 1000) % every($spec)
	    if @$runs && every($spec);
	open(my $in, '-|', $Belfry::BELFRY, 'next', '-n', $n, '--from',
	    strftime('%FT%TZ', gmtime floor($from)), '--', $spec->{schedule})
	    or die "belfry next: $!";
	my @slots = map { chomp; s/[+]00:00$/Z/; milliseconds($_) } <$in>;
	close $in or die "belfry next failed\n";
	return grep { $_ > $from * 1000 && $_ <= $until * 1000 } @slots;
}

sub check_job {
	my ($self, $job, $spec) = @_;
	my @runs = grep { $_->{job} eq $job } @{ $self->{order} };
	my %at;
	push @{ $at{ $_->{slot} } }, $_ for grep { is_slot($_) } @runs;
	$self->check_copies($job, $spec, $at{$_}) for sort keys %at;
	$self->check_times($job, $spec, \@runs);
	$self->check_overlap($job, \@runs)
	    if ($spec->{overlap} // 'allow') ne 'allow';
	$self->check_fences($job, $spec, \@runs);
	$self->check_delays($job, $spec, \@runs) if $spec->{after};
	return unless $spec->{schedule};
	my %is_slot = map { $_ => 1 } my @slots = $self->slots($spec,
	    [grep { is_slot($_) } @runs]);
	$self->check_slot($job, $spec, $_, $at{$_} // []) for @slots;
	for my $run (map { @$_ } values %at) {
		next if $run->{slot} <= $self->{from} * 1000
		    || $run->{slot} > $self->{until} * 1000;
		$self->found('phantom', 'no slot of %s: %s', $job, $run->{at})
		    unless $is_slot{ $run->{slot} };
	}
}

# Runs of one slot: one, or attempts of which each came after the loss of the
# one before.
sub check_copies {
	my ($self, $job, $spec, $runs) = @_;
	my $copies = $spec->{copies} // 1;
	if (($spec->{guarantee} // '') ne 'at-least-once') {
		$self->found('duplicate', '%s: %s', $job,
		    join ' AND ', map { $_->{at} } @$runs) if @$runs > $copies;
		my %on;
		$on{ $_->{node} }++ for @$runs;
		$self->found('duplicate', '%s twice on one host: %s', $job,
		    $runs->[0]{at}) if grep { $_ > 1 } values %on;
		return;
	}
	for (1 .. $#$runs) {
		my ($before, $run) = @$runs[$_ - 1, $_];
		$self->found('duplicate', '%s, and nothing was wrong: %s AND %s',
		    $job, $before->{at}, $run->{at})
		    unless $self->was_faulted($before->{node}, $before->{begin},
			$run->{begin});
		$self->found('duplicate', '%s: no later attempt: %s AND %s',
		    $job, $before->{at}, $run->{at})
		    unless $run->{attempt} > $before->{attempt};
	}
}

sub check_times {
	my ($self, $job, $spec, $runs) = @_;
	for my $run (@$runs) {
		next unless is_slot($run);
		my $late = $run->{real} / 1e6 - $run->{slot} / 1e3;
		$self->found('early', '%s by %.3f s: %s', $job, -$late,
		    $run->{at}) if $late < -$EARLY;
		next unless $spec->{deadline} && $run->{trigger} eq 'schedule'
		    && $run->{attempt} == 1;
		$self->found('late', '%s by %.3f s: %s', $job, $late,
		    $run->{at}) if $late > $spec->{deadline} + $LATE_SLACK;
	}
}

# Of runs whose end is known by time; of the others the lock tells.
sub check_overlap {
	my ($self, $job, $runs) = @_;
	my @before;
	for my $run (@$runs) {
		next if $run->{trigger} eq 'manual';
		my @with = grep {
			my $end = $_->{end} // $_->{term} // 0;
			$end > $run->{begin} && !$self->was_frozen($_, $run)
		} @before;
		$self->found('overlap', '%s: %s AND %s', $job, $_->{at},
		    $run->{at}) for @with;
		$self->found('overlap', '%s: the lock was held: %s', $job,
		    $run->{at}) if $run->{lock} eq 'held' && !@with
		    && !grep { $self->was_frozen($_, $run) } @before;
		push @before, $run;
	}
}

# Whether a run stood still while another of its job began.
sub was_frozen {
	my ($self, $run, $other) = @_;
	return grep { $_->{frozen} && $_->{node} eq $run->{node}
	    && $_->{from} >= $run->{begin} && $_->{from} <= $other->{begin}
	    && ($_->{until} // 9e18) + $END_SLACK * 1e6 > $other->{begin} }
	    @{ $self->{faults} };
}

# A claim is not older than its slot less what may be early, and a fence no
# older than its claim.
sub check_fences {
	my ($self, $job, $spec, $runs) = @_;
	my %had;
	if (($spec->{copies} // 1) > 1) {
		my %of;
		push @{ $of{ $_->{node} } }, $_ for @$runs;
		$self->check_fences($job, { %$spec, copies => 1 }, $_)
		    for values %of;
		return;
	}
	for my $run (@$runs) {
		my $other = $had{ $run->{fence} };
		$self->found('fence', '%s: the same: %s AND %s', $job,
		    $other->{at}, $run->{at}) if $other;
		$had{ $run->{fence} } = $run;
	}
	my $strict = ($spec->{overlap} // 'allow') ne 'allow';
	my $highest;
	for my $run (grep { $_->{trigger} ne 'manual' } @$runs) {
		$self->found('fence', '%s: not higher: %s AND %s', $job,
		    $highest->{at}, $run->{at})
		    if $highest && $run->{fence} < $highest->{fence}
		    && ($strict || $highest->{slot} == $run->{slot}
			|| $highest->{real} / 1e3
			< $run->{slot} - $EARLY * 1000);
		$highest = $run
		    if !$highest || $run->{fence} > $highest->{fence};
	}
}

# An @after job begins so long after its end, on whatever host.
sub check_delays {
	my ($self, $job, $spec, $runs) = @_;
	for (1 .. $#$runs) {
		my ($before, $run) = @$runs[$_ - 1, $_];
		next unless defined $before->{end};
		my $gap = ($run->{begin} - $before->{end}) / 1e6;
		$self->found('interval', '%s: %.3f s: %s AND %s', $job, $gap,
		    $before->{at}, $run->{at}) if $gap < $spec->{after} - 0.1;
	}
}

# One row in all ledgers: of its run, or of why there was none.
sub check_slot {
	my ($self, $job, $spec, $slot, $runs) = @_;
	my @rows = grep { $_->{slot} <= $slot && $_->{until} >= $slot }
	    @{ $self->{ledger}{$job} // [] };
	my @without = grep { !defined $_->{run} } @rows;
	my $when = strftime('%T', gmtime($slot / 1000));
	$self->{count}{slots}++;
	$self->{count}{missed}++ unless @$runs;
	$self->found('silent-miss', '%s %s (%d)', $job, $when, $slot)
	    unless @rows;
	$self->found('missed', '%s %s, and nothing was wrong', $job, $when)
	    if $spec->{sure} && !@$runs && !@{ $self->{faults} };
	return if ($spec->{copies} // 1) > 1;
	my $told = join ', ', map { "$_->{on}: "
	    . ($_->{outcome} // 'running') . ' ' . ($_->{reason} // '') } @rows;
	$self->found('twice-told', '%s %s: %s', $job, $when, $told)
	    if @without > 1 && !$self->agree(@without);
	# To be in doubt is true where Redis has forgotten what ran.
	@without = grep { ($_->{reason} // '') ne 'in-doubt' } @without
	    if grep { $_->{forgets} } @{ $self->{faults} };
	$self->found('status', '%s %s ran and did not: %s', $job, $when, $told)
	    if @without && @$runs;
	$self->found('lost-work', '%s %s: %s', $job, $when, $told)
	    if ($spec->{guarantee} // '') eq 'at-least-once' && @$runs
	    && !(grep { defined $_->{end} } @$runs)
	    && !grep { $_->{forgets} && ($_->{until} // 9e18) > $runs->[0]{begin}
	    } @{ $self->{faults} };
}

# A host that was lost when it had just recorded a slot leaves it to another,
# which cannot know that: both say the same. And one may be in doubt, where
# Redis has forgotten what another knows.
sub agree {
	my ($self, @rows) = @_;
	my %outcomes = map { $_->{outcome} => 1 }
	    grep { ($_->{reason} // '') ne 'in-doubt' } @rows;
	return keys %outcomes <= 1
	    && grep { $self->was_faulted($_->{on}, 0, 9e18) } @rows;
}

# What hosts have on record of a run that there was.
sub check_run {
	my ($self, $run) = @_;
	my @rows = @{ $self->{rows}{ $run->{id} } // [] };
	$self->found('phantom', 'nobody knows %s', $run->{at}) unless @rows;
	for my $row (@rows) {
		my $outcome = $row->{outcome} // 'running';
		my $good = $self->is_true($run, $outcome)
		    && $row->{fence} == $run->{fence}
		    && $row->{host} eq $run->{node};
		$self->found('status', 'not as %s has it: %s, fence %s, by %s:'
		    . ' %s%s', $row->{on}, $outcome, $row->{fence},
		    $row->{host}, $run->{at},
		    defined $run->{end} ? ' (ended)' : '') unless $good;
	}
}

sub is_true {
	my ($self, $run, $outcome) = @_;
	my $ended = defined $run->{end};
	return $ended if $outcome eq 'success';
	return 0 if $outcome =~ /^(?:running|launch-failed)$/;
	return 1 if !$ended;
	return 1 if $outcome eq 'killed' && defined $run->{term};
	# A host that nobody heard of may well have come to the end; and what
	# is told to end may end by itself at that moment.
	return $outcome =~ /^(?:lost|killed)$/
	    && $self->was_faulted($run->{node}, $run->{begin}, 9e18);
}

# What never was must not be on record as having been.
sub check_rows {
	my ($self) = @_;
	for my $id (sort keys %{ $self->{rows} }) {
		next if $self->{runs}{$id};
		for my $row (@{ $self->{rows}{$id} }) {
			next unless $self->{jobs}{ $row->{job} };
			my $outcome = $row->{outcome} // 'running';
			$self->found('phantom', '%s has %s of %s as %s, and it '
			    . 'never began', $row->{on}, $id, $row->{job},
			    $outcome) if $outcome =~ /^(?:success|running)$/;
		}
	}
}

1;
