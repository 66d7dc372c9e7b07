#!/usr/bin/perl
# Crontabs of the hosts of a cluster: each host runs its own, also the lines
# that all of them have; a comment can share a line. Other crontabs are no
# other job files.
use strict;
use warnings;
use Cluster;
use Test::More;

# Redis has the clock of the hosts: one of its own would be far from theirs.
my $start = 1_800_000_000;
my $clock = Belfry->new;
$clock->set_clock($start - 20);
my $redis = do {
	local $ENV{LD_PRELOAD} = "$Belfry::BUILD/t/lib/libclock.so";
	local $ENV{BELFRY_TEST_CLOCK} = $clock->path('clock');
	Cluster::Redis->new;
};
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)],
    conf => "[crontab]\nfiles = crontab\n");
my $me = getpwuid $>;
my $out = $c->node('a')->path('runs');
for my $name (qw(a b)) {
	my $d = $c->node($name);
	$d->write('crontab', <<"END" . ($name eq 'a' ? <<"END" : ''));
* * * * * $me echo each \$BELFRY_NODE \$BELFRY_SLOT >>$out
# belfry: hosts=any
* * * * * $me echo one of them \$BELFRY_SLOT >>$out
END
* * * * * $me echo own \$BELFRY_NODE \$BELFRY_SLOT >>$out
END
	chmod 0644, $d->path('crontab');
	$d->set_clock($clock->clock);
}
$c->start;
$_->set_clock($start - 0.5) for $clock, $c->all;
my $slot = '2027-01-15T08:00:00Z';
my $d = $c->node('a');
sub lines { grep { / \Q$slot\E$/ } $d->lines('runs') }
$d->wait_for('all of them', sub { lines() >= 4 });
is_deeply([sort(lines())], [map { "$_ $slot" } sort 'each a', 'each b',
    'own a', 'one of them'], 'each host its own, one what they share');
is_deeply([map { $_->{jobs_differ} ? $_->{node} : () }
    @{ $d->json('nodes') }], [], 'which are no other job files');
is($c->node($_)->stop, 0, "$_ stopped") for qw(a b);
$c->finish;
$clock->finish;
done_testing;
