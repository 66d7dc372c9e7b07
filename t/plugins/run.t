#!/usr/bin/perl
# A plugin's run: what it is given, what it gives, and what it does wrong costs
# its own run and nothing else.
use strict;
use warnings;
use PluginJob;
use Test::More;

my $launcher = drive()->{launcher};

my $done = ends('a plugin', ['gentle', { text => 'hi = "there"' }, {
	job => 'greet', env => ['BELFRY_ATTEMPT=2', 'BELFRY_FENCE=77'] }],
    'success 0', qr/^$/, qr/^debug: text hi = "there"$/m);
is($done->{values}, '{"rows":"42","said":"hi = \"there\""}', 'its values');
my $text = drive()->output($done->{run});
like($text, qr/^info: count 7\nwarning: share 0.5\n/m, 'fallbacks');
like($text, qr/^error: flag 1 age 60000\nsize 65536 word one\n/m,
    'types; a message is a line');
like($text, qr/^job greet run $done->{run} attempt 2 fence 77$/m, 'the run');

# Parameters of "belfry run" go before those of the file; "-" is "_" there.
ends('parameters of the run', ['gentle', { text => 'x', 'max-count' => 9 },
	{ env => ['BELFRY_PARAM_max_count=11', 'BELFRY_PARAM_text=y'] }],
    'success 0', qr/^$/, qr/text y\ninfo: count 11$/m);
ends('a parameter that is none', ['gentle', { text => 'x' },
	{ env => ['BELFRY_PARAM_max_cuont=11'] }],
    'launch-failed -1', qr/plugin gentle has no parameter max_cuont/);
ends('out of range', ['gentle', { text => 'x' },
	{ env => ['BELFRY_PARAM_max_count=101'] }], 'launch-failed -1',
    qr/parameter max-count "101": write a number from 1 to 100/);
ends('one is missing', ['gentle', {}], 'launch-failed -1',
    qr/parameter text of plugin gentle is missing/);

# What they do wrong: in the reason, with where.
for my $where (qw(init run fini)) {
	ends("crash in $where", ['hostile', { how => "crash-$where" }],
	    'failure -1', qr/^killed by signal SEGV.*; it was in $where$/);
	ends("exit in $where", ['hostile', { how => "exit-$where" }],
	    'failure 0', qr/^it called exit\(0\); it was in $where$/);
}
ends('crash in a destructor', ['hostile', { how => 'crash-unload' }],
    'failure -1', qr/signal SEGV.*; it was unloading the plugin$/);
ends('exit in a destructor', ['hostile', { how => 'quit-unload' }],
    'failure 0', qr/exit\(0\); it was unloading the plugin$/);
ends('_exit', ['hostile', { how => 'quit-run' }], 'failure 0',
    qr/^it called exit\(0\); it was in run$/);
ends("crash when loaded", ['load-crash', {}], 'failure -1',
    qr/SEGV.*; it was loading the plugin$/);
ends('exit when loaded', ['load-exit', {}], 'failure 0',
    qr/^it called exit\(0\); it was loading the plugin$/);
ends("a hang in $_", ['hostile', { how => "hang-$_" },
	{ timeout => 300, grace => 50 }], 'timeout -1',
    qr/^timed out after 300ms; it was .*$_/) for qw(init run unload);
ends('a hang when loaded', ['load-hang', {}, { timeout => 300,
	grace => 50 }], 'timeout -1', qr/it was loading the plugin$/);
ends('closed descriptors', ['hostile', { how => 'close-run' }], 'success 0',
    qr/^$/, qr/how is close-run/);
ends('leaks', ['hostile', { how => 'leak' }], 'success 0', qr/^$/);
$done = ends('what it leaves is ended', ['hostile', { how => 'leave-daemon' },
	{ grace => 0 }], 'success 0', qr/^left 1 process behind, ended$/);
ok(!kill(0, $1), 'and is gone')
    if drive()->output($done->{run}) =~ /^left (\d+)$/m;
$done = ends('it fails', ['hostile', { how => 'fail-run' }], 'failure 7',
    qr/^nothing is as it should be$/);
is($done->{values}, '{"how":"fail-run"}', 'values of a failure');
ends('init fails', ['hostile', { how => 'fail-init' }], 'failure 3',
    qr/^exited with code 3$/);
ends('it asks for what it did not declare', ['hostile',
	{ how => 'ask-unknown' }], 'failure -1',
    qr/signal ABRT.*; it was asking for what is no parameter/,
    qr/^error: plugin hostile has no parameter unheard-of$/m);

# The end that others want.
my $id = drive()->launch(plugin('gentle', { text => '', word => 'wait' }));
my $progress = drive()->wait_for('progress', $id);
is("$progress->{done} $progress->{total} $progress->{text}",
    '3 10 rows of some', 'progress');
drive()->line("kill $id 1");
$done = drive()->wait_for('done', $id);
is($done->{outcome}, 'killed', 'killed');
like(drive()->output($id), qr/^warning: asked to end, readable: 1$/m,
    'it was told');

is(drive()->{launcher}, $launcher, 'the launcher is the same');
ok(kill(0, $launcher), 'and lives');
open(my $status, '<', "/proc/$launcher/status") or die "status: $!";
my ($kb) = map { /^VmRSS:\s+(\d+)/ } <$status>;
cmp_ok($kb, '<', 32 << 10, 'with none of what leaked');
done_testing;
