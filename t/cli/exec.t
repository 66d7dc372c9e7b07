#!/usr/bin/perl
# belfry exec: a job in the terminal as the daemon would run it.
use strict;
use warnings;
use Belfry;
use POSIX qw(WNOHANG);
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->write('vars', "FROM_FILE='a file'\n");
$d->job('a.ini', <<"END");
[job env]
command = env -0 | sort -z
shell = /bin/sh
environment = GREETING=hello world
environment-file = $dir/vars
timezone = Asia/Shanghai

[job place]
command = pwd; umask; nice; ulimit -n; cut -d' ' -f6,7 /proc/self/stat; ls /proc/self/fd
directory = /usr
umask = 027
nice = 3
limit-files = 77

[job input]
command = cat; echo to stderr >&2; exit 7
stdin = some text\\n

[job nothing]
command = cat

[job good]
command = exit 3
success-codes = 3

[job slow]
command = echo \$\$ >$dir/slow; sleep 1000
timeout = 300ms

[job stubborn]
command = trap 'echo caught >>$dir/trap' TERM; echo \$\$ >$dir/stubborn; while :; do sleep 0.05; done
kill-grace = 60s

[job dies]
command = kill -USR1 \$\$

[job unknown]
command = $dir/nonexistent

[job web]
http = GET http://127.0.0.1:1/

[job params]
command = echo "\$BELFRY_PARAM_A-\$BELFRY_PARAM_B"
END
$d->job('b.ini', "[job bad]\ncommand = true\nnonsense = 1\n");

# The environment, byte for byte, but for what only the daemon knows.
sub environment {
	return join "\n", map {
		s/\A(BELFRY_(?:RUN_ID|SLOT|FENCE|CHAIN|LAST_SUCCESS)=).*/$1/sr
	} split /\0/, $_[0];
}
$d->start;
my $id = $d->run('env');
is($d->finished($id)->{outcome}, 'success', 'the daemon runs it');
my $daemons = (($d->belfry('logs', $id))[1]);
my $place = $d->run('place');
$d->finished($place);
my $daemons_place = (($d->belfry('logs', $place))[1]);
is($d->stop, 0, 'no daemon from here on');

my ($status, $out, $err);
{
	local $ENV{SECRET} = 'of the terminal';
	($status, $out, $err) = $d->belfry('exec', 'env');
}
is($status, 0, 'exec');
is($err, '', 'a success says nothing');
is(environment($out), environment($daemons), 'the same environment');
like($out, qr/\0GREETING=hello world\0/, "the job's own is in it");
like($out, qr/\0FROM_FILE=a file\0/, 'and its file');
like($out, qr/\0BELFRY_FENCE=0\0/, 'no claim, no fence');

# Another directory, descriptors and limits here: none of them counts.
($status, $out, $err) = $d->command('sh', '-c',
    "cd /tmp; umask 077; ulimit -n 500; exec 9</dev/null; "
    . "exec $Belfry::BELFRY -c $dir/belfry.conf exec place");
my @here = split /\n/, $out;
my @there = split /\n/, $daemons_place;
is_deeply([@here[0 .. 3]], [@there[0 .. 3]],
    'directory, umask, nice and limit');
is_deeply([@here[5 .. $#here]], [@there[5 .. $#there]], 'descriptors')
    or diag($out, $daemons_place);

($status, $out, $err) = $d->belfry('exec', 'input');
is($status, 7, "the job's exit code");
is($out, "some text\n", 'its standard input; output apart');
is($err, "to stderr\nbelfry: job input: failure, exited with code 7\n",
    'its errors, and how it ended');
($status, $out, $err) = $d->command('sh', '-c',
    "echo terminal | $Belfry::BELFRY -c $dir/belfry.conf exec nothing");
is("$status $out", '0 ', 'without one it is empty, as with the daemon');
is(($d->belfry('exec', 'good'))[0], 3, 'the exit code of a success');

($status, $out, $err) = $d->belfry('exec', 'slow');
is($status, 124, 'time-out');
like($err, qr/timeout, timed out after 300ms/, 'is told');
is(($d->belfry('exec', 'dies'))[0], 128 + POSIX::SIGUSR1(), 'a signal');
($status, $out, $err) = $d->belfry('exec', 'unknown');
is($status, 127, 'no such program');
like($err, qr/launch-failed, cannot execute \S+\/nonexistent: No such file/,
    'is told');
($status, $out) = $d->belfry('exec', '-p', 'A=1', '--param', 'B=two words',
    'params');
is("$status $out", "0 1-two words\n", 'parameters');
($status, $out, $err) = $d->belfry('exec', '-p', '1=1', 'params');
is($status, 2, 'a bad parameter');
like($err, qr/parameter "1"/, 'is told');

($status, $out, $err) = $d->belfry('exec', 'web');
is($status, 7, 'a job that is no program');
like($err, qr/^belfry: job web: failure, .*connect/m, 'fails as such');

# The terminal's signals end the job, not only us: TERM first, then KILL.
sub start {
	my ($job) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDERR, '>', "$dir/err");
		exec $Belfry::BELFRY, '-c', "$dir/belfry.conf", 'exec', $job
		    or POSIX::_exit(99);
	}
	return $pid;
}
sub ended {
	my ($pid) = @_;
	my $code;
	$d->wait_for('the end', sub {
		return 0 if waitpid($pid, WNOHANG) != $pid;
		$code = $? >> 8;
		return 1;
	});
	return $code;
}
my $pid = start('stubborn');
my $job = $d->wait_for('the job', sub { ($d->lines('stubborn'))[0] });
kill 'INT', $pid;
$d->wait_for('its SIGTERM', sub { $d->lines('trap') });
is(waitpid($pid, WNOHANG), 0, 'an interrupt asks the job to end');
kill 'INT', $pid;
is(ended($pid), 137, 'a second one ends it');
like($d->read('err'), qr/killed, killed by operator/, 'and it is told');
ok(!kill(0, $job), 'it is gone');
unlink $d->path('stubborn');

# Who is killed takes the job along.
$pid = start('stubborn');
$job = $d->wait_for('the job', sub { ($d->lines('stubborn'))[0] });
kill 'KILL', $pid;
waitpid($pid, 0);
$d->wait_for('the job to be gone', sub { !kill(0, $job) });
pass('killed: the job goes too');

# What is not there, or not right.
($status, $out, $err) = $d->belfry('exec', 'bad');
is($status, 2, 'a bad job');
like($err, qr/b\.ini:3: unknown key "nonsense"/, 'and why');
unlink "$dir/jobs/b.ini";
($status, $out, $err) = $d->belfry('exec', 'plase');
is($status, 1, 'no such job');
like($err, qr/no job "plase" in \S+; did you mean place\?/, 'a guess');
($status, $out, $err) = $d->belfry('exec');
is($status, 2, 'no job named');
is(($d->command($Belfry::BELFRY, '-c', '/nonexistent', 'exec', 'env'))[0], 2,
    'no configuration');
is(scalar(my @runs = glob "$dir/state/runs/*.params"), 0, 'no run is left');

SKIP: {
	skip 'needs root', 5 if $> != 0;
	$d->job('a.ini', "[job other]\nuser = daemon\ncommand = id -un; id -Gn; "
	    . "echo \$HOME\n");
	($status, $out, $err) = $d->belfry('exec', 'other');
	is($status, 0, 'as another user') or diag($err);
	my $home = (getpwnam('daemon'))[7];
	is($out, "daemon\ndaemon\n$home\n", 'with its groups and home');
	# Somebody else cannot.
	chmod 0755, "$dir/jobs";
	($status, $out, $err) = $d->command('setpriv', '--reuid=nobody',
	    '--regid=nogroup', '--clear-groups', $Belfry::BELFRY, '-c',
	    "$dir/belfry.conf", 'exec', 'other');
	is($status, 1, 'only root');
	is($out, '', 'nothing ran');
	like($err, qr/job other runs as user daemon: only root can do that/,
	    'and it says so');
}
$d->finish;
done_testing;
