#!/usr/bin/perl
# Somebody deletes the directory of run files while jobs run: it is made again,
# what runs ends as it should, and what comes runs as before.
use strict;
use warnings;
use Belfry;
use File::Path qw(remove_tree);
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job tick]
schedule = * * * * * *
command = echo \$BELFRY_SLOT >>$dir/tick; echo tick

[job long]
command = echo begin; until test -e $dir/go; do sleep 0.1; done; echo end
END
$d->start;
my $long = $d->run('long');
# Away first: it may get new files while it is emptied.
my $delete = sub {
	my ($runs, $old) = map { $d->path("state/$_") } 'runs', 'old';
	rename $runs, $old or die "rename: $!";
	while (-d $old) {
		remove_tree($old, { error => \my $not_empty });
	}
};
my $good = sub {
	my ($n, $what) = @_;
	my $last;
	my $since = ($d->ended('tick'))[0];
	$d->wait_for('more runs', sub {
		my @runs = $d->ended('tick');
		splice @runs, $n;
		$last = $runs[0];
		return @runs == $n
		    && !grep { $since && $_->{id} le $since->{id} } @runs;
	});
	is($last->{outcome}, 'success', "$what: jobs run");
	my ($status, $out) = $d->belfry('logs', $last->{id});
	is($out, "tick\n", 'and their output is kept');
};
$good->(1, 'before');
my @before = $d->ended('tick');
$delete->();
$good->(3, 'deleted');
ok(-d $d->path('state/runs'), 'it is there again');
like($d->log, qr/state\/runs was deleted, and is made again/, 'and it is said');
$d->write('go', '');
is($d->finished($long)->{outcome}, 'success', 'what ran ended as it should');

# Deleted, and then the master is another.
$delete->();
my ($pid) = @{ $d->processes->{master} };
kill 'KILL', $pid;
$d->wait_for('the next master', sub {
	my $p = eval { $d->processes->{master} };
	return $p && $p->[0] && $p->[0] != $pid;
});
$good->(2, 'deleted, and a new master');
is(scalar(grep { $_->{outcome} ne 'success' && $_->{outcome} ne 'lost' }
    $d->ended('tick')), 0, 'none failed');
my %slots;
$slots{$_}++ for $d->lines('tick');
is_deeply([grep { $slots{$_} > 1 } keys %slots], [], 'no slot ran twice');
$d->stop;
$d->finish;
done_testing;
