#!/usr/bin/perl
# The init script: start, status, reload, restart with a job that goes on,
# stop; and the exit codes that the LSB wants.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => "log = log\nshutdown-timeout = 20s\n");
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job long]
command = echo begin >>$dir/long; sleep 3; echo end >>$dir/long

[job tick]
schedule = * * * * * *
command = echo \$BELFRY_SLOT >>$dir/tick
END

# As installed, but for the paths, which come from the environment.
my $script = $d->path('belfry');
{
	open(my $in, '<', 'conf/belfry.init') or die "belfry.init: $!";
	local $/;
	my $text = <$in>;
	$text =~ s/\@(?:sysconfdir|sbindir|bindir)\@/\/nonexistent/g;
	$d->write('belfry', $text);
	chmod 0755, $script;
}
$d->write('default', "BELFRY_OPTIONS='-l debug'\nTEST_OF_DEFAULTS=seen\n");
my %env = (
	BELFRY_DEFAULTS => "$dir/default",
	BELFRY_DAEMON => $Belfry::DAEMON,
	BELFRY_CLI => $Belfry::BELFRY,
	BELFRY_CONF => "$dir/belfry.conf",
	BELFRY_PIDFILE => "$dir/run/belfryd.pid",
	SYSTEMCTL_SKIP_REDIRECT => 1,
	_SYSTEMCTL_SKIP_REDIRECT => 1,
);
sub init {
	local %ENV = (%ENV, %env, @_[1 .. $#_]);
	return $d->command('timeout', '60', $script, $_[0]);
}
sub is_init {
	my ($action, $want, $what, @env) = @_;
	my ($status, $out, $err) = init($action, @env);
	is($status, $want, "$action: $what") or diag("$out$err\n" . $d->log);
	return $out . $err;
}
sub pid { return ($d->read('run/belfryd.pid') // '') =~ s/\n//r }

is(system('sh', '-n', $script), 0, 'its syntax is good');
for my $tag (qw(Provides Required-Start Required-Stop Default-Start
    Default-Stop Short-Description)) {
	like($d->read('belfry'), qr/^# \Q$tag\E:/m, "LSB header $tag");
}
is_init('status', 3, 'not running');
is_init('stop', 0, 'nothing to stop is good');
is_init('reload', 7, 'not running');
is_init('upgrade', 7, 'not running');
is_init('force-reload', 7, 'not running');
is_init('try-restart', 0, 'and try-restart leaves it so');
is_init('nonsense', 2, 'usage');
is_init('start', 5, 'not installed', BELFRY_DAEMON => '/nonexistent');
is_init('start', 6, 'not configured', BELFRY_CONF => '/nonexistent');

is_init('start', 0, 'starts');
my $pid = pid();
like($pid, qr/^\d+$/, 'the pid file is there');
is($d->json('status')->{state}, 'running', 'it answers at once');
open(my $environ, '<', "/proc/$pid/environ");
like(do { local $/; <$environ> }, qr/\0TEST_OF_DEFAULTS=seen\0/,
    'it has the variables of the defaults');
like(is_init('status', 0, 'running'), qr/\b$pid\b/, 'with its pid');
like(is_init('start', 0, 'again is good'), qr/already/, 'and says so');
is(pid(), $pid, 'it is the same daemon');

# Upgrade.
my $same = is_init('upgrade', 0, 'upgrade');
like($same, qr/upgraded from belfryd/, 'and says from what to what');
is(pid(), $pid, 'in the same process');
is_init('upgrade', 1, 'refused', BELFRY_CLI => '/bin/false');

# Reload.
$d->job('b.ini', "[job new]\ncommand = true\n");
is_init('reload', 0, 'reload');
$d->wait_for('the new job', sub {
	return grep { $_->{name} eq 'new' } @{ $d->json('list') };
});
pass('the new job is there');
is_init('force-reload', 0, 'force-reload');
is(pid(), $pid, 'by the same daemon');

# Restart: what runs goes on, and is recorded once.
my $id = $d->run('long');
$d->wait_for('it to run', sub { $d->lines('long') });
is_init('restart', 0, 'restarts');
isnt(pid(), $pid, 'another daemon');
$pid = pid();
is_deeply([$d->lines('long')], ['begin'], 'the job still runs');
my $run = $d->finished($id);
is($run->{outcome}, 'success', 'it ends well');
is_deeply([$d->lines('long')], ['begin', 'end'], 'having run once');
is((scalar grep { $_->{id} eq $id } @{ $d->json('history', 'long') }), 1,
    'and is in the history once');
my %slots;
$slots{$_}++ for $d->lines('tick');
is_deeply([grep { $slots{$_} > 1 } keys %slots], [], 'no slot ran twice');

# A configuration that is wrong does not cost the daemon that runs.
my $good = $d->read('belfry.conf');
$d->write('belfry.conf', "$good\n[nonsense]\n");
like(is_init('restart', 1, 'refused with a wrong configuration'),
    qr/belfry\.conf:\d+.*nonsense/, 'and says what is wrong');
is_init('reload', 1, 'so is reload');
is(pid(), $pid, 'it runs on');
is_init('status', 0, 'and is well');
$d->write('belfry.conf', $good);

# Stop drains.
$id = $d->run('long');
$d->wait_for('it to run', sub { 3 <= $d->lines('long') });
is_init('stop', 0, 'stops');
is_deeply([$d->lines('long')], ['begin', 'end', 'begin', 'end'],
    'when the job had ended');
$d->wait_for('the daemon to be gone', sub { !-e "/proc/$pid" });
ok(!-e "$dir/run/belfryd.pid", 'and its pid file');
is_init('status', 3, 'not running');

# A daemon that was killed leaves its pid file, and maybe to another process.
is_init('start', 0, 'starts again');
$pid = pid();
kill 'KILL', $pid;
$d->wait_for('its end', sub { !-e "/proc/$pid" });
is_init('status', 1, 'dead with a pid file');
$d->write('run/belfryd.pid', "$$\n");
is_init('status', 1, 'a pid that is another program is not ours');
is_init('stop', 0, 'nor is it killed');
is_init('reload', 7, 'nor reloaded');
is_init('restart', 0, 'restart starts one');
is($d->finished($id)->{outcome}, 'success', 'the history is there');
is_init('stop', 0, 'stops');
$d->finish;
done_testing;
