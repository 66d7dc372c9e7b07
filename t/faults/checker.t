#!/usr/bin/perl
# The checker of the cluster tests, on made-up histories: each kind of lie is
# found, and the truth is not called one.
use strict;
use warnings;
use Checker;
use Test::More;

my $T = 1_780_000_000; # seconds since 1970, even

# One run, as the probe and the ledger have it; what is given replaces that.
sub run_of {
	my ($slot, %of) = @_;
	my $n = $slot - $T;
	my %run = (id => "r$n", job => 'j', attempt => 1, fence => 1000 + $n,
	    node => 'a', trigger => 'schedule', begin => $n * 1e6 + 10_000,
	    real => $slot * 1e6 + 10_000, lock => 'free',
	    outcome => 'success', end => 1, slot => $slot, %of);
	$run{end} = $run{begin} + 100_000 if ($run{end} // 0) == 1;
	return \%run;
}

sub lines_of {
	my ($run) = @_;
	my @t = gmtime $run->{slot};
	my $slot = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900,
	    $t[4] + 1, @t[3, 2, 1, 0];
	return "begin $run->{id} $run->{job} $slot $run->{attempt} "
	    . "$run->{fence} $run->{node} $run->{trigger} 1 $run->{begin} "
	    . "$run->{real} $run->{lock}",
	    $run->{end} ? "end $run->{id} $run->{end}" : ();
}

sub row_of {
	my ($run) = @_;
	return { id => $run->{id}, job => $run->{job}, fence => $run->{fence},
	    outcome => $run->{outcome}, host => $run->{host} // $run->{node} };
}

sub slot_of {
	my ($slot, %of) = @_;
	return { job => 'j', slot => $slot * 1000, until => $slot * 1000,
	    outcome => 'success', reason => undef, %of };
}

# Slots at +2, +4 and +6 s; kinds that are found in this history.
sub kinds {
	my ($spec, $runs, $ledger, %more) = @_;
	my %hosts = (a => { runs => [map { row_of($_) } @$runs],
	    ledger => $ledger // [map { slot_of($_->{slot}, run => $_->{id}) }
		@$runs] }, b => { runs => [], ledger => [] });
	my $checker = Checker->new(
	    jobs => { j => { schedule => '*/2 * * * * *', %$spec } },
	    lines => [map { lines_of($_) } @$runs], hosts => \%hosts,
	    faults => [], from => $T, until => $T + 6, %more);
	my %kinds = map { /^([a-z-]+):/ ? ($1 => 1) : () } $checker->problems;
	return join ' ', sort keys %kinds;
}

my @good = map { run_of($T + $_) } 2, 4, 6;
my @rows = map { slot_of($_->{slot}, run => $_->{id}) } @good;
my %frozen = (node => 'a', from => 2.5e6, until => 5e6, frozen => 1);
my %cut = (node => 'a', from => 2.5e6, until => 5e6);

is(kinds({ deadline => 1, overlap => 'skip', sure => 1 }, \@good), '',
    'the truth');
is(kinds({}, [@good, run_of($T + 4, id => 'x', fence => 1005)]),
    'duplicate', 'a slot that ran twice');
is(kinds({ overlap => 'skip' }, [run_of($T + 2, end => 4.5e6),
    @good[1, 2]]), 'overlap', 'two at a time');
is(kinds({ overlap => 'skip' }, [@good[0, 1], run_of($T + 6,
    lock => 'held')]), 'overlap', 'the lock was held');
is(kinds({ overlap => 'skip' }, [run_of($T + 2, end => 4.5e6),
    @good[1, 2]], undef, faults => [\%frozen]), '',
    'of a host that stood still');
is(kinds({}, [@good[0, 2]], [@rows[0, 2]]), 'silent-miss',
    'a slot that nobody knows of');
is(kinds({}, [@good[0, 2]], [@rows[0, 2],
    slot_of($T + 4, outcome => 'missed', reason => 'late')]), '',
    'one that is accounted for');
is(kinds({ sure => 1 }, [@good[0, 2]], [@rows[0, 2],
    slot_of($T + 4, outcome => 'missed', reason => 'late')]), 'missed',
    'and was missed without a reason');
is(kinds({}, \@good, [@rows, slot_of($T + 4, outcome => 'missed')]),
    'status', 'one that ran, and a row that says no');
is(kinds({}, [@good[0, 2]], [@rows[0, 2],
    map { slot_of($T + 4, outcome => 'missed') } 1, 2]), 'twice-told',
    'one that is told twice');
is(kinds({}, [@good, run_of($T + 3)]), 'phantom', 'a run without a slot');
is(kinds({}, \@good, undef, hosts => { a => { runs => [], ledger => \@rows } }),
    'phantom', 'runs that nobody knows');
is(kinds({}, [@good[0, 1], run_of($T + 6, outcome => 'running')]), 'status',
    'one that runs for ever');
is(kinds({}, [@good[0, 1], run_of($T + 6, end => 0)]), 'status',
    'a success that had no end');
is(kinds({}, [@good[0, 1], run_of($T + 6, host => 'b')]), 'status',
    'on another host than it says');
is(kinds({ deadline => 1 }, [@good[0, 1],
    run_of($T + 6, real => ($T + 10) * 1e6)]), 'late', 'too late');
is(kinds({}, [@good[0, 1], run_of($T + 6, real => ($T + 5) * 1e6)]), 'early',
    'too early');
is(kinds({}, [@good[0, 1], run_of($T + 6, fence => 1)]), 'fence',
    'a fence that is not higher');
is(kinds({}, [@good[0, 1], run_of($T + 6, fence => $good[0]{fence})]),
    'fence', 'the same fence');
my $again = run_of($T + 2, id => 'x', attempt => 2, node => 'b',
    begin => 5e6, fence => 1005, trigger => 'retry');
my @lost = (run_of($T + 2, end => 0, outcome => 'lost'), @good[1, 2], $again);
is(kinds({ guarantee => 'at-least-once' }, \@lost, undef,
    faults => [\%cut]), '', 'run again, for its host was lost');
is(kinds({ guarantee => 'at-least-once' }, \@lost), 'duplicate',
    'run again for nothing');
is(kinds({ guarantee => 'at-least-once' }, [$lost[0], @good[1, 2]]),
    'lost-work', 'lost, and not run again');
is(kinds({ schedule => undef, after => 1 }, [run_of($T + 2),
    run_of($T + 3, begin => 2.5e6)]), 'interval', 'an interval that is short');
done_testing;
