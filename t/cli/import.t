#!/usr/bin/perl
# belfry import crontab: every entry a job that "belfry check" takes; wrappers
# become keys; what is a trap, or not the same, is said with its line.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;

# The job file and the notes of a crontab.
sub import {
	my ($text, @options) = @_;
	$d->write('tab', $text);
	my ($status, $out, $err) = $d->belfry('import', 'crontab',
	    $d->path('tab'), @options);
	s/\Q$d->{dir}\E\/tab/tab/g for $out, $err;
	return ($status, $out, $err);
}

# Keys of the only job: schedule, command, and what else there is.
sub keys_of {
	my ($out) = @_;
	return { map { /^([a-z-]+) = (.*)/ ? ($1 => $2) : () } split /\n/, $out };
}

my ($status, $out, $err) = import(<<'END');
# a comment
FOO=bar
*/5 * * * * /opt/x/run --all
PATH=/usr/bin:/bin
SHELL=/bin/bash
HOME=/tmp
CRON_TZ=Asia/Tokyo
RANDOM_DELAY=5
# belfry: overlap=queue description="a b"
@daily cat%one%two\%
@daily cat
END
is($status, 0, 'a crontab') or diag $err;
is($out, <<'END', 'as a job file');
# From the crontab tab.

# tab:3
[job run]
schedule = */5 * * * *
command = /opt/x/run --all
environment = FOO=bar

# tab:10
[job cat]
schedule = @daily
timezone = Asia/Tokyo
command = cat
stdin = one\ntwo%\n
shell = /bin/bash
directory = /tmp
environment = FOO=bar
environment = PATH=/usr/bin:/bin
environment = HOME=/tmp
jitter = 5m
overlap = queue
description = a b

# tab:11
[job cat-2]
schedule = @daily
timezone = Asia/Tokyo
command = cat
shell = /bin/bash
directory = /tmp
environment = FOO=bar
environment = PATH=/usr/bin:/bin
environment = HOME=/tmp
jitter = 5m
END
is($err, "3 jobs, 0 errors, 0 notes\n", 'nothing to note');
$d->job('tab.ini', $out);
is(($d->belfry('check'))[0], 0, 'and is one');

# Lines that name users: by the option, by the place, by what stands there.
my $me = getpwuid $>;
($status, $out) = import("\@daily $me /bin/x y\n");
is(keys_of($out)->{user}, $me, 'a crontab of the system');
is(keys_of($out)->{command}, '/bin/x y', 'its command');
($status, $out) = import("\@daily mail /bin/x y\n");
is(keys_of($out)->{user}, undef, 'a program that is a user, too')
    if -x '/usr/bin/mail';
($status, $out) = import("\@daily somebody /bin/x y\n");
is(keys_of($out)->{command}, 'somebody /bin/x y', 'a user own');
($status, $out) = import("\@daily somebody /bin/x y\n", '--system');
is(keys_of($out)->{user}, 'somebody', 'by option');

# Wrappers: [command, what it becomes, keys]
my @wrappers = (
    ['flock -n /run/x a b >/dev/null', 'a b >/dev/null', { overlap => 'skip' }],
    ['/usr/bin/flock --nonblock /run/x /bin/a', '/bin/a', { overlap => 'skip' }],
    ['flock -xn "/run/x y" a', 'a', { overlap => 'skip' }],
    ["flock -n /run/x -c 'a && b'", 'a && b', { overlap => 'skip' }],
    ['flock /run/x a', undef], ['flock -w 5 /run/x a', undef],
    ['flock -n /run/x a; b', undef], ['flock -n $LOCK a', undef],
    ['flock -n /run/x a | b', undef], ['flock -n /run/x', undef],
    ['timeout 300 a b', 'a b', { timeout => '300s' }],
    ['timeout -k 10 -s INT 5m a', 'a', { timeout => '5m',
	'kill-grace' => '10s', 'kill-signal' => 'INT' }],
    ['/usr/bin/timeout --kill-after=10s --signal=KILL 1h a', 'a',
	{ timeout => '1h', 'kill-grace' => '10s', 'kill-signal' => 'KILL' }],
    ['timeout 300 a && b', undef], ['timeout --foreground 3 a', undef],
    ['timeout $T a', undef], ['timeout 300', undef],
    ['sleep $((RANDOM \\% 300)); a; b', 'a; b', { jitter => '300s' }],
    ['sleep $(( $RANDOM\\%60 )) && a', 'a', { jitter => '60s' }],
    ['sleep $[RANDOM\\%60] ; a', 'a', { jitter => '60s' }],
    ['sleep $(shuf -i 0-90 -n 1); a', 'a', { jitter => '90s' }],
    ["perl -e 'sleep int(rand(3600))' && a", 'a', { jitter => '3600s' }],
    ['sleep 30; a', undef], ['sleep $((RANDOM \\% 9)) | a', undef],
    ["sleep \$((RANDOM \\% 300)); flock -n /l timeout 9 a",
	'a', { jitter => '300s', overlap => 'skip', timeout => '9s' }],
);
for (@wrappers) {
	my ($command, $want, $keys) = @$_;
	($status, $out, $err) = import("PATH=/bin\n0 1 * * * $command\n");
	my $is = keys_of($out);
	$command =~ s/\\%/%/g;
	is($is->{command}, $want // $command, $command);
	delete @$is{qw(schedule command environment)};
	is_deeply($is, $keys // {}, 'its keys');
	$d->job('tab.ini', $out);
	is(($d->belfry('check', $d->path('jobs/tab.ini')))[0], 0, 'is a job');
}

# What is noted: [lines above, times and command, note]
my @notes = (
    ['', '0 1 * * * date +%Y >/tmp/x', qr/the first "%" ends the command, which is "date \+"/],
    ['', "0 1 * * * echo 'a % b'", qr/the first "%" ends the command/],
    ['', '0 1 * * * cat%hello', undef],
    ['', '0 1 * * * date +\\%Y', undef],
    ['', '0 1 1 * 1 x', qr/EITHER matches/],
    ['', '0 1 */2 * 1 x', qr/BOTH day fields/],
    ['', '0 1 * * 1 x', undef],
    ['', '0 1 * * * x >/dev/null 2>&1', qr/all output is thrown away/],
    ['', '0 1 * * * x &>/log', qr/starts the command in the background/],
    ["SHELL=/bin/bash\n", '0 1 * * * x &>/log', undef],
    ['', '0 1 * * * [[ -e x ]] && y', qr/\[\[" is bash's/],
    ['', '0 1 * * * sleep $((RANDOM \\% 9)); x', qr/RANDOM is bash's.*\n.*became jitter/],
    ["MAILTO=ops\n", '0 1 * * * x', qr/MAILTO is not kept/],
    ['', '0 1 * * * flock -n /l x; y', qr/around a part of the command and was left/],
    ['', '0 1 * * * flock -n /l x', qr/flock -n \/l became overlap = skip/],
    ['', '0 1 * * * timeout 9 x', qr/timeout became a key/],
);
for (@notes) {
	my ($above, $line, $want) = @$_;
	($status, $out, $err) = import("PATH=/bin\n$above$line\n");
	is($status, 0, $line =~ s/\r/\\r/r);
	if (defined $want) {
		my $number = 2 + ($above =~ tr/\n//);
		like($err, qr/^tab:$number: note: /, 'is noted');
		like($err, $want, 'as it is');
		like($out, qr/^# note: /m, 'in the file, too');
	} else {
		is($err, "1 job, 0 errors, 0 notes\n", 'nothing to note');
	}
}
($status, $out, $err) = import("0 1 * * * x\n0 2 * * * y\n0 3 * * * /z\n");
is(() = $err =~ /PATH is not set/g, 1, 'PATH is missing: said once');

($status, $out, $err) = import("PATH=/bin\r\n0 1 * * * x\r\n");
like($err, qr/^tab:1: note: .*carriage return/m, 'lines of Windows');
is(keys_of($out)->{command}, 'x', 'a command');
($status, $out) = import("PATH=/bin\n0 1 * * * -qs x\n");
is(keys_of($out)->{overlap}, 'skip', 'the flag of a line that runs once');

($status, $out, $err) = import("PATH=/bin\nRANDOM_DELAY=soon\n0 1 * * * x\n");
like($err, qr/^tab:2: note: RANDOM_DELAY is no number/m, 'a delay that is none');
is(keys_of($out)->{jitter}, undef, 'is none');

# What a person would call them; the same name twice has a number.
($status, $out, $err) = import(<<'END');
PATH=/bin
0 1 * * * cd /srv && nice -n 5 /opt/backup.sh /a /b
0 2 * * * [ -x /opt/report ] && sudo -u www php /opt/report.php
0 3 * * * flock -n /run/l sh -c 'cd /srv; ./backup.sh /c'
0 4 * * * sleep 5; report
END
is_deeply([$out =~ /^\[job (.*)\]$/mg], [qw(backup report backup-2 report-2)],
    'names');

# Mistakes: the rest is there.
($status, $out, $err) = import("0 1 * * * x\n0 1 * * \n0 1 * * * y\n");
is($status, 1, 'a mistake');
like($err, qr/^tab:2: error: column 9: the day of week is missing/m, 'its line');
is(() = $out =~ /^\[job /mg, 2, 'the others are there');
($status, $out, $err) = import(<<'END');
PATH=/bin
61 1 * * * x
# belfry: retrys=3
1 1 * * * y
CRON_TZ=Moon/Base
1 1 * * * z
END
is($status, 1, 'mistakes of times and values');
like($err, qr/^tab:2: error: schedule "61 1 \* \* \*": column 1: minute 61/m, 'a time');
like($err, qr/^tab:3: error: unknown key "retrys"/m, 'a key');
like($err, qr/^tab:6: error: timezone: unknown time zone/m, 'a zone');
like($err, qr/^3 jobs, 3 errors, 0 notes$/m, 'are counted');
($status, $out, $err) = import("PATH=/bin\n1 1 * * 8 nobody x\n", '--system');
is($status, 1, 'one in a crontab of the system');
like($err, qr/^tab:2: error: schedule .* column 9: day of week 8/m, 'its line');
like($err, qr/^1 job, 1 error, 0 notes$/m, 'is one');

# -u, -o, and wrong words.
mkdir $d->path('spool');
$d->conf("[crontab]\nspool = spool\n");
$d->write("spool/$me", "PATH=/bin\n0 1 * * * x\n");
($status, $out, $err) = $d->belfry('import', 'crontab', '-u', $me);
is($status, 0, '-u') or diag $err;
is(keys_of($out)->{user}, $me, 'names the user');
my $ini = $d->path('jobs/new.ini');
($status, $out, $err) = $d->belfry('import', 'crontab', '-u', $me, '-o', $ini);
is("$status $out", '0 ', '-o');
like($d->read('jobs/new.ini'), qr/^\[job x\]$/m, 'is written there');
($status, $out, $err) = $d->belfry('import', 'crontab', '-u', $me, '-o', $ini);
is($status, 1, 'but over nothing');
like($err, qr/new\.ini: File exists/, 'says so');
is(($d->belfry('import', 'crontab', $d->path('none')))[0], 1, 'no such file');
is(($d->belfry('import', @$_))[0], 2, "import @$_: usage")
    for [], ['crontab'], ['systemd', 'x'], ['crontab', 'x', '-u', 'y'],
    ['crontab', '-u', '../y'], ['crontab', '-u', 'y', '-s'];

$d->finish;
done_testing;
