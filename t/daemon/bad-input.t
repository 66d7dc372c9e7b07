#!/usr/bin/perl
# Bad input: one clear message with file and line, and the rest goes on.
use strict;
use warnings;
use Belfry;
use POSIX ();
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $root = $> == 0;

sub job { return "[job $_[0]]\ncommand = $_[1]\n" }

# Files that cannot be job files, and good ones around them.
$d->job('a-good.ini', job('good', 'echo fine'));
mkdir "$dir/jobs/b-directory.ini";
$d->job('c-binary.ini', "[job binary]\ncommand = true\n\x7fELF\0\0\0");
$d->job('d-garbage.ini', "nothing to see here\n" x 500_000);
$d->job('e-long-line.ini', 'x' x 10_000_000);
symlink '/dev/zero', "$dir/jobs/f-device.ini";
symlink "$dir/gone", "$dir/jobs/g-dangling.ini";
POSIX::mkfifo("$dir/jobs/h-fifo.ini", 0644);
$d->job('i-world.ini', job('world', 'true'));
chmod 0666, "$dir/jobs/i-world.ini";
$d->job('j-unreadable.ini', job('unreadable', 'true'));
chmod 0000, "$dir/jobs/j-unreadable.ini";
$d->job('k-keys.ini', <<'END');
[job typo-key]
comand = true
command = true

[job typo-value]
command = true
overlap = skp

[jbo typo-section]
command = true

[job beside]
command = echo beside

[master]
user = root
END
$d->job('l-twice.ini', job('good', 'echo other'));
$d->job('m-nul.ini', "[job nul]\ncommand = echo a\0b\n");
$d->job('n-schedule.ini', "[job late]\nschedule = 61 * * * *\n"
    . "command = true\n");
$d->job('o-key-first.ini', "command = true\n[job after-it]\n"
    . "command = echo after\n");
$d->job('p-latin1.ini', "# caf\xe9\n" . job('latin1', "echo caf\xe9"));
$d->job('q-empty.ini', '');
$d->job('z-last.ini', job('last', 'echo last'));

# [what the message must be, from line, how many there may be]
my %want = (
	'b-directory.ini' => [qr/: error: this is a directory/],
	'c-binary.ini' => [qr/:3: error: column \d+: binary data/],
	'd-garbage.ini' => [qr/:1: error: .*"nothing to see here"/],
	'e-long-line.ini' => [qr/:1: error: .*"xxxx/],
	'f-device.ini' => [qr/: error: this is not a regular file/],
	'g-dangling.ini' => [qr/: error: .*No such file/],
	'h-fifo.ini' => [qr/: error: this is not a regular file/],
	'k-keys.ini' => [
		qr/:2: job typo-key: error: unknown key "comand"; did you mean command\?/,
		qr/:7: job typo-value: error: .*"skp".*did you mean skip\?/,
		qr/:9: error: column 2: unknown section "jbo"; write \[job typo-section\]/,
		qr/:15: error: column 2: \[master\] belongs in belfry\.conf/,
	],
	'l-twice.ini' => [qr/:1: job good: error: .*already.*a-good\.ini:1/],
	'm-nul.ini' => [qr/:2: error: column \d+: binary data/],
	'n-schedule.ini' => [qr/:2: job late: error: .*minute/],
	'o-key-first.ini' => [qr/:1: error: column 1: a key before the first section/],
);
if ($root) {
	$want{'i-world.ini'} = [qr/: error: anybody may write this file/];
} else {
	$want{'j-unreadable.ini'} = [qr/: error: cannot open.*Permission denied/];
}

sub compare {
	my ($who, %got) = @_;
	for my $file (sort keys %want) {
		my @lines = @{ $got{$file} // [] };
		my @want = @{ $want{$file} };
		is(scalar @lines, scalar @want, "$who: $file: so many messages")
		    or diag(@lines);
		for my $i (0 .. $#want) {
			like($lines[$i] // '', qr/\Q$file\E$want[$i]/,
			    "$who: $file: message $i");
		}
		delete $got{$file};
	}
	is_deeply(\%got, {}, "$who: and no others");
}

sub by_file {
	my %got;
	for (@_) {
		push @{ $got{$1} }, $_ if m{/jobs/([^/:]+)[:,]};
	}
	return %got;
}

my @jobs = ($root ? ('unreadable') : ('world'));
my @good = sort qw(good beside after-it latin1 last), @jobs;
my ($status, $out, $err) = $d->belfry('check');
is($status, 2, 'belfry check: 2');
compare('check', by_file(grep { /: error: / } split /\n/, $out));
like($out, qr/^@{[ scalar @good ]} jobs, \d+ errors, /m, 'and counts');
is($err, '', 'with nothing on standard error');

my ($status2, $out2) = $d->command($Belfry::DAEMON, '-t', '-c',
    "$dir/belfry.conf");
is($status2, 2, 'belfryd -t: 2');
is($out2, $out, 'and says the same');
($status, $out) = $d->belfry('check', "$dir/jobs/a-good.ini");
is($status, 0, 'one good file: 0');
($status, $out) = $d->belfry('check', "$dir/jobs/none.ini");
is($status, 2, 'a file that is not there: 2');
like($out, qr/none\.ini: error: .*No such file/, 'and says so');

# The daemon: the same messages, once each, and everything else runs.
$d->start;
is_deeply([sort map { $_->{name} } @{ $d->json('list') }], \@good,
    'the good jobs are there');
for my $job (qw(good beside after-it latin1 last)) {
	is($d->finished($d->run($job))->{outcome}, 'success', "$job runs");
}
for my $verb (qw(show run pause logs history explain)) {
	($status, $out, $err) = $d->belfry($verb, 'typo-value');
	is($status, 1, "$verb of a job that was left out: 1");
	like($err, qr/"typo-value".*; it has an error: \S+:7: .*skp/,
	    'with its error');
}
my @log = grep { / error master\[\d+\]: \// } split /\n/, $d->log;
# The log has "FILE:LINE: job NAME: text"; of check "FILE:LINE: job NAME:
# error: text".
s/^.*?master\[\d+\]: (\S+?)(:\d+)?: (job \S+: )?/
    "$1" . (defined $2 && $2 ne ':0' ? $2 : '') . ": " . ($3 \/\/ '')
    . 'error: '/e for @log;
compare('log', by_file(@log));
my $problems = $d->json('status')->{problems};
cmp_ok(scalar(grep { $_->{error} } @$problems), '>=', scalar keys %want,
    'belfry status has them too');

# All are mended while it runs.
chmod 0644, "$dir/jobs/i-world.ini", "$dir/jobs/j-unreadable.ini";
rmdir "$dir/jobs/b-directory.ini";
unlink map { "$dir/jobs/$_" } qw(c-binary.ini d-garbage.ini e-long-line.ini
    f-device.ini g-dangling.ini h-fifo.ini k-keys.ini l-twice.ini m-nul.ini
    n-schedule.ini o-key-first.ini p-latin1.ini);
my $change = $d->json('reload');
is_deeply([grep { $_->{error} } @{ $change->{problems} }], [],
    'when they are mended, a reload has no errors');
is($d->finished($d->run('world'))->{outcome}, 'success',
    'and the mended job runs');
$d->stop;
unlink glob "$dir/jobs/*";

# Jobs that are well written and cannot run: launch-failed, with the reason in
# words and no exit code, which 127 would be.
$d->write('noexec', "#!/bin/sh\n");
$d->write('interpreter', "#!/no/such/interpreter\n");
chmod 0755, "$dir/interpreter";
my %cannot = (
	'no-program' => ["command = /no/such/program",
	    qr{cannot execute /no/such/program: No such file or directory}],
	'no-program-in-path' => ['command = no-such-program-at-all',
	    qr{no-such-program-at-all: No such file or directory \(PATH is /}],
	'no-permission' => ["command = $dir/noexec",
	    qr{cannot execute \Q$dir\E/noexec: Permission denied}],
	'a-directory' => ["command = $dir", qr{: Is a directory}],
	'no-interpreter' => ["command = $dir/interpreter",
	    qr{interpreter is missing}],
	'no-shell' => ["command = echo a | cat\nshell = /no/such/shell",
	    qr{/no/such/shell: No such file or directory}],
	'no-directory' => ["command = true\ndirectory = $dir/nowhere",
	    qr{cannot enter directory \Q$dir\E/nowhere: No such file}],
	'no-environment' => ["command = true\nenvironment-file = $dir/nofile",
	    qr{cannot read environment file \Q$dir\E/nofile: No such file}],
	'too-long' => ['command = echo ' . 'x' x 65_500,
	    qr{too big: 6\d\d\d\d bytes, at most 65000}],
);
$cannot{'no-user'} = ["command = true\nuser = no-such-user",
    qr{there is no user "no-such-user"}] if $root;
$cannot{'no-group'} = ["command = true\ngroup = no-such-group",
    qr{there is no group "no-such-group"}] if $root;
my $text = '';
$text .= "[job $_]\n$cannot{$_}[0]\n" for sort keys %cannot;
$d->job('cannot.ini', $text . job('good', 'echo fine')
    . "[job by-number]\ncommand = id -u\nuser = $>\n");
$d->start;
for my $job (sort keys %cannot) {
	my $run = $d->finished($d->run($job));
	is($run->{outcome}, 'launch-failed', "$job: launch-failed");
	is($run->{exit_code}, undef, "$job: no exit code");
	like($run->{reason}, $cannot{$job}[1], "$job: and why");
	is((scalar grep { /run=$run->{id}\b/ && /launch-failed/ }
	    split /\n/, $d->log), 1, "$job: once in the log");
}
my $run = $d->finished($d->run('good'));
is($run->{outcome}, 'success', 'a good job runs among them');
$run = $d->finished($d->run('by-number'));
is($run->{outcome}, 'success', 'a user may be a number');
($status, $out) = $d->belfry('logs', $run->{id});
is($out, "$>\n", 'and it is that user');
$d->stop;

# A disk that is full: the output is lost and counted, the run is not.
SKIP: {
	skip 'a full disk needs root', 10 unless $root;
	my $state = $d->path('state');
	mkdir "$state/runs";
	skip 'no file system of its own can be mounted here', 10
	    if system('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs',
		"$state/runs") != 0;
	eval {
		unlink glob "$dir/jobs/*";
		$d->job('full.ini', job('flood', 'head -c 900000 /dev/zero')
		    . job('small', 'echo small'));
		$d->start;
		# No room for anything at all.
		system("dd if=/dev/zero of=$state/runs/ballast bs=4k 2>&1"
		    . ' >/dev/null | grep -q "No space"');
		($status, $out, $err) = $d->belfry('run', 'small');
		is($status, 1, 'no room for a run: it is refused');
		like($err, qr/could not be launched/, 'and says so');
		my ($last) = @{ $d->json('history', 'small', '-n', 1) };
		is($last->{outcome}, 'launch-failed', 'the history has it');
		like($last->{reason}, qr/run file: No space left/, 'and why');
		unlink "$state/runs/ballast";

		$run = $d->finished($d->run('flood'));
		is($run->{outcome}, 'success', 'the run ends as its job did');
		like($run->{reason}, qr/output lost: No space left/,
		    'the reason says what is missing');
		is($run->{output_bytes}, 900_000, 'all was counted');
		cmp_ok($run->{dropped_bytes}, '>', 500_000, 'and what was lost');
		is($d->finished($d->run('small'))->{outcome}, 'success',
		    'the next one runs');
		$d->stop;
		1;
	} or diag($@);
	is($@, '', 'all of that was done');
	system('umount', "$state/runs");
}

# The configuration: one message, and no daemon.
my %config = (
	"[master]\nstate-dri = x\n" => qr/:2: unknown key "state-dri" in \[master\]; did you mean state-dir\?/,
	"[mastre]\n" => qr/:1: column 2: unknown section "mastre"; did you mean master\?/,
	"[master]\nuser = no-such-user\n" => qr/no user "no-such-user"/,
	"[master]\nlog = \${NO_SUCH_VARIABLE}\n" => qr/:2: log.*NO_SUCH_VARIABLE is not in the environment/,
	"[master]\nmax-running = many\n" => qr/:2: max-running "many"/,
	"[master]\n\0\n" => qr/:2: column 1: binary data/,
	"[job a]\ncommand = true\n" => qr/:1: column 2: jobs belong in files of their own/,
	"[master]\nstate-dir = /proc/no\n" => qr{/proc/no: },
	"[master]\nstate-dir = state2\nrun-dir = run2\njobs-dir = none\n" => qr{/none: No such file},
	"[master]\nstate-dir = state2\nrun-dir = run2\njobs-dir = jobs\n[api]\nsocket = "
	    . 's' x 120 . "\n" => qr/at most 107 characters/,
);
for my $text (sort keys %config) {
	$d->write('bad.conf', $text);
	($status, $out, $err) = $d->command('timeout', '20', $Belfry::DAEMON,
	    '-f', '-l', 'error', '-c', "$dir/bad.conf");
	like($status, qr/^[12]$/, "belfryd refuses: $status");
	my @lines = grep { !/cannot start$/ } split /\n/, $err;
	is(scalar @lines, 1, 'with one line') or diag($err);
	like($lines[0] // '', $config{$text}, $lines[0] // 'none');
}
($status, $out, $err) = $d->command($Belfry::DAEMON, '-c', "$dir/none.conf");
is($status, 2, 'no configuration: 2');
like($err, qr{none\.conf: No such file}, 'and says so');
my @wrong = (
    ['unknown option: -q', '-q'],
    ['unknown option: -q', '-fq'],
    ['unknown option: --configuration=x', '--configuration=x'],
    ['option needs a value: -c', '-f', '-c'],
    ['-l loud: levels are error, warn, info, debug', '-l', 'loud'],
    ['unexpected argument: word', 'word'],
);
for my $case (@wrong) {
	my ($want, @args) = @$case;
	($status, $out, $err) = $d->command($Belfry::DAEMON, @args);
	is($status, 2, "belfryd @args: 2");
	like($err, qr/\Abelfryd: \Q$want\E\nusage: /,
	    'a message, then the usage');
}
for my $pair (['-h', '--help'], ['-V', '--version']) {
	my @said = map { [$d->command($Belfry::DAEMON, $_)] } @$pair;
	is("$said[0][0] $said[0][2]", '0 ', "belfryd $pair->[0]: 0");
	is_deeply($said[1], $said[0], "$pair->[1] is the same");
}
$d->finish;
done_testing;
