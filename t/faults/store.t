#!/usr/bin/perl
# The store is damaged, deleted, moved away, exchanged or held by somebody
# while the daemon runs: jobs go on, people are told, and what was not yet
# written is written afterwards.
use strict;
use warnings;
use Belfry;
use IPC::Open2;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $db = $d->path('state/belfry.db');
$d->job('a.ini', <<"END");
[job tick]
schedule = * * * * * *
command = echo \$BELFRY_SLOT >>$dir/tick

[job rest]
command = sleep 60

[job left]
command = true

[job right]
command = true

[job both]
after = left right
command = true

[job paused]
schedule = * * * * * *
command = echo ran >>$dir/paused
END
$d->start;

my $recorded = sub {
	my ($n) = @_;
	my $ended = $d->ended('tick');
	$d->wait_for('more runs to be recorded', sub {
		return eval { $d->ended('tick') } >= $n;
	});
};
my $restart_master = sub {
	my ($pid) = @{ $d->processes->{master} };
	kill 'KILL', $pid;
	$d->wait_for('the next master', sub {
		my $p = eval { $d->processes->{master} };
		return $p && $p->[0] && $p->[0] != $pid;
	});
};
my $pause_holds = sub {
	my ($what) = @_;
	my $jobs = $d->json('list');
	my ($job) = grep { $_->{name} eq 'paused' } @$jobs;
	is($job->{state}, 'paused', "$what: a pause holds");
};

# Somebody has it locked for longer than anybody waits.
$recorded->(1);
$d->json('pause', 'paused');
my $long = $d->run('rest');
my $pid = open2(my $out, my $in, 'sqlite3', $db);
print $in "BEGIN EXCLUSIVE;\nSELECT 'held';\n";
$in->flush;
is(scalar <$out>, "held\n", 'somebody has the store locked');
my $ran = $d->lines('tick');
$d->wait_for('jobs to run on', sub { return $d->lines('tick') >= $ran + 2 });
like($d->log, qr/cannot record, \d+ records wait.*locked/, 'it is said');
print $in "ROLLBACK;\n.quit\n";
close $in;
waitpid($pid, 0);
$recorded->(4);
like($d->log, qr/recording again, nothing was lost/, 'then all is written');

# Half of what a job waits for.
$d->finished($d->run('left'));

# Deleted: a new one, and nothing that it must know is missing there.
unlink $db, "$db-wal", "$db-shm";
$d->wait_for('a new store', sub { return -s $db });
like($d->log, qr/store \Q$db\E was moved or deleted while in use/, 'deleted');
$recorded->(2);
$restart_master->();
$pause_holds->('deleted');
is($d->json('show', $long)->{outcome}, undef, 'what runs is still known');
$d->run('right');
$d->wait_for('what comes after both', sub { $d->ended('both') });
pass('so is the half that was there');
$recorded->(3);

# Moved away, and back.
rename $db, "$db.away" or die "rename: $!";
$d->wait_for('another store', sub { return -s $db });
$recorded->(1);
my ($status, $text) = $d->command('sqlite3', '-readonly', "$db.away",
    'select count(*) from runs');
is($status, 0, 'the moved file can be read');
cmp_ok($text, '>=', 2, 'and is complete');
rename "$db.away", $db or die "rename: $!";
$recorded->(5);
pass('the file that came back is used');

# Damaged: kept for who wants to look, and a new one.
system('sqlite3', $db, 'pragma wal_checkpoint(truncate)');
open(my $file, '+<:raw', $db) or die "$db: $!";
seek $file, 2 * 4096, 0;
print $file 'belfry' x (8 * 4096);
close $file;
kill 'KILL', @{ $d->processes->{recorder} };
$d->wait_for('it to be set aside', sub { return glob "$db.damaged-*Z" });
$d->wait_for('it to be told', sub {
	return $d->log =~ /store \Q$db\E is damaged.*kept as .*recover/;
});
pass('damaged');
$recorded->(1);
$restart_master->();
$pause_holds->('damaged');
($status, $text) = $d->belfry('verify');
is($status, 0, 'the new store is whole') or diag($text);
$d->belfry('kill', $long);
is($d->finished($long)->{outcome}, 'killed', 'what ran all the time ends');

# A table is gone.
my @before = glob "$db.damaged-*Z";
is(system('sqlite3', '-cmd', '.timeout 5000', $db, 'drop table ledger'), 0,
    'somebody has dropped a table');
$d->wait_for('it to be set aside', sub {
	return @before < (my @now = glob "$db.damaged-*Z");
});
$d->wait_for('it to be told', sub {
	return $d->log =~ /damaged \([^)]*no such table: ledger\)/;
});
pass('it is said why');
$recorded->(1);

# And it starts with a store that is none.
$d->stop;
open($file, '>:raw', $db) or die "$db: $!";
print $file 'this is a letter, not a database. ' x 1000;
close $file;
$d->start;
$recorded->(2);
is(scalar(my @aside = glob "$db.damaged-*Z"), 3, 'that is kept, too');
my %slots;
$slots{$_}++ for $d->lines('tick');
is_deeply([grep { $slots{$_} > 1 } keys %slots], [], 'no slot ran twice');
is_deeply([$d->lines('paused')], [grep { $_ eq 'ran' } $d->lines('paused')],
    'and what was paused did not run again');
$d->stop;
$d->finish;
done_testing;
