#!/usr/bin/perl
# A crowd of clients that say nothing does not keep others out: who finds the
# socket full waits a little, and the daemon lets go of those that idle.
use strict;
use warnings;
use Belfry;
use IO::Socket::UNIX;
use Test::More;

my $d = Belfry->new(jobs => { 'a.ini' => "[job one]\ncommand = true\n" });
$d->start;
my (@crowd, $full);
while (@crowd < 4000) {
	my $s = IO::Socket::UNIX->new(Peer => $d->path('run/belfry.sock'),
	    Blocking => 0);
	if (!$s) {
		$full = 1;
		last;
	}
	push @crowd, $s;
}
SKIP: {
	skip 'no crowd is big enough here', 3 unless $full;
	my ($status, $out, $err) = $d->belfry('status');
	is($status, 0, 'a question is answered') or diag($err);
	my $run = eval { $d->run('one') };
	ok($run, 'a job is run') or diag($@);
	is(scalar(() = $d->log =~ /request run/g), 1, 'once');
}
@crowd = ();
$d->stop;
$d->finish;
done_testing;
