#!/usr/bin/perl
# A master that waits for the recorder to tell what it knows can be asked and
# told anything.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => "shutdown-timeout = 20s\n");
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job quick]
command = true

[job long]
command = echo b >>$dir/long; sleep 4; echo e >>$dir/long
END
$d->start;

# A new master, and a recorder that stands still.
my $stall = sub {
	my $pids = $d->processes;
	my $recorder = $pids->{recorder}[0];
	kill 'STOP', $recorder;
	kill 'KILL', $pids->{master}[0];
	$d->wait_for('the next master', sub {
		open(my $in, '<', "/proc/$d->{pid}/task/$d->{pid}/children")
		    or die "no children: $!";
		for my $pid (split ' ', <$in> // '') {
			open(my $cmd, '<', "/proc/$pid/cmdline") or next;
			next unless (<$cmd> // '') =~ /-x\0master\0/;
			return $pid if $pid != $pids->{master}[0];
		}
		return 0;
	});
	return $recorder;
};

my $recorder = $stall->();
kill 'HUP', $d->{pid};
$d->wait_for('the reload to be read', sub {
	return $d->log =~ /reloaded: 0 jobs/ || $d->log =~ /signal 11/;
});
kill 'CONT', $recorder;
is($d->wait_for('an answer', sub {
	return eval { $d->finished($d->run('quick')) };
})->{outcome}, 'success', 'a reload while it loads does no harm');
unlike($d->log, qr/signal (?:6|11)\b|exited with status/,
    'to nobody');

# The run is told about only when the state is there: a drain waits for both.
$d->run('long');
$d->wait_for('it to run', sub { $d->lines('long') });
$recorder = $stall->();
kill 'TERM', $d->{pid};
$d->wait_for('the drain', sub { $d->log =~ /SIGTERM: draining/ });
($d->belfry('status'));
kill 'CONT', $recorder;
is($d->wait_exit, 0, 'a drain while it loads ends');
is_deeply([$d->lines('long')], ['b', 'e'], 'when the jobs have ended');
unlike($d->log, qr/signal (?:6|11)\b|exited with status/, 'nobody died');
$d->start;
is(($d->ended('long'))[0]{outcome}, 'success', 'their results are recorded');
$d->stop;
$d->finish;
done_testing;
