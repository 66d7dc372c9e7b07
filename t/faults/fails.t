#!/usr/bin/perl
# The n-th allocation, and the n-th write of a run file, fails in master,
# recorder, or launcher and worker, for n = 1, 2, 3 ... until a run passes
# without: at worst the process ends and is started again, and all holds that
# holds when it is killed. Of allocations some are left out: the last of them
# are alike. What SQLite allocates and writes is in t/unit/recorder/fails.c.
use strict;
use warnings;
use Errno qw(ENOSPC EIO ENOMEM);
use Faults;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;

my $asan = $Belfry::BUILD =~ /asan/;
sub fail_each {
	my ($what, $kind, $role, $errno, $step) = @_;
	my ($n, $over) = (1 - $step, 0);
	$step *= 8 if $asan;
	Faults::rounds(
		next => sub {
			return undef if $over || $n > 400;
			$n += $step;
			return { fails => [$kind, $role, $n, $errno] };
		},
		done => sub {
			my ($spec, $round) = @_;
			$over ||= !$round->{failed};
			Faults::ok_round("$what $n", $round);
		},
	);
	ok($over, "$what: until a run passed without");
}

fail_each('write of a worker', $Faults::WRITE, $Faults::WORKER, ENOSPC, 1);
fail_each('write of the master', $Faults::WRITE, $Faults::MASTER, ENOSPC, 1);
fail_each('write of the recorder', $Faults::WRITE, $Faults::RECORDER, EIO, 1);
fail_each('allocation of launcher or worker', $Faults::ALLOC, $Faults::WORKER,
    ENOMEM, 2);
fail_each('allocation of the master', $Faults::ALLOC, $Faults::MASTER, ENOMEM,
    6);
fail_each('allocation of the recorder', $Faults::ALLOC, $Faults::RECORDER,
    ENOMEM, 4);
done_testing;
