#!/usr/bin/perl
# The sample of three hosts on one machine: they find each other, and its jobs
# run.
use strict;
use warnings;
use Belfry;
use Cluster;
use File::Temp qw(tempdir);
use Test::More;

my $state = tempdir('belfry-three.XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $state;
my $d = Belfry->new; # for its commands
$ENV{BELFRY_BUILD} = $Belfry::BUILD;
$ENV{BELFRY_STATE} = $state;
$ENV{BELFRY_REDIS_PORT} = Redis::free_port();
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	open(STDOUT, '>', "$state/out");
	open(STDERR, '>&', \*STDOUT);
	exec 'sh', 'conf/three-hosts/run';
}
$ENV{BELFRY_TAGS} = 'web';
sub ask {
	my ($node, @args) = @_;
	local $ENV{BELFRY_NODE} = $node;
	my ($status, $out) = $d->command($Belfry::BELFRY, '-c',
	    "$state/belfry.conf", '--json', @args);
	return $status == 0 ? JSON::PP->new->decode($out) : undef;
}
my $ok = eval {
	$d->wait_for('three hosts', sub {
		my $nodes = ask('alpha', 'nodes') or return 0;
		return 3 == grep { $_->{state} eq 'alive' } @$nodes;
	});
	$d->wait_for('a run of the sample jobs', sub {
		grep { @{ ask($_, 'history', 'turns') // [] } }
		    qw(alpha beta gamma);
	});
};
ok($ok, 'three hosts run the sample jobs') or diag $@;
kill 'TERM', $pid;
waitpid $pid, 0;
$d->finish;
done_testing;
