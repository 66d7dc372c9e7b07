#!/usr/bin/perl
# Upgrades by signal, and signals during upgrades: nothing that was asked for
# is forgotten.
use strict;
use warnings;
use Installed;
use Test::More;

my $d = Installed->new(conf => "log = log\n");
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job long]
command = echo begin; while [ ! -e $dir/go ]; do sleep 0.05; done; echo end
END

sub logged {
	my ($text) = @_;
	$d->wait_for($text, sub { $d->log =~ /\Q$text\E/ });
}
sub attempt { return eval { $d->json('status')->{upgrade} } // {} }
sub is_over {
	my ($n) = @_;
	return $d->wait_for("upgrade $n", sub {
		my $u = attempt();
		return ($u->{attempt} // 0) >= $n && $u->{state} ne 'going on';
	});
}
# Halts an upgrade where all parts end but one.
sub halt {
	my $pid = $d->processes->{recorder}[0];
	kill 'STOP', $pid;
	truncate $d->path('log'), 0;
	kill 'USR2', $d->{pid};
	logged('stopping the parts of this one');
	return $pid;
}

$d->start;
my $id = $d->run('long');
$d->install($Installed::NEXT);
kill 'USR2', $d->{pid};
is_over(1);
is($d->version, '99.1', 'SIGUSR2');
is(attempt()->{state}, 'done', 'is done');

# Twice at once, and with a reload.
kill 'USR2', $d->{pid};
kill 'USR2', $d->{pid};
is_over(2);
is(attempt()->{state}, 'done', 'twice at once');
$d->job('b.ini', "[job b]\ncommand = true\n");
kill 'HUP', $d->{pid};
kill 'USR2', $d->{pid};
is_over(3);
is(attempt()->{state}, 'done', 'with a reload');
is($d->json('show', 'b')->{name}, 'b', 'and the reload was done');

# A reload that was asked for when nobody could do it.
my $pid = halt();
$d->job('c.ini', "[job c]\ncommand = true\n");
kill 'HUP', $d->{pid};
kill 'USR2', $d->{pid};
kill 'CONT', $pid;
is_over(4);
is($d->json('show', 'c')->{name}, 'c', 'a reload meanwhile');

# A drain: it has jobs to wait for.
$pid = halt();
kill 'TERM', $d->{pid};
logged('drains when the upgrade is over');
kill 'CONT', $pid;
logged('draining, 1 runs in progress');
my ($status, $out, $err) = $d->belfry('upgrade');
is($status, 1, 'no upgrade of a daemon that drains');
like($err, qr/draining/, 'and says so');
kill 'USR2', $d->{pid};
logged('no upgrade, the daemon is stopping');
$d->write('go', '');
is($d->wait_exit, 0, 'it ends when the job has ended');
unlink $d->path('go');

# Stopped at once, jobs left.
$d->start;
is($d->json('show', $id)->{outcome}, 'success', 'the run was recorded');
$id = $d->run('long');
$pid = halt();
kill 'QUIT', $d->{pid};
kill 'CONT', $pid;
is($d->wait_exit >> 8, 75, 'SIGQUIT during an upgrade');
$d->start;
$d->write('go', '');
is($d->finished($id)->{outcome}, 'success', 'the run was taken over');

# In the background, with a pid file of its own.
is($d->stop, 0, 'stops');
($status, $out, $err) = $d->command($Belfry::DAEMON, '-c',
    $d->path('belfry.conf'), '-p', $d->path('pid'));
is($status, 0, 'in the background') or diag($err);
($d->{pid}) = $d->read('pid') =~ /(\d+)/;
$d->install($Installed::THIS);
($status, $out, $err) = $d->belfry('upgrade');
is($status, 0, 'upgraded') or diag($err);
is($d->json('status')->{pid}, $d->{pid}, 'the same process');
like($d->read('pid'), qr/^$d->{pid}$/, 'its pid file stands');
kill 'TERM', $d->{pid};
$d->wait_for('its end', sub { !-e $d->path('pid') });
pass('and goes with it');
delete $d->{pid};
$d->finish;
done_testing;
