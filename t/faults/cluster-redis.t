#!/usr/bin/perl
# The one Redis is killed, stops, forgets, and goes back in time.
use strict;
use warnings;
use File::Path qw(remove_tree);
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b)],
    redis_args => ['--appendonly', 'yes', '--appendfsync', 'always'], jobs => {
	once => { schedule => '*/2 * * * * *', deadline => 1,
	    keys => "place = spread\n" },
	again => { schedule => '*/3 * * * * *', guarantee => 'at-least-once',
	    ms => 1500, keys => "place = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
});
my $redis = $n->redis;
my $aof = "$redis->{dir}/appendonlydir";
$n->start;
$n->recovers;

sub trouble {
	my ($what, $cause, $cure) = @_;
	my $fault = $n->begin('*', forgets => ($what =~ /empt|back/ ? 1 : 0));
	$cause->();
	$n->wait_state('isolated') if $cure;
	$cure->() if $cure;
	$n->recovers;
	$n->end($fault);
	note $what;
}

trouble('killed, and it has kept everything',
    sub { $redis->stop }, sub { $redis->start });
trouble('stopped, and goes on',
    sub { $redis->signal('STOP') }, sub { $redis->signal('CONT') });
trouble('emptied', sub { $redis->command('FLUSHALL') });
system('cp', '-r', $aof, "$aof.old");
$n->recovers;
trouble('rolled back', sub { $redis->stop }, sub {
	remove_tree($aof);
	rename "$aof.old", $aof or die "$aof: $!";
	$redis->start;
});
trouble('restarted empty', sub { $redis->stop }, sub {
	remove_tree($aof);
	$redis->start;
});
$n->recovers;
$n->check('trouble with Redis');
$n->finish;
done_testing;
