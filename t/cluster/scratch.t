#!/usr/bin/perl
# A Redis that does not keep what it answers is refused: here one whose scratch
# keys are deleted as fast as that goes.
use strict;
use warnings;
use Cluster;
use IO::Socket::INET;
use Test::More;

my $redis = Cluster::Redis->new;
my $script = "for _, k in ipairs(redis.call('KEYS', 'belfry:{t}:t:*')) do"
    . " redis.call('DEL', k) end return 1";
my $eraser = fork // die "fork: $!";
if ($eraser == 0) {
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
	    PeerPort => $redis->{port}) or POSIX::_exit(1);
	my $command = join '', map { '$' . length($_) . "\r\n$_\r\n" }
	    'EVAL', $script, 0;
	# Always one more than was answered: something waits to be done.
	print $socket "*3\r\n$command" x 50;
	while (defined(my $line = <$socket>)) {
		print $socket "*3\r\n$command";
	}
	POSIX::_exit(0);
}
my $c = Cluster->new(redis => [$redis], nodes => ['a']);
my $d = $c->node('a');
isnt(Cluster::refused($d,
    qr/error master.*: a claim on a scratch key was granted twice: /), 0,
    'the daemon does not start, and says why');
kill 'KILL', $eraser;
waitpid($eraser, 0);
$d->start;
is($d->json('status')->{cluster}{servers}[0]{claim_test}, 'ok',
    'once it keeps them it does');
$c->finish;
done_testing;
