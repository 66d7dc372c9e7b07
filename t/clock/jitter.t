#!/usr/bin/perl
# jitter: the run of a slot waits for its time, through the death of the
# master, exactly once, and not when the daemon drains.
use strict;
use warnings;
no warnings "portable"; # numbers of 64 bits
use Belfry;
use POSIX qw(strftime);
use Test::More;

# The published hash, see schedule/hash.h.
sub delay_ms {
	my ($job, $slot_ms, $range) = @_;
	my $h = 0xcbf29ce484222325;
	for my $byte (unpack('C*', "$job\0" . pack('Q>', $slot_ms))) {
		use integer;
		$h = ($h ^ $byte) * 0x100000001b3;
	}
	for my $factor (0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53, undef) {
		$h ^= ($h >> 33) & 0x7fffffff;
		use integer;
		$h *= $factor if defined $factor;
	}
	return sprintf('%u', $h) % $range;
}

sub utc { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) }

my $d = Belfry->new;
my $dir = $d->dir;
my $slot = time + 4;
my @jobs = map { "job$_" } 1 .. 12;
$d->job('jitter.ini', join '', map { <<"END" } @jobs);
[job $_]
schedule = \@at @{[utc($slot)]}
jitter = 6s
command = echo $_ >>$dir/ran
END
$d->start;
my @waiting;
$d->wait_for('runs that wait', sub {
	@waiting = grep { $_->{state} eq 'waiting' }
	    @{ $d->json('status')->{runs} };
	return @waiting > 4;
});
cmp_ok($d->json('status')->{waiting}, '>=', 4, 'they are counted');
like($d->json('status')->{next}{job}, qr/^job\d+$/, 'one of them is next');
is($waiting[0]{slot}, utc($slot), 'their slot is what it was');
my ($master) = @{ $d->processes->{master} };
kill 'KILL', $master;
$d->wait_for('all to run', sub { return $d->lines('ran') == @jobs }, 20);
is_deeply([sort $d->lines('ran')], [sort @jobs], 'each ran once');
isnt($d->processes->{master}[0], $master, 'though the master was killed');
my %delays;
for my $job (@jobs) {
	my ($run) = $d->wait_for("$job to be recorded", sub {
		return ($d->ended($job))[0];
	});
	my $want = delay_ms($job, $slot * 1000, 6000);
	my ($status, $out) = $d->command('sqlite3', '-readonly',
	    $d->path('state/belfry.db'), "select due - slot, started / 1000 - "
	    . "slot from runs where job = '$job'");
	my ($due, $started) = split /\|/, $out;
	is($due, $want, "$job is due after $want ms");
	cmp_ok($started, '>=', $want, 'and starts no sooner');
	cmp_ok($run->{lateness_ms}, '<', 3000, 'late since then');
	$delays{$want}++;
}
cmp_ok(scalar keys %delays, '>', 6, 'they are spread');

# A drain does not start what waits; it is still there afterwards.
$slot = time + 3;
$d->job('jitter.ini', <<"END");
[job long]
schedule = \@at @{[utc($slot)]}
jitter = 3d
command = echo long >>$dir/ran
END
my $delay = delay_ms('long', $slot * 1000, 3 * 86400 * 1000);
cmp_ok($delay, '>', 60000, 'a long delay') or diag('by bad luck');
$d->json('reload');
my $run = $d->wait_for('the long one to wait', sub {
	return $d->json('status')->{runs}[0];
});
$d->belfry('drain');
is($d->wait_exit, 0, 'drained');
$d->start;
my ($again) = @{ $d->json('status')->{runs} };
is($again->{id}, $run->{id}, 'it waits again after a restart');
is($again->{due}, $run->{due}, 'for the same time');
is($again->{state}, 'waiting', 'as before');
$d->belfry('kill', $run->{id});
is($d->finished($run->{id})->{outcome}, 'killed', 'it can be killed');
is(scalar(grep { $_ eq 'long' } $d->lines('ran')), 0, 'and never ran');
$d->stop;
$d->finish;
done_testing;
