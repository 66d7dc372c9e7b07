#!/usr/bin/perl
# Upgrades one after another while jobs run and roles are killed: no slot is
# run twice or forgotten, no output is lost, nobody is refused, and the
# guardian stays the same process with the same descriptors.
use strict;
use warnings;
use IO::Socket::UNIX;
use Installed;
use Test::More;
use Time::HiRes qw(sleep);

my $d = Installed->new;
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job tick]
schedule = * * * * * *
command = echo \$BELFRY_SLOT >>$dir/tick

[job long]
command = i=0; while [ \$i -lt 30 ]; do echo line \$i; sleep 0.1; i=\$((i+1)); done; exit 3
success-codes = 3

[job again]
schedule = \@every 1d
first = now
command = exit 1
retries = 1
retry-delay = 1h

[job web]
http = GET http://127.0.0.1:1/

[job quiet]
schedule = * * * * * *
command = true
END
$d->start;
$d->belfry('pause', 'quiet', '--reason', 'a test');
$d->wait_for('the last run before the pause', sub {
	return !@{ $d->json('show', 'quiet')->{runs} };
});
my $quiet = $d->ended('quiet');
$d->wait_for('a retry', sub {
	return $d->json('show', 'again')->{state} eq 'retrying';
});
my @before = $d->descriptors;
my $pid = $d->read('run/belfryd.pid');

# Somebody who connects all the time.
pipe(my $count, my $tell) or die "pipe: $!";
my $caller = fork // die "fork: $!";
if ($caller == 0) {
	my ($refused, $stop, $parent) = (0, 0, getppid);
	local $SIG{TERM} = sub { $stop = 1 };
	while (!$stop && getppid == $parent) {
		my $socket = IO::Socket::UNIX->new(
		    Peer => "$dir/run/belfry.sock") or $refused++;
		sleep 0.01;
	}
	syswrite $tell, "$refused\n";
	require POSIX;
	POSIX::_exit(0);
}
close $tell;

my @runs;
my @roles = qw(master recorder launcher api);
for my $i (1 .. 10) {
	push @runs, $d->run('long');
	my $next = $i % 2 ? '99.1' : '0.1.0';
	$d->install($i % 2 ? $Installed::NEXT : $Installed::THIS);
	my ($status, $out, $err) = $d->belfry('upgrade');
	is($status, 0, "upgrade $i") or diag($err, $d->log);
	like($out, qr/^upgraded from belfryd \S+ to \Q$next\E$/, "to $next");
	is($d->version, $next, 'which answers now');
	if ($i % 2 == 0) {
		my $role = $roles[$i / 2 % @roles];
		kill 'KILL', $d->processes->{$role}[0];
	}
}
my $status = $d->wait_for('an answer', sub { eval { $d->json('status') } });
is($status->{pid}, $d->{pid}, 'the guardian is the same process');
is($status->{upgrade}{attempt}, 10, 'and has counted');
is($d->read('run/belfryd.pid'), $pid, 'its pid file is there');
for my $id (@runs) {
	my $run = $d->finished($id);
	is($run->{outcome}, 'success', "$id has ended well");
	is($run->{exit_code}, 3, 'with its exit code');
	my ($ok, $out) = $d->belfry('logs', $id);
	is($out, join('', map { "line $_\n" } 0 .. 29), 'its output is whole');
}
$d->wait_for('all roles to be there', sub {
	my @now = $d->descriptors;
	return @now == @before;
});
is_deeply([$d->descriptors], \@before, 'no descriptor has leaked');
like($d->finished($d->run('web'))->{reason}, qr/connect/,
    'the launcher with the libraries is there');
kill 'TERM', $caller;
waitpid($caller, 0);
is(scalar <$count>, "0\n", 'nobody was refused');

# What waits, waits on.
is($d->json('show', 'again')->{state}, 'retrying', 'the retry still waits');
like($d->json('show', 'quiet')->{paused}{reason} // '', qr/a test/,
    'the pause holds');
is(scalar(my @ended = $d->ended('quiet')), $quiet, 'and held');

# Each slot once.
my ($verified, $words) = $d->belfry('verify', '--since', '10m');
is($verified, 0, 'belfry verify finds nothing') or diag($words);
is($d->stop, 0, 'stops');
my %ran;
$ran{$_}++ for $d->lines('tick');
is_deeply([grep { $ran{$_} > 1 } sort keys %ran], [], 'no slot ran twice');
my ($least, $most, %rows);
for my $row ($d->ledger('tick')) {
	my $until = $row->{until} // $row->{slot};
	for (my $slot = $row->{slot}; $slot <= $until; $slot++) {
		$rows{$slot}++;
		$least //= $slot;
		$most = $slot;
	}
}
is_deeply([grep { ($rows{$_} // 0) != 1 } $least .. $most], [],
    'each slot has one row');
$d->finish;
done_testing;
