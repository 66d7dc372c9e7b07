# How answers look: to a person, on a terminal and elsewhere, and as JSON.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Encode qw(decode);
use Test::More;
use Fake;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output);

$ENV{TZ} = 'Asia/Kathmandu'; # +05:45: nobody's default
$ENV{LC_ALL} = 'C.UTF-8';
delete $ENV{NO_COLOR};
$ENV{TERM} = 'xterm';

sub run {
	my ($n, $job, %more) = @_;
	return { id => sprintf('01k3aaaaaaaaaa%02d', $n), job => $job,
	    slot => "\@-${n}00@", attempt => 1, trigger => 'schedule',
	    host => 'alpha', outcome => 'success', reason => '',
	    exit_code => 0, signal => undef, started => "\@-${n}00@",
	    finished => "\@-${n}00@", duration_ms => 1234, lateness_ms => 3,
	    cpu_ms => 12, max_rss_kb => 2048, fence => 1,
	    output_bytes => 77, %more };
}
my @runs = (
    run(1, 'backup', outcome => undef, exit_code => undef,
	finished => undef, duration_ms => undef, started => '@-5@', slot => '@-5@'),
    run(2, 'backup'),
    run(3, 'grüße', outcome => 'failure', exit_code => 3,
	reason => 'exited with code 3', duration_ms => 250),
    run(4, 'backup', outcome => 'timeout', exit_code => undef, signal => 15,
	reason => 'timed out after 1m', duration_ms => 61000,
	dropped_bytes => 20),
    run(5, '日本', outcome => 'failure', exit_code => undef, signal => 11,
	reason => 'killed by signal SEGV', duration_ms => 7300000),
    run(7, 'limits', outcome => 'failure', exit_code => undef, signal => 24,
	reason => 'killed by signal XCPU, core dumped; cpu limit of 1s exceeded',
	duration_ms => 1000),
    run(8, 'limits', outcome => 'failure', exit_code => 3,
	reason => 'exited with code 3; left 1 process behind, ended',
	duration_ms => 5),
    run(6, 'backup', outcome => 'launch-failed', exit_code => undef,
	reason => "cannot execute \e[31mx: No such file", started => undef,
	duration_ms => 0),
    run(9, 'line', outcome => undef, exit_code => undef, started => undef,
	finished => undef, duration_ms => undef, slot => '@-4@'),
);
my @jobs = (
    { name => 'grüße', state => 'retrying', schedule => ['@every 5m', '@daily'],
	timezone => 'Asia/Kathmandu', next => '@+180000@',
	last => { run => 'x', outcome => 'failure', finished => '@-7200@' },
	failures => 3 },
    { name => 'backup', state => 'running', description => 'saves all',
	schedule => ['0 3 * * *'], timezone => 'Asia/Shanghai',
	next => '@+259200@', running => 1, enabled => JSON::PP::true,
	last => { run => $runs[1]{id}, outcome => 'success',
	    finished => '@-180@' }, last_success => '@-180@', failures => 0,
	file => '/jobs/a.ini', line => 1,
	keys => { command => 'save; all', environment => ['A=1', 'B=2'] },
	next_fires => ['@+300@', '@+86700@'], runs => [] },
    { name => '日本', state => 'disabled', schedule => [], timezone => '',
	next => undef, last => undef },
    { name => 'load', state => 'idle', schedule => ['@daily'],
	timezone => 'Asia/Shanghai', after => ['a', 'b'] },
    { name => 'tell', state => 'idle', schedule => [], timezone => '',
	after => ['load'] },
);
my $f = Fake->new(
    'runs.json' => \@runs,
    'jobs.json' => \@jobs,
    'job.backup.json' => $jobs[1],
    (map { ("show.$_->{id}.json" => $_) } @runs),
    page => 2,
    'kill.r1.json' => { run => 'r1', job => 'a' },
    'drain.json' => { state => 'draining' },
    'reload.json' => { added => ['a'], removed => ['b'], changed => ['c', 'd'],
	problems => [{ file => '/jobs/x.ini', line => 3, job => 'e',
	    text => 'never fires', error => JSON::PP::false }] },
    'status.json' => { version => '0.1.0', node => 'alpha', pid => 321,
	state => 'running', started => '@-9000@', jobs => 4, enabled => 3,
	running => 1, waiting => 0, queued => 2,
	next => { job => 'backup', slot => '@+30@' },
	store => { type => 'sqlite', path => '/s/belfry.db',
	    unconfirmed => 1 },
	processes => [
	    { role => 'master', index => 0, pid => 322, restarts => 0 },
	    { role => 'launcher', index => 11, pid => 4194304, restarts => 2 }],
	problems => [{ file => '/jobs/bad.ini', line => 0, job => '',
	    text => 'not readable', error => JSON::PP::true }],
	runs => [{ id => 'r9', job => 'backup', state => 'running',
	    trigger => 'manual', started => '@-5@', pid => 77 },
	    { id => 'r10', job => 'b', state => 'queued',
	    trigger => 'schedule', started => undef, pid => undef }] },
);

sub belfry {
	my ($status, $out, $err) = $f->belfry(@_);
	is($status, 0, "belfry @_") or diag($err);
	is($err, '', 'nothing on standard error');
	return decode('UTF-8', $out);
}

# What a text must look like: {time} may be without a date, {stamp} is with
# one, {n} is a digit.
sub looks_like {
	my ($text, $want, $name) = @_;
	my $stamp = '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d';
	my %hole = (stamp => $stamp, n => '\d', clock => '\d\d:\d\d:\d\d',
	    time => "(?:$stamp|\\d\\d:\\d\\d:\\d\\d {0,11})");
	my $re = join '', map { /^\{(\w+)\}$/ ? $hole{$1} : quotemeta }
	    split /(\{\w+\})/, $want;
	like($text, qr/\A$re\z/, $name) or diag($text);
}

my $list = belfry('list');
looks_like($list, <<'END', 'jobs, all pages, aligned');
JOB     STATE     LAST            NEXT (+0545)                 SCHEDULE
grüße   retrying  failure 2h ago  {stamp} (in 2d)  @every 5m; @daily
backup  running   success 3m ago  {stamp} (in 3d)  0 3 * * * (Asia/Shanghai)
日本    disabled  -               -                            -
load    idle      -               -                            @daily (Asia/Shanghai); after a b
tell    idle      -               -                            after load
END
unlike($list, qr/ \n/, 'no blanks at the end of lines');

my $history = belfry('history');
looks_like($history, <<'END', 'runs; nothing in them commands the terminal');
RUN               JOB     OUTCOME        SLOT (+0545)         STARTED   DURATION  EXIT
01k3aaaaaaaaaa01  backup  running        {stamp}  {clock}      {n}.{n}s
01k3aaaaaaaaaa02  backup  success        {stamp}  {clock}      1.2s  exit 0
01k3aaaaaaaaaa03  grüße   failure        {stamp}  {clock}     250ms  exit 3
01k3aaaaaaaaaa04  backup  timeout        {stamp}  {clock}     1m01s  timed out after 1m
01k3aaaaaaaaaa05  日本    failure        {stamp}  {clock}     2h01m  signal SEGV
01k3aaaaaaaaaa07  limits  failure        {stamp}  {clock}      1.0s  signal XCPU, core dumped; cpu limit of 1s exceeded
01k3aaaaaaaaaa08  limits  failure        {stamp}  {clock}       5ms  exit 3; left 1 process behind, ended
01k3aaaaaaaaaa06  backup  launch-failed  {stamp}  -              0ms  cannot execute ?[31mx: No such file
01k3aaaaaaaaaa09  line    waiting        {stamp}  -                -
END
$f->write('runs.json', [run(1, 'night', started => '@+86400@')]);
like(belfry('history'), qr/ (\d{4}-\S+) \S+  (?!\1)\d{4}-\S+ \S+ +1\.2s/,
    'the date of a start on another day');
$f->write('runs.json', \@runs);
is(() = belfry('history', '-n', 3) =~ /^01k3/mg, 3, 'the newest three');
is(() = belfry('history', 'backup') =~ /^01k3/mg, 4, 'of one job');
is(() = belfry('history', '--outcome', 'failure') =~ /^01k3/mg, 4,
    'with one outcome');
is(belfry('history', 'backup', '-o', 'lost'), "no runs\n", 'none');
for my $format ([], ['--json']) {
	my ($status, $out, $err) = $f->belfry('history', 'nothing', @$format);
	is("$status $out$err",
	    "1 belfry: no such run, and no job \"nothing\"\n",
	    "a job that is not there @$format");
}
$f->asked;
belfry('history', '--since', '2h', '-n', '0');
my ($since) = ($f->asked)[0] =~ / limit=500 since=(\S+)$/;
like($since, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'since 2h ago');
belfry('history', '--since', '2026-03-10T08:00:00+01:00');
like(($f->asked)[0], qr/ since=2026-03-10T07:00:00Z$/, 'since a time');

my $show = belfry('show', 'backup');
my ($top) = $show =~ /\A(.*?\n)\n/s;
looks_like($top, <<'END', 'a job');
job          backup
about        saves all
state        running
schedule     0 3 * * *
timezone     Asia/Shanghai
last         success 3m ago, run 01k3aaaaaaaaaa02
last good    {stamp} +0545 (3m ago)
next         {stamp} +0545 (in 5m)
             {stamp} +0545 (in 24h)
file         /jobs/a.ini:1
END
like($show, qr/^  command = save; all\n/m, 'its definition');
like($show, qr/^  environment = A=1\n  environment = B=2\n/m,
    'a key that is there twice');
is(() = $show =~ /^01k3/mg, 4, 'and its runs');
$show = belfry('show', '01k3aaaaaaaaaa05');
like($show, qr/^outcome +failure\nended by +signal SEGV\n/m, 'a run');
like($show, qr/^memory +2048 KiB at most\n/m, 'what it used');
like($show, qr/^output +77 bytes\n/m, 'what it wrote');
like(belfry('show', '01k3aaaaaaaaaa04'),
    qr/^output +77 bytes, 20 of them dropped\n/m, 'what was not kept of it');

my $status = belfry('status');
looks_like($status, <<'END', 'the status');
belfryd      0.1.0 on alpha, pid 321
state        running
up           2h30m, since {stamp} +0545
jobs         4, 3 enabled; 1 running, 0 waiting, 2 queued
next         backup at {time} (in {n}{n}s)
store        sqlite, /s/belfry.db
             1 record waits for it

PROCESS          PID  RESTARTS
master           322         0
launcher 11  4194304         2

RUN  JOB     STATE    TRIGGER    FOR  PID
r9   backup  running  manual    {n}.{n}s   77
r10  b       queued   schedule     -    -

problems of job files:
/jobs/bad.ini: not readable
END

is(belfry('kill', 'r1'), "run r1 of a is being ended\n", 'kill');
like(belfry('drain'), qr/^draining: nothing more starts/, 'drain');
is(belfry('reload'), "added        a\nchanged      c\nchanged      d\n"
    . "removed      b\n/jobs/x.ini:3: job e: never fires\n", 'reload');
$f->write('reload.json', { added => [], problems => [] });
is(belfry('reload'), "no job changed\n", 'reload without changes');
$f->write('reload.json', { problems => [{ file => 'x', line => 0, job => '',
    text => 'bad', error => JSON::PP::true }] });
is(($f->belfry('reload'))[0], 1, 'reload with errors');
is(($f->belfry('reload', '--json'))[0], 1, 'in JSON too');

# On a terminal.
sub on_terminal {
	my ($columns, @args) = @_;
	my $command = join ' ', "stty cols $columns;",
	    "$Fake::BUILD/master/cli/belfry", '--socket', $f->socket, @args;
	my ($status, $out) = $f->command('script', '-qec', $command,
	    '/dev/null');
	$out =~ s/\r\n/\n/g;
	return decode('UTF-8', $out);
}
my $wide = on_terminal(200, 'list');
like($wide, qr/\e\[1mJOB\e\[0m/, 'heads are bold');
like($wide, qr/\e\[31mfailure 2h ago\e\[0m/, 'failures are red');
(my $plain = $wide) =~ s/\e\[\d*m//g;
# Both are of their own moment.
s/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/{stamp}/g for $plain, $list;
is($plain, $list, 'colours change nothing else');
my $narrow = on_terminal(30, 'list');
$narrow =~ s/\e\[\d*m//g;
like($narrow, qr/^backup  running   success 3m a$/m, 'lines are cut');
like($narrow, qr/^日本    disabled  -$/m, 'by width, not by bytes');
{
	local $ENV{NO_COLOR} = '1';
	unlike(on_terminal(200, 'list'), qr/\e/, 'NO_COLOR');
}
{
	local $ENV{TERM} = 'dumb';
	unlike(on_terminal(200, 'list'), qr/\e/, 'a dumb terminal');
}

# As JSON: one document, what the API said.
sub json { JSON::PP->new->utf8->decode(($f->belfry(@_, '--json'))[1]) }
is_deeply([map { $_->{name} } @{ json('list') }],
    ['grüße', 'backup', '日本', 'load', 'tell'],
    'list: an array of all pages');
is_deeply([map { $_->{id} } @{ json('history') }], [map { $_->{id} } @runs],
    'history: an array, newest first');
is(@{ json('history', '-n', 3) }, 3, 'of three');
is_deeply(json('history', 'backup', '-o', 'lost'), [], 'of none');
is(json('show', 'backup')->{keys}{command}, 'save; all', 'show: an object');
is(json('show', '01k3aaaaaaaaaa05')->{signal}, 11, 'of a run');
is(json('status')->{pid}, 321, 'status');
is_deeply(json('kill', 'r1'), { run => 'r1', job => 'a' }, 'kill');
is_deeply(json('drain'), { state => 'draining' }, 'drain');

# What is not there.
for my $args (['show', 'nothing'], ['kill', 'nothing'], ['logs', 'nothing'],
    ['run', 'nothing']) {
	my ($status, $out, $err) = $f->belfry(@$args);
	is($status, 1, "belfry @$args");
	is($out, '', 'prints nothing');
	like($err, qr/^belfry: .*nothing/, 'says that it is not there');
}
# More than is shown.
$f->write('runs.json', [map { run($_, 'a') } 10 .. 40]);
my ($code, $out, $err) = $f->belfry('history');
is(() = $out =~ /^01k3/mg, 20, 'the newest twenty');
is($err, "belfry: older runs are left out; -n 0 shows all\n", 'is told');
is(() = belfry('history', '-n', 0) =~ /^01k3/mg, 31, 'all');

$f->finish;
done_testing;
