# What the command says to wrong arguments, and when there is no daemon.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fake;

my $f = Fake->new('status.json' => '{"state":"running"}', 'jobs.json' => '[]');
my $belfry = "$Fake::BUILD/master/cli/belfry";
delete $ENV{BELFRY_CONFIG};

# [arguments], what standard error must say
my @wrong = (
    [[], qr/^belfry: which command\?\nusage: belfry \[options\] COMMAND/],
    [['histroy'], qr/unknown command "histroy"; did you mean "history"\?/],
    [['stat'], qr/did you mean "status"\?/],
    [['exterminate'], qr/unknown command "exterminate"; "belfry --help"/],
    [['-x'], qr/^belfry: unknown option -x\n/],
    [['--bogus=1', 'list'], qr/^belfry: unknown option --bogus\n/],
    [['list', '--bogus'], qr/^belfry list: unknown option --bogus\n/],
    [['list', '--json=1'], qr/^belfry list: option --json takes no value\n/],
    [['list', 'a'], qr/^belfry list: unexpected argument: a\nusage: /],
    [['list', '-c'], qr/^belfry list: option -c needs a value\n/],
    [['status', '--socket'], qr/option --socket needs a value\n/],
    [['show'], qr/^belfry show: JOB\|RUN is missing\nusage: belfry show/],
    [['run'], qr/^belfry run: JOB is missing/],
    [['run', 'a', 'b'], qr/unexpected argument: b/],
    [['run', '--param', 'ab', 'a'], qr/--param ab: expected NAME=VALUE/],
    [['run', '-p', 'a=b', '-p', 'a=c', 'a'], qr/--param a is given twice/],
    [['run', '-p', '1x=3', 'a'], qr/^belfry: parameter "1x": a name has/],
    [['run', '-p', 'x=' . 'y' x 5000, 'a'], qr/parameter x: longer than 4096/],
    [['kill'], qr/RUN\|JOB is missing/],
    [['pause'], qr/JOB or --all is missing/],
    [['pause', '--all', 'a'], qr/--all and a job: which/],
    [['pause', 'a', '--until', 'noon'], qr/--until noon: write a time such as/],
    [['resume', 'a', 'b'], qr/unexpected argument: b/],
    [['resume', '--until', 'x', 'a'], qr/unknown option --until/],
    [['logs'], qr/RUN\|JOB is missing/],
    [['logs', '--json', 'a'], qr/there is no JSON of it/],
    [['history', '-n'], qr/option -n needs a value/],
    [['history', '-n', 'x'], qr/-n x: expected a number/],
    [['history', '-n', '-1'], qr/-n -1: expected a number/],
    [['history', '-n', '99999999999999999999'], qr/expected a number/],
    [['history', '--since', 'x'], qr/--since x: write a time .* or how long ago/],
    [['history', '--since', '2026-02-30'], qr/--since 2026-02-30: write/],
    [['history', '--outcome', 'bad'], qr/--outcome bad: runs end as/],
    [['history', '--outcome', 'failure,'], qr/--outcome : runs end as/],
    [['history', '--outcome', 'skiped'], qr/--outcome skiped: runs end/],
    [['-H', 'localhost', 'list'], qr/-H localhost: not a URL/],
    [['-c', '/nonexistent/x', 'list'], qr{/nonexistent/x}],
    [['next', 'x x'], qr/./],
);
for my $case (@wrong) {
	my ($args, $want) = @$case;
	my ($status, $out, $err) = $f->command($belfry, @$args);
	is($status, 2, "belfry @$args: usage");
	is($out, '', 'nothing on standard output');
	like($err, $want, 'says what is wrong');
}

my ($status, $out, $err) = $f->command($belfry, '--help');
is($status, 0, '--help');
is($err, '', 'is no error');
my @commands = $out =~ /^  ([a-z]+) /mg;
is("@commands", 'status list nodes show run submit queue exec kill pause resume history logs explain verify next check notifications notify audit reload drain upgrade lock crontab import token',
    'lists the commands');
for my $command (@commands) {
	($status, $out, $err) = $f->command($belfry, $command, '--help');
	is($status, 0, "$command --help");
	like($out, qr/^usage: belfry $command/, 'begins with the usage');
	like($out, qr/^[A-Z]\w+ .*\w/m, 'and says what it does');
}
like(($f->command($belfry, 'next', '-h'))[1], qr/^  --tz ZONE +as /m,
    'the options of next, too');
for my $option ('--version', '-V') {
	($status, $out) = $f->command($belfry, $option);
	is($status, 0, $option);
	like($out, qr/^belfry \d+\.\d+\.\d+\n\z/, 'is one line');
}

# Global options stand anywhere; long ones may be shortened.
for my $args (['--json', '--socket', $f->socket, 'list'],
    ['list', '--json', '--socket', $f->socket],
    ['list', '--js', '--sock=' . $f->socket],
    ['--socket', '/nowhere', 'list', '--json', '--socket', $f->socket]) {
	($status, $out, $err) = $f->command($belfry, @$args);
	is("$status $out", "0 []\n", "belfry @$args");
}

# The configuration names the socket.
my $dir = $f->{dir};
$f->write('belfry.conf', "[master]\nrun-dir = $dir\n[api]\n"
    . "socket = $dir/socket\n");
is(($f->command($belfry, '-c', "$dir/belfry.conf", 'status'))[0], 0, '-c');
{
	local $ENV{BELFRY_CONFIG} = "$dir/belfry.conf";
	is(($f->command($belfry, 'status'))[0], 0, 'BELFRY_CONFIG');
}
# Also one with a mistake elsewhere: it is told.
$f->write('broken.conf', "[master]\nrun-dir = $dir\nmax-runing = 3\n[api]\n"
    . "socket = $dir/socket\n");
($status, $out, $err) = $f->command($belfry, '-c', "$dir/broken.conf", 'status');
is($status, 0, 'a broken configuration: the daemon is asked');
like($err, qr/^belfry: \S+broken\.conf:3: unknown key "max-runing"/,
    'the mistake is told');
$f->write('broken.conf', "[master]\nrun-dir = \n");
($status, $out, $err) = $f->command($belfry, '-c', "$dir/broken.conf", 'status');
is($status, 2, 'the mistake is in the setting itself');
like($err, qr/broken\.conf:2: run-dir/, 'and is told');
{
	local $ENV{http_proxy} = 'http://127.0.0.1:1';
	local $ENV{ALL_PROXY} = 'http://127.0.0.1:1';
	is(($f->belfry('status'))[0], 0, 'no proxy is asked');
}

# No daemon.
for my $case (["$dir/none", qr/No such file or directory/],
    ["$dir/dead", qr/Connection refused/]) {
	my ($socket, $why) = @$case;
	if ($socket =~ /dead/) {
		my $s = IO::Socket::UNIX->new(Local => $socket, Listen => 1);
		close $s;
	}
	for my $command ('status', 'list', 'history', 'reload') {
		($status, $out, $err) = $f->command($belfry, '--socket',
		    $socket, $command);
		is($status, 3, "$command without a daemon");
		is($out, '', 'prints nothing');
		like($err, qr/^belfry: no daemon at \Q$socket\E: $why;/,
		    'says so');
		like($err, qr/ is belfryd running\?\n\z/, 'and asks');
	}
	($status, $out, $err) = $f->command($belfry, '--socket', $socket,
	    '--json', 'list');
	is("$status$out", '3', 'no half a document either');
}

# One that does not answer.
my $silent = IO::Socket::UNIX->new(Local => "$dir/silent", Listen => 5);
for (['status', ''], ['reload', '; whether it was done is not known']) {
	my ($command, $more) = @$_;
	($status, $out, $err) = $f->command($belfry, '--socket', "$dir/silent",
	    '--timeout', '50ms', $command);
	is("$status$out", '3', "$command without an answer");
	is($err, "belfry: no answer from $dir/silent within 50ms$more\n",
	    'says so');
}
for (['0', 'expected more than 0'], ['soon', 'column 1: expected a number']) {
	($status, $out, $err) = $f->belfry('--timeout', $_->[0], 'status');
	is($status, 2, "--timeout $_->[0]");
	like($err, qr/^belfry: --timeout $_->[0]: $_->[1]/, 'says what is right');
}
($status, $out, $err) = $f->command($belfry, '-H', 'http://127.0.0.1:1',
    'status');
is($status, 3, 'no daemon at a URL');
like($err, qr{no daemon at http://127\.0\.0\.1:1: Connection refused}, 'too');
SKIP: {
	skip 'only root can become somebody else', 2 if $> != 0;
	chmod 0600, $f->socket;
	($status, $out, $err) = $f->command('setpriv', '--reuid=65534',
	    '--regid=65534', '--clear-groups', $belfry, '--socket',
	    $f->socket, 'status');
	is($status, 3, 'not allowed');
	like($err, qr/^belfry: no permission to use .*: Permission denied\n/,
	    'says so');
	chmod 0666, $f->socket;
	($status, $out, $err) = $f->command('setpriv', '--reuid=65534',
	    '--regid=65534', '--clear-groups', $belfry, '--socket',
	    $f->socket, 'reload');
	is($status, 1, 'others may not reload');
	like($err, qr/^belfry: this needs the role admin/, 'and hear why');
}

# What cannot be written is a failure.
$status = system("$belfry --socket " . $f->socket
    . ' list > /dev/full 2>/dev/null');
is($status >> 8, 1, 'a full disk');

$f->finish;
done_testing;
