#!/usr/bin/perl
# Limits of job files reach the run; where control groups are made.
use strict;
use warnings;
use Belfry;
use Test::More;

my $jobs = "$Belfry::BUILD/t/jobs";
my $d = Belfry->new(conf => "cgroup = auto\n", jobs => { 'a.ini' => <<"END" });
[job burn]
command = $jobs/burn
limit-cpu = 1s

[job show]
command = $jobs/show-self; cat /proc/self/cgroup
limit-files = 77
limit-memory = 1G
ionice = idle
no-new-privileges = yes

[job eat]
command = $jobs/eat 256
limit-memory = 64M

[job many]
command = perl -e 'for (1 .. 50) { my \$p = fork; exit 1 if !defined \$p; if (!\$p) { sleep 60; exit } }'
limit-processes = 20
END
$d->start;
my $run = $d->finished($d->run('burn'));
is($run->{outcome}, 'failure', 'limit-cpu');
is($run->{reason}, 'killed by signal XCPU; cpu limit of 1s exceeded',
    'says so');
$run = $d->run('show');
is($d->finished($run)->{outcome}, 'success', 'within limits');
my ($status, $out) = $d->belfry('logs', $run);
like($out, qr/^files 77 77$/m, 'limit-files');
like($out, qr/^ionice 24576$/m, 'ionice');
like($out, qr/^nnp 1$/m, 'no-new-privileges');
my ($base, $controllers) =
    $d->log =~ /control groups of runs in (\S+), controllers:(.*)/;
my $by_memory = ($controllers // '') =~ /memory/ ? 'memory.max' : 'RLIMIT_AS';
my $by_pids = ($controllers // '') =~ /pids/ ? 'pids.max' : 'RLIMIT_NPROC';
my $kill = defined $base ? 'cgroup.kill' : 'subreaper';
is_deeply($d->json('status')->{limits}, { cgroup => $base,
    cpu => 'RLIMIT_CPU', memory => $by_memory, files => 'RLIMIT_NOFILE',
    processes => $by_pids, kill => $kill }, 'status tells what holds which');
is_deeply($d->json('show', 'burn')->{limits}, { cgroup => undef,
    cpu => 'RLIMIT_CPU', kill => 'subreaper' }, 'show tells those of a job');
is_deeply($d->json('show', 'show')->{limits}, { cgroup => $base,
    memory => $by_memory, files => 'RLIMIT_NOFILE', kill => $kill },
    'where there is a control group, too');
($status, $out) = $d->belfry('show', 'show');
like($out, qr/^limits +memory by \Q$by_memory\E, files by RLIMIT_NOFILE$/m,
    'in words');
like($out, qr/^ended by +\Q$kill\E/m, 'and what ends its processes');
SKIP: {
	skip 'no memory controller in cgroup v2', 1 if $by_memory =~ /RLIMIT/;
	is($d->finished($d->run('eat'))->{reason},
	    'killed by signal KILL; memory limit of 64M exceeded',
	    'the control group of the kernel');
}
SKIP: {
	skip 'no pids controller in cgroup v2', 1 if $by_pids =~ /RLIMIT/;
	is($d->finished($d->run('many'))->{reason},
	    'exited with code 1; limit of 20 processes reached',
	    'the same of processes');
}
($status, $out) = $d->belfry('logs', $run);
if (defined $base) {
	like($out, qr{^0::.*/run-$run$}m, 'in a control group');
	ok(-d $base, 'below one of the daemon');
	like($d->log, qr/run $run: limit-memory by (?:control group|RLIMIT_AS)/,
	    'the log tells what holds');
	$d->stop;
	ok($base !~ /belfry-/ || !-d $base, 'which is gone in the end');
} else {
	like($d->log, qr/no control groups, limits hold by rlimit: \S/,
	    'no control groups, the log tells why');
	like($out, qr/^memory 1073741824 1073741824$/m, 'limit-memory');
	like($d->log, qr/run $run: limit-memory by RLIMIT_AS/,
	    'the log tells what holds');
	$d->stop;
	pass('stopped');
}

# A group that cannot be used.
$d->conf("cgroup = $d->{dir}/none\n");
($status, undef, my $err) = $d->command($Belfry::DAEMON, '-f', '-c',
    $d->path('belfry.conf'));
is($status, 1, 'a directory that is no control group: no start');
like($err, qr{cgroup in \[master\]: \Q$d->{dir}\E/none is not in a cgroup v2},
    'says why');

# A group that is given.
SKIP: {
	my ($mount) = map { (split)[4] } grep { / - cgroup2 / }
	    split /\n/, do { local (@ARGV, $/) = '/proc/self/mountinfo'; <> };
	my $own = ($mount // '') . "/belfry-given-$$";
	skip 'no control group to give', 9
	    if $> != 0 || !$mount || !mkdir $own;
	$d->conf("cgroup = $own\n");
	$d->start;
	$run = $d->run('show');
	$d->finished($run);
	like(($d->belfry('logs', $run))[1], qr{^0::.*/belfry-given-$$/run-$run$}m,
	    'the run is below it');
	$d->stop;
	ok(-d $own, 'it stays');
	ok(!-d $d->path('none'), 'and what was none is not there');

	if (system('setpriv', '--reuid=nobody', '--regid=nogroup',
		'--clear-groups', 'test', '-x', $Belfry::DAEMON) != 0) {
		rmdir $own;
		skip 'nobody cannot reach the build', 5;
	}
	# An ordinary user, who may only move what is below it already.
	my ($uid, $gid) = (getpwnam('nobody'))[2, 3];
	chown $uid, $gid, $own, glob "$own/cgroup.{procs,subtree_control}";
	my $n = Belfry->new(conf => "cgroup = $own\n", jobs => {
		'a.ini' => "[job show]\ncommand = cat /proc/self/cgroup\n"
		    . "limit-memory = 1G\n" });
	chown $uid, $gid, map { $n->path($_) } '', 'jobs', 'jobs/a.ini',
	    'belfry.conf';
	my $pid = fork // die;
	if ($pid == 0) {
		open(STDERR, '>', $n->path('log'));
		open(my $procs, '>', "$own/cgroup.procs");
		syswrite $procs, '0';
		$) = "$gid $gid";
		$( = $gid;
		($<, $>) = ($uid, $uid);
		exec $Belfry::DAEMON, '-f', '-c', $n->path('belfry.conf');
	}
	$n->{pid} = $pid;
	$n->wait_for('the daemon to be up',
	    sub { $n->log =~ /guardian\[$pid\]: belfryd \S+ is up/ });
	open(my $in, '<', "/proc/$pid/cgroup") or die;
	like(join('', <$in>), qr{^0::.*/belfry-given-$$/daemon$}m,
	    'a daemon of a user moves to a leaf');
	$run = $n->run('show');
	is($n->finished($run)->{outcome}, 'success', 'also for a user');
	like(($n->belfry('logs', $run))[1], qr{/belfry-given-$$/run-$run$}m,
	    'who was given it');
	$n->stop;
	$n->finish;
	rmdir "$own/daemon";
	ok(rmdir($own), 'no group of a run is left');
}
$d->finish;
done_testing;
