#!/usr/bin/perl
# What many jobs cost that have nothing to do: time until the daemon is ready,
# private memory of the master a job, wake-ups of all its processes.
#
#   BELFRY_BUILD=build perl t/bench/idle.pl [-n JOBS] [-s SECONDS]
#
# The floor: the bytes of the job file a job, and 0 wake-ups.
use strict;
use warnings;
use lib 't/lib';
use Belfry;
use Getopt::Std;
use Time::HiRes qw(sleep time);

my %opt = (n => 100000, s => 20);
getopts('n:s:', \%opt);

sub private_bytes {
	my ($pid) = @_;
	open(my $in, '<', "/proc/$pid/smaps_rollup") or die "smaps: $!";
	my $kb = 0;
	while (<$in>) {
		$kb += $1 if /^Private_\w+:\s+(\d+) kB/;
	}
	return $kb * 1024;
}

sub switches {
	my $n = 0;
	for my $pid (@_) {
		open(my $in, '<', "/proc/$pid/status") or next;
		while (<$in>) {
			$n += $1 if /ctxt_switches:\s+(\d+)/;
		}
	}
	return $n;
}

# The daemon with n idle jobs: seconds until ready, master's bytes, wake-ups.
sub measure {
	my ($n, $seconds) = @_;
	my $d = Belfry->new;
	my $conf = $d->read('belfry.conf') =~ s/= debug/= info/r;
	$d->write('belfry.conf', $conf);
	$d->job('idle.ini', join '', map {
		my $minute = $_ % 60;
		sprintf "[job backup-of-customer-%06d]\n"
		    . "schedule = %d %d 1 1 *\n"
		    . "command = /usr/local/bin/backup --customer %06d "
		    . "--target /srv/backup\n", $_, $_ % 60, $_ % 24, $_;
	} 1 .. $n) if $n;
	my $begin = time;
	$d->start;
	my $ready = time - $begin;
	my $pids = $d->processes;
	sleep 2; # what the start left to write
	my @all = ($d->{pid}, map { @$_ } values %$pids);
	my $before = switches(@all);
	sleep $seconds;
	my $wakeups = switches(@all) - $before;
	my $bytes = private_bytes($pids->{master}[0]);
	my $size = $n ? (-s $d->path('jobs/idle.ini')) : 0;
	$d->stop;
	return ($ready, $bytes, $wakeups, $size);
}

my ($r0, $b0, $w0) = measure(0, 2);
my ($r, $b, $w, $size) = measure($opt{n}, $opt{s});
printf "%d idle jobs\n", $opt{n};
printf "ready after      %8.2f s (%.2f s with no job)\n", $r, $r0;
printf "master, private  %8.1f MB (%.1f MB with no job)\n", $b / 1e6, $b0 / 1e6;
printf "bytes a job      %8.1f, %.2f of its %.0f bytes of text\n",
    ($b - $b0) / $opt{n}, ($b - $b0) / $size, $size / $opt{n};
printf "wake-ups in %d s  %6d (limit: 0)\n", $opt{s}, $w;
