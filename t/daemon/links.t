#!/usr/bin/perl
# A daemon of root's that works as another user is not led by that user's
# links to files of root: neither at the start nor when the log is reopened.
use strict;
use warnings;
use Belfry;
use Test::More;

plan skip_all => 'needs root' if $> != 0;
my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
my $victim_mode = 0600;

my $daemon = sub {
	my ($conf) = @_;
	my $d = Belfry->new(conf => "user = nobody\n" . ($conf // ''));
	mkdir $d->path($_) for qw(state logs victims);
	chown $uid, $gid, $d->path($_) for qw(state logs);
	$d->write('victims/file', "root's\n");
	chmod $victim_mode, $d->path('victims/file');
	return $d;
};

my $is_untouched = sub {
	my ($d, $when) = @_;
	is((stat $d->path('victims'))[4], 0, "$when: root's directory is root's");
	is((stat $d->path('victims/file'))[4], 0, 'so is the file');
	is($d->read('victims/file'), "root's\n", 'which is as it was');
};

my $d = $daemon->();
symlink $d->path('victims'), $d->path('state/runs');
$d->spawn;
is($d->wait_exit >> 8, 1, 'with a link for state/runs it does not start');
like($d->log, qr{state/runs: root follows no symbolic link}, 'and says so');
$is_untouched->($d, 'runs');
$d->finish;

$d = $daemon->();
my $log = $d->path('logs/log');
$d->conf("user = nobody\nlog = $log\n");
symlink $d->path('victims/file'), $log;
$d->spawn;
is($d->wait_exit >> 8, 1, 'nor with one for the log');
like($d->log, qr{log: \Q$log\E: root follows no symbolic link}, 'and says so');
$is_untouched->($d, 'log');

unlink $log;
link $d->path('victims/file'), $log;
$d->spawn;
is($d->wait_exit >> 8, 1, 'nor with another name of the file');
like($d->log, qr/log \Q$log\E has 2 names/, 'and says so');
$is_untouched->($d, 'hard link');

unlink $log;
$d->spawn;
$d->wait_for('the daemon to be up', sub {
	return ($d->read('logs/log') // '') =~ /belfryd \S+ is up/;
});
is((stat $log)[4], $uid, 'a log of its own is the user\'s');
rename $log, "$log.1";
symlink $d->path('victims/file'), $log;
kill 'USR1', $d->{pid};
$d->wait_for('the log to be refused', sub {
	return $d->read('logs/log.1') =~
	    /root follows no symbolic link .* going on with the old one/;
});
$is_untouched->($d, 'reopened');
unlink $log;
kill 'USR1', $d->{pid};
$d->wait_for('a new log', sub {
	return ($d->read('logs/log') // '') =~ /log reopened/;
});
is((stat $log)[4], $uid, 'which is the user\'s again');
$d->stop;
$d->finish;

# In a directory that only root may write a link is root's own.
$d = $daemon->();
mkdir $d->path('elsewhere');
symlink $d->path('elsewhere'), $d->path('run');
$log = $d->path('log.link');
symlink $d->path('log.file'), $log;
$d->conf("user = nobody\nlog = $log\n");
$d->spawn;
$d->wait_for('the daemon to be up', sub {
	return ($d->read('log.file') // '') =~ /belfryd \S+ is up/;
});
is((stat $d->path('elsewhere'))[4], $uid, 'root may use links');
$d->stop;
$d->finish;
done_testing;
