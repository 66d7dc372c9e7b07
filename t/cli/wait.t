# run --wait and logs: output as it comes, exits as the job did, over restarts.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);
use Fake;

$SIG{INT} = 'DEFAULT'; # a shell that starts us in the background ignores it
$ENV{TZ} = 'UTC';
my $output = join '', map { "line $_\n" } 1 .. 50;
my $f = Fake->new('status.json' => '{}');

# [outcome ...], what "run --wait" exits with, what it says
my @ends = (
    [{ outcome => 'success', exit_code => 0 }, 0, 'success, exit 0'],
    [{ outcome => 'success', exit_code => 3 }, 0, 'success, exit 3'],
    [{ outcome => 'failure', exit_code => 3,
	reason => 'exited with code 3' }, 3, 'failure, exit 3'],
    [{ outcome => 'failure', signal => 11 }, 139, 'failure, signal SEGV'],
    [{ outcome => 'failure', signal => 'SIGKILL' }, 137,
	'failure, signal SIGKILL'],
    [{ outcome => 'timeout', signal => 15, reason => 'timed out after 1s' },
	124, 'timeout, timed out after 1s'],
    [{ outcome => 'killed', signal => 15 }, 137, 'killed, signal TERM'],
    [{ outcome => 'lost', reason => 'its worker is gone' }, 1,
	'lost, its worker is gone'],
    [{ outcome => 'launch-failed',
	reason => 'cannot execute x: No such file or directory' }, 127,
	'launch-failed, cannot execute x: No such file or directory'],
    [{ outcome => 'launch-failed',
	reason => 'cannot execute x: Permission denied' }, 126,
	'launch-failed, cannot execute x: Permission denied'],
    [{ outcome => 'launch-failed',
	reason => 'cannot enter directory /x: No such file or directory' },
	126, 'launch-failed, cannot enter directory /x: '
	    . 'No such file or directory'],
);
for my $i (0 .. $#ends) {
	my ($end, $want, $words) = @{ $ends[$i] };
	my $id = "01k3bbbbbbbbbb0$i";
	$f->write("run.j$i.json", { run => $id, job => "j$i" });
	$f->write("show.$id.json", { id => $id, job => "j$i",
	    duration_ms => 1234, %$end });
	$f->write("output.$id", $output);
	my ($status, $out, $err) = $f->belfry('run', '--wait', "j$i");
	is($status, $want, "$words: exits with $want");
	is($out, $output, 'the output');
	is($err, "belfry: run $id of j$i: $words (1.2s)\n",
	    'and on standard error how it ended');
}
my ($status, $out, $err) = $f->belfry('run', 'j0');
is("$status $out$err", "0 01k3bbbbbbbbbb00\n", 'run prints the id');
($status, $out) = $f->belfry('run', '--json', 'j0');
is_deeply(JSON::PP->new->decode($out), { run => '01k3bbbbbbbbbb00',
    job => 'j0' }, 'as JSON: what the master said');
is(() = $f->read('asks.log') =~ /^run by .*job=j1$/mg, 1,
    'a job is run once, not twice');

# Its end may be known a moment after its output.
$f->write('run.late.json', { run => 'late1', job => 'late' });
$f->write('show.late1.json', { id => 'late1', job => 'late',
    outcome => undef });
$f->write('output.late1', '');
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	$f->wait_for('a look at the run',
	    sub { $f->read('asks.log') =~ /show by .*late1/ });
	$f->write('show.late1.json', { id => 'late1', job => 'late',
	    outcome => 'failure', exit_code => 7 });
	POSIX::_exit(0);
}
is(($f->belfry('run', '-w', 'late'))[0], 7, 'an end that comes late');
waitpid $pid, 0;

# Not known to the recorder yet.
truncate $f->{dir} . '/asks.log', 0;
$f->write('run.new.json', { run => 'new1', job => 'new' });
$f->write('show.new1.json', { id => 'new1', job => 'new',
    outcome => 'success', exit_code => 0 });
$pid = fork // die "fork: $!";
if ($pid == 0) {
	$f->wait_for('the question for its output',
	    sub { $f->read('asks.log') =~ /output by .*new1/ });
	$f->write('output.new1', "hello\n");
	POSIX::_exit(0);
}
($status, $out) = $f->belfry('run', '-w', 'new');
is("$status $out", "0 hello\n", 'a run that nobody knows yet');
waitpid $pid, 0;

# On a terminal the end does not hang on output without a newline.
for my $text ('100 %', "100 %\n") {
	$f->write('run.j0.json', { run => '01k3bbbbbbbbbb00', job => 'j0' });
	$f->write('output.01k3bbbbbbbbbb00', $text);
	($status, $out) = $f->command('script', '-qec',
	    "$Fake::BUILD/master/cli/belfry --socket " . $f->socket
	    . ' run -w j0', '/dev/null');
	like($out, qr/\A100 %\r\nbelfry: run /, 'the end has a line of its own');
	($status, $out, $err) = $f->belfry('run', '-w', 'j0');
	is($out, $text, 'elsewhere the output is the output');
	like($err, qr/\Abelfry: run /, 'and nothing is added');
}
$f->write('output.01k3bbbbbbbbbb00', $output);

# logs.
$f->write('runs.json', []);
is(($f->belfry('logs', '01k3bbbbbbbbbb00'))[1], $output, 'logs RUN');
is(($f->belfry('logs', '-f', '01k3bbbbbbbbbb00'))[1], $output, 'logs -f RUN');
$f->write('show.j0.json', { id => '01k3bbbbbbbbbb00', job => 'j0',
    outcome => 'success' });
is(($f->belfry('logs', 'j0'))[1], $output, 'logs JOB: its latest run');

$status = system("$Fake::BUILD/master/cli/belfry --socket " . $f->socket
    . ' logs -f 01k3bbbbbbbbbb00 >/dev/full 2>/dev/null');
is($status >> 8, 1, 'logs to a full disk: not as if there were no daemon');

# Output that breaks off is asked for from where it broke off.
my $long = join '', map { "this is line $_\n" } 1 .. 2000;
$f->write('show.long1.json', { id => 'long1', job => 'long',
    outcome => 'success' });
$f->write('output.long1', $long);
$pid = fork // die "fork: $!";
if ($pid == 0) {
	$f->wait_for('the output to be on its way',
	    sub { $f->read('asks.log') =~ /output by .*long1/ });
	sleep 0.3;
	$f->request(GET => '/v1/runs/die1');
	POSIX::_exit(0);
}
# follow comes in small pieces: it breaks off in the middle
$f->write('output.long1', substr($long, 0, 4000));
($status, $out) = $f->belfry('logs', '-f', 'long1');
is($status, 0, 'logs -f over the death of the recorder');
is($out, substr($long, 0, 4000), 'no byte twice, none missing');
like($f->read('asks.log'), qr/output by .* run=long1 offset=[1-9]\d+ follow=1/,
    'it was asked for again');
waitpid $pid, 0;
$f->wait_for('the recorder to be back',
    sub { ($f->request(GET => '/readyz'))[0] == 200 });

# What changes something is asked for again only when it was not done.
truncate $f->{dir} . '/asks.log', 0;
($status, $out, $err) = $f->belfry('run', 'die-of-it');
is($status, 3, 'the master dies of it');
like($err, qr/^belfry: the master restarts; try again in a moment\n/, 'told');
is(() = $f->read('asks.log') =~ /^run by/mg, 1, 'asked for once');
($status, $out) = $f->belfry('run', 'j0');
is($status, 0, 'while it is away: waits until it is back');
($status, $out, $err) = $f->belfry('show', 'die-of-it');
is($status, 3, 'one that always dies');
($status, $out, $err) = $f->belfry('--timeout', '100ms', 'show', 'die-of-it');
is($status, 3, 'no longer than wanted');

# Ctrl-C stops waiting, not the run.
$f->write('run.endless.json', { run => 'endless1', job => 'endless' });
$f->write('output.endless1', $output);
for my $signal ('INT', 'TERM') {
	truncate $f->{dir} . '/asks.log', 0;
	my ($in, $reader, $errors) = (undef, undef, Symbol::gensym());
	$pid = IPC::Open3::open3($in, $reader, $errors,
	    "$Fake::BUILD/master/cli/belfry", '--socket', $f->socket, 'run',
	    '--wait', 'endless');
	sysread($reader, my $some, 100);
	kill $signal, $pid;
	1 while sysread($reader, $some, 65536);
	my $said = do { local $/; <$errors> };
	waitpid $pid, 0;
	is($? >> 8, 130, "interrupted by $signal: exits with 130");
	is($said, "\nbelfry: stopped waiting; run endless1 goes on, "
	    . "\"belfry kill endless1\" ends it\n", 'and says so');
	unlike($f->read('asks.log'), qr/^kill/m, 'without killing');
	$f->wait_for('the question to be cancelled',
	    sub { $f->read('asks.log') =~ /^cancel$/m });
}
# logs -f ends as every command does.
$f->write('show.endless1.json', { id => 'endless1', job => 'endless' });
$pid = IPC::Open3::open3(my $in, my $reader, undef,
    "$Fake::BUILD/master/cli/belfry", '--socket', $f->socket, 'logs', '-f',
    'endless1');
sysread($reader, my $some, 100);
kill 'INT', $pid;
1 while sysread($reader, $some, 65536);
waitpid $pid, 0;
is($? & 127, 2, 'logs -f dies of Ctrl-C');

$f->finish;
done_testing;
