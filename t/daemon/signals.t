#!/usr/bin/perl
# Signals that nobody means for the daemon end none of its processes, and no
# job inherits that they are ignored.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(jobs => { 'a.ini' => <<'END' });
[job see]
command = grep -E 'Sig(Ign|Blk)' /proc/self/status
END
$d->start;
my $before = $d->processes;
for my $role ('guardian', sort keys %$before) {
	my @pids = $role eq 'guardian' ? $d->{pid} : @{ $before->{$role} };
	for my $signal (qw(ALRM VTALRM PROF IO XFSZ PIPE CHLD)) {
		kill $signal, @pids for 1 .. 20;
	}
}
# To roles also those that mean something to the guardian.
for my $pid (map { @$_ } values %$before) {
	kill $_, $pid for qw(INT TERM HUP QUIT USR1 USR2);
}
# A run goes through all of them.
my $run = $d->finished($d->run('see'));
is($run->{outcome}, 'success', 'it works');
is_deeply($d->processes, $before, 'nothing was started again');
my ($status, $out) = $d->belfry('logs', $run->{id});
is_deeply([$out =~ /\t(\w+)$/mg], [('0' x 16) x 2],
    'a job ignores and blocks no signal') or diag($out);
$d->stop;
$d->finish;
done_testing;
