#!/usr/bin/perl
# Whoever passes the n-th point of the path of one run is killed there, for
# n = 1, 2, 3 ... until a run passes without dying: nothing runs twice, nothing
# is missing in the ledger, every outcome is true, nothing is left.
use strict;
use warnings;
use Faults;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;

# Where memory is watched every third is enough.
my $step = $Belfry::BUILD =~ /asan/ ? 3 : 1;
my ($n, $passed, %died) = (1 - $step, 0);
Faults::rounds(
	next => sub {
		return undef if $passed || $n > 500;
		$n += $step;
		return { die => $n };
	},
	done => sub {
		my ($spec, $round) = @_;
		my $point = $round->{died}[0];
		$died{$point}++ if $point;
		$passed++ unless $point;
		Faults::ok_round("$spec->{die}: "
		    . ($point // 'nobody died'), $round);
	},
);
ok($passed, 'until a run passed without dying');

# The order of processes is not always the same: what was left out so far.
my @left = grep { !$died{$_} } @Faults::POINTS[0 .. $Faults::RECOVERY - 1];
@left = () if $step > 1;
Faults::rounds(
	next => sub { @left ? { only => shift @left, die => 1 } : undef },
	done => sub {
		my ($spec, $round) = @_;
		Faults::ok_round($spec->{only}, $round);
		is("@{ $round->{died} }", $spec->{only}, "$spec->{only} died");
	},
);
done_testing;
