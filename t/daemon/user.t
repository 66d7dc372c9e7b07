#!/usr/bin/perl
# A daemon that root started and that works as another user runs its jobs as
# that user, or as the user of the job; as root only when a job says so.
use strict;
use warnings;
use Belfry;
use Socket;
use Test::More;

plan skip_all => 'needs root' if $> != 0;
my ($nobody, $nogroup) = (getpwnam('nobody'))[2, 3];
my ($daemon, $daemons) = (getpwnam('daemon'))[2, 3];

my $d = Belfry->new(conf => "user = nobody\n", jobs => { 'a.ini' => <<'END' });
[job plain]
command = id -u; id -g; id -G

[job other]
command = id -u; id -g; id -G
user = daemon

[job root]
command = id -u; id -g
user = root
END
$d->start;

my $ids = sub {
	my ($job) = @_;
	my $run = $d->run($job);
	is($d->finished($run)->{outcome}, 'success', "$job ran");
	return [split ' ', ($d->belfry('logs', $run))[1]];
};

is_deeply($ids->('plain'), [$nobody, $nogroup, $nogroup],
    "without a user: the daemon's, with none of root's groups");
is_deeply($ids->('other'), [$daemon, $daemons, $daemons],
    'with one: that user');
is_deeply($ids->('root'), [0, 0], 'root for who asks for it');

# A run of nobody's is not a worker, though the daemon is nobody, too.
my $try = fork // die "fork: $!";
if ($try == 0) {
	($(, $)) = ($nogroup, "$nogroup $nogroup");
	($<, $>) = ($nobody, $nobody);
	socket(my $socket, PF_UNIX, SOCK_SEQPACKET, 0) or POSIX::_exit(2);
	my $ok = connect($socket, pack_sockaddr_un($d->path('run/worker.sock')));
	POSIX::_exit($ok ? 1 : $!{EACCES} ? 0 : 3);
}
waitpid($try, 0);
is($? >> 8, 0, 'a job cannot speak to the master as workers do');
$d->stop;
$d->finish;
done_testing;
