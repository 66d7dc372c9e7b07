#!/usr/bin/perl
# uses over two hosts: never more than N at once, also when a host is killed,
# a master restarts, or Redis forgets.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)]);
my ($a, $b) = $c->all;
my $dir = $a->dir;
for my $d ($c->all) {
	$d->job('u.ini', <<"END");
[job each]
uses = db:1
hosts = all
schedule = * * * * * *
start-deadline = 1m
overlap = skip
command = mkdir $dir/lock && echo \$BELFRY_NODE >>$dir/ran || echo \$BELFRY_NODE >>$dir/double; sleep 0.1; rmdir $dir/lock

[job few]
overlap-limit = 1
schedule = * * * * * *
command = true

[job hold]
uses = disk:1
command = echo \$BELFRY_NODE >>$dir/held; while test ! -e $dir/go; do sleep 0.05; done
END
}
$c->start;
sub ran { my ($node) = @_; scalar grep { $_ eq $node } $a->lines('ran') }
$a->wait_for('runs on both', sub { ran('a') >= 3 && ran('b') >= 3 });
is_deeply([$a->lines('double')], [], 'one at a time, over both hosts');

sub waits {
	my ($d) = @_;
	return join ' ', map { $_->{waits_for} // '' }
	    grep { $_->{job} eq 'hold' } @{ $d->json('status')->{line} };
}

sub held { join ' ', $a->lines('held') }

# The one that has it lives on while its master, and Redis, begin anew.
$b->run('hold');
$a->wait_for('it to run', sub { held() eq 'b' });
my $second = $a->run('hold');
$a->wait_for('another to wait', sub { waits($a) eq 'disk' });
kill 'KILL', @{ $b->processes->{master} };
$c->settled;
is(waits($a), 'disk', 'a new master has what its runs have');
$redis->command('FLUSHALL');
$a->wait_for('Redis to hear of it again', sub {
	@{ $redis->command('HGETALL', 'belfry:{t}:s:disk') // [] };
});
is(held(), 'b', 'and Redis that forgot hears of it');
is_deeply([$a->lines('double')], [], 'never two at once');
$a->wait_for('slots to be given up while nobody knows how many run', sub {
	grep { ($_->{outcome} // '') eq 'missed' && $_->{reason} eq 'late'
	    && $_->{detail} =~ /how many of its runs/ } $c->ledger('few');
});
is(scalar(grep { ($_->{outcome} // '') eq 'killed' } $c->ledger('few')), 0,
    'which is no end of a run');

# With its host all that it had goes.
$c->kill_node('b');
$a->wait_for('the other to have it', sub { held() eq 'b a' });
$a->write('go', '');
is($a->finished($second)->{outcome}, 'success', 'and run');
$c->finish;
done_testing;
