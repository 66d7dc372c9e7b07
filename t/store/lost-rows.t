#!/usr/bin/perl
# Slots that were decided while the store took nothing, by processes that were
# killed then: each has a row, whether it ran or not.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job skip]
schedule = * * * * * *
overlap = skip
command = echo \$BELFRY_SLOT >>$dir/skip; sleep 1.8
END
$d->start;
$d->wait_for('a run', sub { $d->ended('skip') });

# Recorder and master are killed with all they had not written.
my $pids = $d->processes;
kill 'STOP', @{ $pids->{recorder} };
my $began = $d->lines('skip');
$d->wait_for('slots that nobody records', sub {
	return $d->lines('skip') >= $began + 3;
});
kill 'KILL', $d->{pid}, map { @$_ } values %$pids;
$d->wait_exit;
$d->start;
my $ended = $d->ended('skip');
$d->wait_for('more runs', sub { return $d->ended('skip') >= $ended + 2 });
$d->stop;

my ($status, $out) = $d->command('sqlite3', $d->path('state/belfry.db'),
    'select slot / 1000, until / 1000, count from ledger order by slot');
is($status, 0, 'the ledger can be read');
my (%rows, $least, $most);
for (split /\n/, $out) {
	my ($slot, $until, $count) = split /\|/;
	is($until - $slot + 1, $count, "a row counts its slots: $_")
	    if $count != 1;
	$rows{$_}++ for $slot .. $until;
	$least //= $slot;
	$most = $until;
}
is_deeply([grep { !$rows{$_} } $least .. $most], [], 'no slot without a row');
is_deeply([grep { $rows{$_} > 1 } keys %rows], [], 'none with two');
my %ran;
$ran{$_}++ for $d->lines('skip');
is_deeply([grep { $ran{$_} > 1 } keys %ran], [], 'none ran twice');
$d->finish;
done_testing;
