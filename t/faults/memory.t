#!/usr/bin/perl
# The path of one run with every process and the command below valgrind: no
# error, and no memory that nobody holds any more.
use strict;
use warnings;
use Belfry;
use Test::More;

plan skip_all => 'no valgrind here'
    if system('command -v valgrind >/dev/null 2>&1') != 0;
plan skip_all => 'sanitizers watch already' if $Belfry::BUILD =~ /asan/;
my $worker = "$Belfry::BUILD/worker/belfry-worker-shared";
plan skip_all => 'built without faults (meson -Dfaults=true)' unless -x $worker;

my $d = Belfry->new(jobs => { 'a.ini' => <<'END' });
[job good]
command = echo out; sleep 0.1

[job again]
command = exit 3
END
my @valgrind = ('valgrind', '-q', '--leak-check=full',
    '--show-leak-kinds=definite,indirect',
    '--errors-for-leak-kinds=definite', '--trace-children=yes',
    '--trace-children-skip=*/sh,*/sleep', '--vgdb=no',
    '--num-callers=24', '--log-file=' . $d->path('valgrind.%p'));

# The daemon takes the worker that stands beside it.
mkdir $d->path('bin');
system('cp', $Belfry::DAEMON, $d->path('bin/belfryd')) == 0 or die 'cp';
system('cp', $worker, $d->path('bin/belfry-worker')) == 0 or die 'cp';
system('cp', "$Belfry::BUILD/worker/belfry-worker-lib", $d->path('bin')) == 0
    or die 'cp';

# Their own words, by process.
sub reports {
	my %reports;
	for my $path (glob $d->path('valgrind.*')) {
		open(my $in, '<', $path) or next;
		# "--PID--" is about valgrind: system calls that it does not know.
		$reports{$path} = join '', grep { !/^--/ } <$in>;
	}
	return \%reports;
}

open(my $log, '>>', $d->path('log')) or die "log: $!";
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open(STDIN, '<', '/dev/null');
	open(STDOUT, '>&', $log);
	open(STDERR, '>&', $log);
	setpgrp(0, 0);
	$ENV{LD_PRELOAD} = "$Belfry::BUILD/t/lib/libexec-path.so";
	exec @valgrind, $d->path('bin/belfryd'), '-c', $d->path('belfry.conf'), '-f'
	    or POSIX::_exit(127);
}
$d->{pid} = $pid;
$d->wait_for('the daemon to be ready', sub {
	return $d->log =~ /belfryd \S+ is up/;
}, 120);
my $belfry = sub {
	my ($status, $out, $err) = $d->command(@valgrind, $Belfry::BELFRY, '-c',
	    $d->path('belfry.conf'), @_);
	return ($status, $out, $err);
};
my ($status, $out) = $belfry->('run', '--wait', 'good');
is($status, 0, 'a run') or diag($out);
($status) = $belfry->('run', '--wait', 'again');
is($status, 3, 'one that fails');
($status, $out) = $belfry->('logs', 'good');
is($out, "out\n", 'output');
# These are for the daemon's sake.
for my $command (['status'], ['history'], ['show', 'good'], ['verify'],
    ['explain', 'good'], ['pause', 'good'], ['resume', 'good'], ['reload']) {
	my ($status, $out, $err) = $d->belfry(@$command);
	is($status, 0, "belfry @$command") or diag("$out$err");
}
is($d->stop, 0, 'the daemon ends well');
my $reports = reports();
cmp_ok(scalar keys %$reports, '>=', 8, 'all processes were watched');
is(join('', map { $reports->{$_} } sort keys %$reports), '',
    'nothing to complain about');
$d->finish;
done_testing;
