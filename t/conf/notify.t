#!/usr/bin/perl
# What a service manager hears on its socket: ready, reloading, ready again,
# stopping. And the unit file.
use strict;
use warnings;
use Belfry;
use IO::Select;
use IO::Socket::UNIX;
use Socket;
use Test::More;

sub manager {
	my ($path) = @_;
	my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path)
	    or die "$path: $!";
	return $socket;
}

sub hears {
	my ($socket, $want, $what) = @_;
	my $text = '';
	if (IO::Select->new($socket)->can_read($Belfry::PATIENCE)) {
		$socket->recv($text, 4096);
	}
	like($text, $want, $what);
}

my $d = Belfry->new;
$d->job('a.ini', "[job a]\ncommand = true\n");
my $socket = manager($d->path('notify'));
{
	local $ENV{NOTIFY_SOCKET} = $d->path('notify');
	$d->spawn;
}
hears($socket, qr/^READY=1$/m, 'ready');
is(eval { $d->json('status')->{state} }, 'running', 'and it is');
kill 'HUP', $d->{pid};
hears($socket, qr/^RELOADING=1\nMONOTONIC_USEC=\d+$/, 'reloading');
hears($socket, qr/^READY=1$/m, 'ready again');

# Also when the configuration is refused: the reload is over.
my $good = $d->read('belfry.conf');
$d->write('belfry.conf', "$good\nnonsense\n");
kill 'HUP', $d->{pid};
hears($socket, qr/^RELOADING=1/, 'reloading');
hears($socket, qr/^READY=1$/m, 'ready with the one in force');
$d->write('belfry.conf', $good);

# An upgrade is a reload to a manager, also one that cannot be.
kill 'USR2', $d->{pid};
hears($socket, qr/^RELOADING=1\nMONOTONIC_USEC=\d+$/, 'upgrading');
hears($socket, qr/^READY=1$/m, 'ready, as the same process');
is(eval { $d->json('status')->{upgrade}{state} }, 'done', 'it is another one');
$d->write('belfry.conf', "$good\nnonsense\n");
kill 'USR2', $d->{pid};
hears($socket, qr/^RELOADING=1/, 'upgrading');
hears($socket, qr/^READY=1$/m, 'ready with the old one');
$d->write('belfry.conf', $good);

kill 'TERM', $d->{pid};
hears($socket, qr/^STOPPING=1$/m, 'stopping');
is($d->wait_exit, 0, 'and it stops');

# A manager that listens at an abstract address, and one that is gone.
my $name = "\0belfry-test-$$";
$socket = manager($name);
{
	local $ENV{NOTIFY_SOCKET} = "\@belfry-test-$$";
	$d->spawn;
}
hears($socket, qr/^READY=1$/m, 'ready, at an abstract address');
close $socket;
is($d->stop, 0, 'nobody listens any more: it does not mind');

# Left with its jobs running: the status that has it started again.
$d->start;
is($d->stop('QUIT') >> 8, 75, 'SIGQUIT: 75');

open(my $in, '<', 'conf/belfry.service.in') or die "belfry.service.in: $!";
my $unit = do { local $/; <$in> };
like($unit, qr/^$_$/m, $_) for qw(Type=notify KillMode=process
    RestartForceExitStatus=75 Delegate=yes);
SKIP: {
	skip 'no systemd-analyze here', 1
	    if system('command -v systemd-analyze >/dev/null 2>&1') != 0;
	$unit =~ s/\@sbindir\@\/belfryd/$Belfry::DAEMON/;
	$unit =~ s/\@sysconfdir\@/\/etc/g;
	$d->write('belfry.service', $unit);
	my ($status, $out, $err) = $d->command('systemd-analyze', 'verify',
	    '--man=no', $d->path('belfry.service'));
	# Other units of the machine are not our business.
	my $ours = join '', grep { /belfry/ } split /^/, $out . $err;
	is($ours, '', 'systemd-analyze verify');
}
$d->finish;
done_testing;
