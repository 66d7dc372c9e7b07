#!/usr/bin/perl
# In the background: ready when the command returns, nothing of the caller's
# is held, the log goes where it should, the pid file comes and goes.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => "log = log\n", jobs => {
	'a.ini' => "[job tick]\nschedule = * * * * * *\ncommand = true\n",
});
my $dir = $d->dir;

# command() reads until nobody holds its pipes any more.
my $start = sub {
	my @command = ('timeout', '20', @_, $Belfry::DAEMON, '-c',
	    "$dir/belfry.conf");
	return $d->command(@command);
};
my ($status, $out, $err) = $start->();
is($status, 0, 'it goes to the background');
is($out, '', 'without a word');
my $pid = $d->read('run/belfryd.pid');
like($pid, qr/\A\d+\n\z/, 'the pid file is there');
chomp $pid;
is($d->json('status')->{pid}, $pid, 'and the daemon answers');
$d->wait_for('a run in the log', sub { $d->log =~ /job tick: run=/ });
pass('what happens later is in the log file');
is(readlink("/proc/$pid/fd/$_"), '/dev/null', "descriptor $_ is nothing")
    for 0, 1;

rename "$dir/log", "$dir/log.1";
kill 'USR1', $pid if $pid > 1;
$d->wait_for('the new log file', sub { -e "$dir/log" });
$d->wait_for('a run in it', sub { $d->log =~ /job tick: run=/ });
pass('SIGUSR1 opens a new log file, for all processes');

($status, $out, $err) = $start->();
is($status, 1, 'a second daemon with this state-dir ends with 1');
like($err, qr/already runs.*pid $pid/, 'and says who is there');
is($d->json('status')->{pid}, $pid, 'the first does not mind');
kill 'TERM', $pid if $pid > 1;
$d->wait_for('it to stop', sub { !-e "$dir/run/belfryd.pid" });
ok(!-e "$dir/run/belfry.sock", 'the socket is gone');

# A relative pid file is where the caller was.
mkdir "$dir/here";
($status) = $d->command('sh', '-c',
    "cd $dir/here && exec $Belfry::DAEMON -c ../belfry.conf -p my.pid");
is($status, 0, 'belfryd -p with a relative path');
$pid = $d->read('here/my.pid');
like($pid, qr/\A\d+\n\z/, 'the pid file is there');
kill 'TERM', $pid if ($pid // 0) > 1;
$d->wait_for('it to stop', sub { !-e "$dir/here/my.pid" });
pass('and goes');

# What keeps it from coming up is the caller's to see.
$d->conf("jobs-dir = nowhere\n");
my $text = $d->read('belfry.conf');
$text =~ s/^jobs-dir = \/.*\n//m;
$d->write('belfry.conf', $text);
($status, $out, $err) = $start->();
is($status, 1, 'no jobs-dir: it ends with 1');
like($err, qr/nowhere/, 'and says so');
$d->write('belfry.conf', "${text}log = $dir/log\n");
($status, $out, $err) = $start->();
is($status, 1, 'the same with a log file');
is($err, "belfryd: it cannot run; see the log, $dir/log\n", 'and says where');
like($d->log, qr/error master.*nowhere/, 'the reason is there');

$d->write('belfry.conf', "${text}log = $dir/no/log\n");
($status, $out, $err) = $start->();
is($status, 1, 'a log that cannot be opened');
like($err, qr{\A\S+ error \S+ cannot open log $dir/no/log: No such file.*\n\z},
    'is told once');

my $run = Belfry->new->start;
my $run_dir = $run->path('run');
$d->write('belfry.conf', "[master]\nstate-dir = state2\n"
    . "run-dir = $run_dir\njobs-dir = jobs\nlog = $dir/log\n");
($status, $out, $err) = $start->();
is($status, 1, 'the run-dir of another daemon');
like($err, qr/another daemon listens here; see the log/, 'and says so');
$run->stop;
$run->finish;
$d->finish;
done_testing;
