#!/usr/bin/perl
# A daemon in which nothing else happens still wakes up for what began to wait
# when a run ended: a repetition, an interval from the end.
use strict;
use warnings;
use Belfry;
use Test::More;

my %jobs = (
	after => "schedule = \@after 1s\ncommand = true\n",
	retry => "schedule = \@every 1h\nfirst = now\ncommand = false\n"
	    . "retries = 2\nretry-delay = 1s\nretry-backoff = 1\n",
);
for my $job (sort keys %jobs) {
	my $d = Belfry->new(jobs => { 'a.ini' => "[job $job]\n$jobs{$job}" });
	$d->start;
	$d->wait_for("three runs of $job",
	    sub { return $d->ended($job) >= 3 }, 15);
	pass("$job: goes on alone");
	$d->stop;
	$d->finish;
}
done_testing;
