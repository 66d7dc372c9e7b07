#!/usr/bin/perl
# A plugin and the mutexes of the cluster.
use strict;
use warnings;
use File::Temp qw(tempdir);
use PluginJob;
use Test::More;

my $dir = tempdir('belfry-redis.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $socket = "$dir/redis.sock";
my $server = fork // die "fork: $!";
if ($server == 0) {
	open(STDOUT, '>', "$dir/log");
	exec 'redis-server', '--port', '0', '--unixsocket', $socket, '--save',
	    '', '--dir', $dir or POSIX::_exit(127);
}
END { kill 'KILL', $server if $server }
Drive::until_true(sub { -S $socket }) or plan skip_all => 'no redis-server';

my %cluster = ('cluster-name' => 'c', 'cluster-redis' => "unix:$socket");
sub holder { ('gentle', { text => $_[0], word => 'lock', %cluster }) }

my $id = drive()->launch(plugin(holder('m')));
drive()->wait_for('progress', $id);
ends('taken by another', [holder('m')], 'failure 11', qr/^mutex m: /);
my $other = drive()->launch(plugin(holder('n')));
drive()->wait_for('progress', $other);
pass('another name is free');
drive()->line("kill $_ 1") for $id, $other;
drive()->wait_for('done', $_) for $id, $other;
like(drive()->output($id), qr/^info: held, lost: 0\n.*given back, lost: 1$/ms,
    'held and given back');
$id = drive()->launch(plugin(holder('m')));
drive()->wait_for('progress', $id);
pass('it is free again');
drive()->line("kill $id 1");
drive()->wait_for('done', $id);
ends('no cluster', ['gentle', { text => 'm', word => 'lock' }], 'failure 12',
    qr/^mutex m: belfry.conf has no \[cluster\]$/);
ends('no server', ['gentle', { text => 'm', word => 'lock', %cluster,
	'cluster-redis' => "unix:$dir/nowhere" }], 'failure 12',
    qr/^mutex m: ./);
kill 'TERM', $server;
waitpid $server, 0;
$server = 0;
done_testing;
