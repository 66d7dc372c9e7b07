#!/usr/bin/perl
# Upgrades that cannot be: what runs goes on as it was, and who asked is told.
use strict;
use warnings;
use Installed;
use Test::More;

my $d = Installed->new;
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job long]
command = echo begin; while [ ! -e $dir/go ]; do sleep 0.05; done; echo end
END
$d->start;
my $id = $d->run('long');
$d->wait_for('the run to begin', sub {
	return ($d->belfry('logs', $id))[1] eq "begin\n";
});
my @before = $d->descriptors;
my $roles = $d->processes;

# Nothing is given up before the test of the new one: the roles stay.
sub is_refused {
	my ($why, $what, %opt) = @_;
	my ($status, $out, $err) = $d->belfry('upgrade');
	is($status, 1, "$what: exit 1");
	is($out, '', 'nothing on standard output');
	like($err, qr/^belfry: not upgraded, belfryd 0\.1\.0 goes on: .*$why/m,
	    'and it says why');
	is($d->version, '0.1.0', 'the old one answers');
	is_deeply($d->processes, $roles, 'nothing was stopped')
	    unless $opt{back};
}

unlink $d->program;
is_refused(qr/cannot execute \S+: No such file or directory$/, 'missing');

my $text = do {
	local $/;
	open(my $in, '<', $Installed::NEXT) or die "next: $!";
	<$in>;
};
substr($text, 18, 2) = pack('v', 0xf7); # e_machine
$d->install_text($text);
is_refused(qr/cannot execute \S+: Exec format error$/, 'another machine');

$d->install_text("#!/bin/sh\necho no library >&2\nexit 127\n");
is_refused(qr/no library$/, 'cannot be loaded');

$d->install_text("#!/bin/sh\nkill -SEGV \$\$\n");
is_refused(qr/killed by signal 11$/, 'crashes at start');

$d->install($Installed::NEXT);
my $conf = $d->read('belfry.conf');
$d->write('belfry.conf', "$conf\nnonsense = 1\n");
is_refused(qr/belfry\.conf:\d+: .*nonsense/, 'refuses the configuration');
$d->write('belfry.conf', $conf =~ s/^(state-dir = ).*$/$1$dir\/other/mr);
is_refused(qr/state-dir changed from "\S+" to "\S+": that needs a restart$/m,
    'another state-dir');
$d->write('belfry.conf', $conf);

$d->job('b.ini', "[job b]\ncommand = true\nnonsense = 1\n");
is_refused(qr/b\.ini:3: .*nonsense/, 'refuses a job file');
unlink "$dir/jobs/b.ini";

# An older one that does not know the store.
my @sqlite = ('sqlite3', $d->path('state/belfry.db'));
my ($ok, $version) = $d->command(@sqlite, 'PRAGMA user_version');
$d->command(@sqlite, 'PRAGMA busy_timeout = 10000; PRAGMA user_version = 999');
is_refused(qr/was written by a newer belfryd.* version 999/, 'an older one');
$d->command(@sqlite,
    'PRAGMA busy_timeout = 10000; PRAGMA user_version = ' . $version);
is_deeply([$d->descriptors], \@before, 'no descriptor has leaked');

# It passes the test, but its parts do not start: the way back.
for my $role (qw(master recorder)) {
	$d->write("sbin/belfryd.crash-$role", '');
	is_refused(qr/belfryd 99\.1: its $role does not start/,
	    "$role does not start", back => 1);
	unlink $d->path("sbin/belfryd.crash-$role");
}
is_deeply([$d->descriptors], \@before, 'no descriptor has leaked');

# Who came back is complete: a role that dies is started again as the old one.
my $master = $d->processes->{master}[0];
kill 'KILL', $master;
$d->wait_for('another master', sub {
	my $p = eval { $d->processes->{master}[0] } or return 0;
	return $p != $master;
});
is($d->version, '0.1.0', 'a part that dies comes back as what runs');

# And can be upgraded.
my ($status, $out, $err) = $d->belfry('upgrade');
is($status, 0, 'then it goes') or diag($err);
is($d->version, '99.1', 'to the new one');
$d->write('go', '');
is($d->finished($id)->{outcome}, 'success', 'the run has seen nothing');
is(($d->belfry('logs', $id))[1], "begin\nend\n", 'its output is whole');
is($d->stop, 0, 'stops');
$d->finish;
done_testing;
