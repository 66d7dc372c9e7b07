#!/usr/bin/perl
# [store] keep, keep-failures, keep-runs: old runs and slots go, what matters
# stays, and nobody wakes up when there is nothing to do.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::HiRes qw(sleep time);

my $d = Belfry->new(conf => "[store]\nkeep = 2s\nkeep-failures = 1h\n");
my $dir = $d->dir;
$d->job('a.ini', <<'END');
[job tick]
schedule = * * * * * *
command = echo tick

[job fails]
schedule = * * * * * *
command = exit 3

[job long]
command = sleep 60

[job once]
command = echo kept
END
$d->start;
my $once = $d->finished($d->run('once'));
my $long = $d->run('long');
my $first = $d->wait_for('the first run', sub {
	return ($d->ended('tick'))[-1];
});
$d->wait_for('it to be deleted', sub {
	my ($status) = $d->belfry('show', $first->{id});
	return $status == 1;
});
my ($status, $out) = $d->belfry('logs', $first->{id});
is($status, 1, 'its output went with it');
my $x = $d->json('explain', 'tick', '--at', $first->{slot});
isnt($x->{verdict}, 'ran', 'and its slot');
cmp_ok(scalar $d->ended('tick'), '<=', 5, 'few are left');
cmp_ok(scalar $d->ended('fails'), '>=', 3, 'failures are kept longer');
is(scalar $d->ended('once'), 1, 'the last run of a job stays');
($status, $out) = $d->belfry('logs', $once->{id});
is($out, "kept\n", 'with its output');
is($d->json('show', $long)->{outcome}, undef, 'and what runs');
($status, $out) = $d->belfry('verify');
is($status, 0, 'verify misses nothing of it') or diag($out);
$d->belfry('kill', $long);
$d->finished($long);
$d->stop;

# By number: the newest stay, whatever they are.
$d->conf("[store]\nkeep = none\nkeep-failures = none\nkeep-runs = 2\n");
$d->job('a.ini', "[job hand]\ncommand = echo \$BELFRY_RUN_ID\n");
$d->start;
my @ids = map { $d->finished($d->run('hand'))->{id} } 1 .. 4;
$d->wait_for('two to be left', sub { $d->ended('hand') == 2 });
is_deeply([sort map { $_->{id} } $d->ended('hand')], [sort @ids[2, 3]],
    'the newest');
is(scalar $d->ended('fails'), 2, 'of jobs of before, too');
($status, $out) = $d->belfry('verify');
is($status, 0, 'and verify misses nothing') or diag($out);

# Now there is nothing that will ever be too old.
my ($pid) = @{ $d->processes->{recorder} };
my $switches = sub {
	open(my $in, '<', "/proc/$pid/status") or die "status: $!";
	my ($n) = join('', <$in>) =~ /^voluntary_ctxt_switches:\s+(\d+)/m;
	return $n;
};
my $last = $switches->();
my $quiet = time;
$d->wait_for('the recorder to be quiet for six seconds', sub {
	my $now = $switches->();
	($last, $quiet) = ($now, time) if $now != $last;
	return time - $quiet > 6;
});
pass('no wake-ups when nothing is to be deleted');
$d->stop;

# A clock that is set far ahead, by mistake, does not delete a month at once.
$d->conf("[store]\nkeep = 1d\n");
$d->start;
@ids = map { $d->finished($d->run('hand'))->{id} } 1 .. 3;
$d->stop;
$d->set_clock(time + 40 * 86400);
$d->start;
$d->wait_for('a look at what is old', sub {
	return $d->log =~ /by the clock nothing was recorded for \d+ days/;
});
my %there = map { $_->{id} => 1 } $d->ended('hand');
is(scalar(grep { !$there{$_} } @ids), 0, 'a clock far ahead deletes nothing');
$d->stop;
$d->finish;
done_testing;
