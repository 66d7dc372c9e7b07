#!/usr/bin/perl
# The disk is full for a while: jobs run on, and when there is space again all
# of them are recorded, also when everything was killed in between.
use strict;
use warnings;
use Belfry;
use Test::More;

plan skip_all => 'a full disk needs root' if $> != 0;
my $d = Belfry->new;
my $dir = $d->dir;
$d->job('a.ini', <<"END");
[job tick]
schedule = * * * * * *
command = echo "\$BELFRY_SLOT \$BELFRY_RUN_ID" >>$dir/tick; echo tick
END
my $state = $d->path('state');
mkdir $state;
plan skip_all => 'cannot mount a tmpfs'
    if system('mount', '-t', 'tmpfs', '-o', 'size=24m', 'none', $state);
my $mounted = $state;
END {
	my $status = $?;
	system('umount', '-l', $mounted) if defined $mounted;
	$? = $status;
}
$d->start;
my $ran = sub {
	my ($n) = @_;
	my $before = $d->lines('tick');
	$d->wait_for('jobs to run', sub {
		return $d->lines('tick') >= $before + $n;
	});
};
my $recorded = sub {
	my ($what) = @_;
	my @ran = map { (split)[1] } $d->lines('tick');
	$d->wait_for('all runs to be recorded', sub {
		my %ended = map { $_->{id} => $_ } $d->ended('tick');
		return !grep { !$ended{$_} } @ran;
	});
	is(scalar(grep { $_->{outcome} ne 'success' } $d->ended('tick')), 0,
	    "$what: all that ran is recorded, as what it was");
};

# Files are made ahead: enough for what runs until somebody makes room.
$d->wait_for('files that were made ahead', sub {
	return (() = glob "$state/runs/*") >= 640;
});
$ran->(1);
my $fill = sub { system("cat /dev/zero >>$state/filler 2>/dev/null") };
$fill->();
$ran->(1);
$d->wait_for('the recorder to notice', sub {
	$fill->();
	return $d->log =~ /cannot record.*full/;
});
$ran->(2);
unlink "$state/filler";
$recorded->('space again');
like($d->log, qr/recording again, nothing was lost/, 'it says so');

# Killed with all that was not written.
$fill->();
my $said = () = $d->log =~ /cannot record/g;
$d->wait_for('the recorder to notice', sub {
	$fill->();
	return $said < (() = $d->log =~ /cannot record/g);
});
$ran->(2);
kill 'KILL', $d->{pid}, map { @$_ } values %{ $d->processes };
$d->wait_exit;
unlink "$state/filler";
$d->start;
$ran->(1);
$recorded->('killed while it was full');
my %slots;
$slots{ (split)[0] }++ for $d->lines('tick');
is_deeply([grep { $slots{$_} > 1 } keys %slots], [], 'no slot ran twice');
my ($status, $out) = $d->belfry('verify');
is($status, 0, 'and verify finds nothing') or diag($out);
$d->stop;
$d->finish;
system('umount', $state);
$mounted = undef;
done_testing;
