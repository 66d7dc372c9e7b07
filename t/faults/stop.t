#!/usr/bin/perl
# A daemon that is told twice to stop does not wait for a store that takes no
# records; what it could not write the next start has from the run files.
use strict;
use warnings;
use Belfry;
use IPC::Open2;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('a.ini', "[job one]\ncommand = echo ran >>$dir/ran; echo out\n");
$d->start;
$d->finished($d->run('one'));

my $holder = open2(my $out, my $in, 'sqlite3', $d->path('state/belfry.db'));
print $in "begin exclusive;\nselect 'held';\n";
$in->flush;
is(scalar <$out>, "held\n", 'somebody has the store locked');
my $run = $d->run('one');
$d->wait_for('the job to run', sub { return $d->lines('ran') == 2 });
$d->wait_for('the store to be missed', sub {
	return $d->log =~ /cannot record, \d+ records wait/;
});
kill 'TERM', $d->{pid};
$d->wait_for('the drain', sub { return $d->log =~ /draining, / });
is($d->stop, 0, 'told again, the daemon ends');
like($d->log, qr/the store does not take \d+ records/, 'and says what it left');
close $in;
waitpid $holder, 0;

$d->start;
my $found = $d->finished($run);
is($found->{outcome}, 'success', 'the run is recorded by the next one');
is(($d->belfry('logs', $run))[1], "out\n", 'with its output');
is((scalar $d->lines('ran')), 2, 'and was not run again');
my ($status, $text) = $d->belfry('verify');
is($status, 0, 'nothing is wrong') or diag($text);
$d->stop;
$d->finish;
done_testing;
