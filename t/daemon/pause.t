#!/usr/bin/perl
# belfry pause and resume: of a job, of all, until a time, over restarts.
use strict;
use warnings;
use Belfry;
use POSIX qw(strftime);
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('pause.ini', <<"END");
[job a]
schedule = * * * * * *
catch-up = all
command = echo \$BELFRY_SLOT >>$dir/a

[job b]
schedule = * * * * * *
command = echo \$BELFRY_SLOT >>$dir/b

[job again]
retries = 9
retry-delay = 1s
retry-backoff = 1
schedule = \@every 1s
overlap = skip
command = echo \$BELFRY_ATTEMPT >>$dir/again; exit 1

[job line]
schedule = * * * * * *
overlap = queue
command = sleep 1.6; echo \$BELFRY_SLOT >>$dir/line
END
$d->start;

sub sql {
	my ($status, $out) = $d->command('sqlite3', $d->path('state/belfry.db'),
	    @_);
	return split /\n/, $out;
}
sub skipped {
	return sql("select slot from ledger where job = '$_[0]' and "
	    . "outcome = 'skipped' and reason = 'paused' order by slot");
}
sub more {
	my ($name, $n) = @_;
	my $have = $d->lines($name);
	$d->wait_for("$name to run", sub { $d->lines($name) >= $have + $n });
}
sub quiet {
	my ($name, $what) = @_;
	my $have = $d->lines($name);
	my $slots = skipped('a');
	$d->wait_for('slots to be skipped', sub { skipped('a') >= $slots + 2 });
	is(scalar $d->lines($name), $have, $what);
}

more('a', 1);
my ($status, $out, $err) = $d->belfry('pause', 'a', '--reason', 'disk is full');
is($status, 0, 'pause') or diag($err);
like($out, qr/^a: paused by .*: disk is full$/, 'says so');
$d->wait_for('a skipped slot', sub { skipped('a') });
quiet('a', 'a paused job does not run');
more('b', 1);
pass('others do');
my ($detail) = sql("select detail from ledger where reason = 'paused'");
like($detail, qr/^by .+: disk is full$/, 'the ledger says who and why');
my $job = $d->json('show', 'a');
is($job->{state}, 'paused', 'show: its state');
is($job->{paused}{reason}, 'disk is full', 'and why');
is($job->{paused}{until}, undef, 'and no end');
like(($d->belfry('show', 'a'))[1], qr/^paused .*disk is full/m, 'for people');
like(($d->belfry('list'))[1], qr/^a +paused /m, 'list');
is($d->json('status')->{paused_jobs}, 1, 'status counts it');
my $run = $d->finished($d->run('a'));
is($run->{outcome}, 'success', 'it can be run by hand');

# Kept over kill -9 and over a stop.
kill 'KILL', @{ $d->processes->{master} };
$d->wait_for('the master', sub { eval { $d->json('show', 'a') } });
is($d->json('show', 'a')->{paused}{reason}, 'disk is full', 'master killed');
$d->stop;
$d->start;
my $have = $d->lines('a');
is($d->json('show', 'a')->{state}, 'paused', 'kept over a restart');
quiet('a', 'and does not run, nor catches up');
($status, $out) = $d->belfry('resume', 'a');
is($out, "a: not paused\n", 'resume');
more('a', 2);
is($d->json('show', 'a')->{paused}, undef, 'is not paused');
is(scalar(sql('select * from pauses')), 0, 'nor in the store');
is((scalar grep { $_ } sql("select trigger from runs where job = 'a' and "
    . "trigger = 'catch-up'")), 0, 'what was paused is not caught up with');

# All, with repetitions and slots that wait.
more('again', 1);
$d->wait_for('one that waits', sub { $d->json('show', 'line')->{queued} });
is(($d->belfry('pause', '--all'))[0], 0, 'pause --all');
$d->wait_for('what runs to end', sub { !$d->json('show', 'line')->{running} });
$have = $d->lines('line');
my $queued = $d->json('show', 'line')->{queued};
cmp_ok($queued, '>', 0, 'a slot waits');
my $tried = $d->lines('again');
quiet('b', 'all are paused');
is(scalar $d->lines('again'), $tried, 'repetitions wait');
is(scalar $d->lines('line'), $have, 'and slots that waited already');
is($d->json('show', 'line')->{queued}, $queued, 'nor do more come');
like(($d->belfry('status'))[1], qr/^paused +by (?!.*like all)/m,
    'status tells');
like(($d->belfry('show', 'b'))[1], qr/^paused +by .*, like all jobs$/m,
    'show says that it is the pause of all');
is($d->json('show', 'b')->{paused}{all}, JSON::PP::true, 'and show');
$d->stop;
$d->start;
$tried = $d->lines('again');
$have = $d->lines('line');
quiet('b', 'all are paused after a restart');
is(scalar $d->lines('again'), $tried, 'repetitions wait after a restart');
is(scalar $d->lines('line'), $have, 'and slots that waited');
$d->belfry('resume', '--all');
more($_, 1) for qw(b again line);
pass('all go on');

# Until a time, over a restart.
my $until = time + 6;
my $stamp = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $until);
is(($d->belfry('pause', 'b', '--until', $stamp))[0], 0, 'pause --until');
is($d->json('show', 'b')->{paused}{until}, $stamp, 'says until when');
ok($d->json('status')->{next}{slot}, 'status: what comes next');
$d->stop;
$d->start;
more('b', 1);
my ($first) = grep { $_ ge $stamp } $d->lines('b');
is($first, $stamp, 'it ends by itself: the slot of that time runs');
is($d->json('show', 'b')->{paused}, undef, 'and is forgotten');

# What cannot be.
is(($d->belfry('pause', 'nobody'))[0], 1, 'no such job');
($status, $out, $err) = $d->belfry('pause', 'a', '--until',
    '2020-01-01T00:00:00Z');
is($status, 1, 'a time that has passed');
like($err, qr/has passed/, 'says so');
$d->belfry('pause', 'b');
unlink $d->path('jobs/pause.ini');
$d->belfry('reload');
$d->wait_for('the store to forget', sub { !sql('select * from pauses') });
pass('a removed job takes its pause with it');
$d->stop;
$d->finish;
done_testing;
