#!/usr/bin/perl
# Every process may be killed with -9 while jobs run: the others come back,
# the jobs finish, their results are in the history once.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('survive.ini', <<"END");
[job long]
command = echo "begin \$BELFRY_RUN_ID" >>$dir/long; sleep 2; echo "end \$BELFRY_RUN_ID" >>$dir/long; echo out

[job tick]
schedule = * * * * * *
command = echo \$BELFRY_SLOT >>$dir/tick
END
$d->start;

my $alive = sub {
	$d->wait_for('an answer', sub {
		my $s = eval { $d->json('status') } or return 0;
		return !grep { !$_->{pid} } @{ $s->{processes} };
	});
};

for my $role (qw(master recorder api launcher)) {
	my $id = $d->run('long');
	$d->wait_for('the run to begin', sub {
		return grep { $_ eq "begin $id" } $d->lines('long');
	});
	my $pids = $d->processes->{$role};
	kill 'KILL', @$pids;
	$alive->();
	my $run = $d->finished($id);
	is($run->{outcome}, 'success', "$role killed: the run finished");
	is($run->{exit_code}, 0, 'with its exit code');
	is((scalar grep { $_->{id} eq $id } @{ $d->json('history', 'long') }), 1,
	    'and is in the history once');
	my ($status, $out) = $d->belfry('logs', $id);
	is($out, "out\n", 'its output is kept');
	my $new = $d->processes->{$role};
	isnt("@$new", "@$pids", "there is a new $role");
	my $after = $d->finished($d->run('long'));
	is($after->{outcome}, 'success', 'and jobs run as before');
}

# All at once, the guardian last; somebody starts the daemon again.
my $id = $d->run('long');
$d->wait_for('the run to begin', sub {
	return grep { $_ eq "begin $id" } $d->lines('long');
});
kill 'KILL', $d->{pid};
$d->wait_exit;
$d->start;
my $run = $d->finished($id);
is($run->{outcome}, 'success', 'guardian killed: the run finished');
is((scalar grep { $_ eq "begin $id" } $d->lines('long')), 1, 'it began once');

# The run ends while nobody is there.
$id = $d->run('long');
$d->wait_for('the run to begin', sub {
	return grep { $_ eq "begin $id" } $d->lines('long');
});
my $pids = $d->processes;
kill 'KILL', $d->{pid}, map { @$_ } values %$pids;
$d->wait_exit;
$d->wait_for('the job to end alone', sub {
	return grep { $_ eq "end $id" } $d->lines('long');
});
$d->start;
$run = $d->finished($id);
is($run->{outcome}, 'success', 'all killed: the result was picked up');
is($run->{exit_code}, 0, 'with its exit code');

# A worker killed: its job is ended with it, and the run is lost, once.
$id = $d->run('long');
my $live = $d->wait_for('the run to begin', sub {
	my ($r) = grep { $_->{id} eq $id && $_->{pid} }
	    @{ $d->json('status')->{runs} };
	return $r;
});
my ($worker) = do {
	open(my $in, '<', "/proc/$live->{pid}/stat") or die "no job: $!";
	(split ' ', (<$in> =~ s/.*\)//r))[1];
};
kill 'KILL', $worker;
$run = $d->finished($id);
is($run->{outcome}, 'lost', 'worker killed: the run is lost');
$d->wait_for('its job to be gone', sub { !kill(0, $live->{pid}) });
pass('and its job is gone');

# No slot ran twice through all of it.
my %slots;
$slots{$_}++ for $d->lines('tick');
is_deeply([grep { $slots{$_} > 1 } sort keys %slots], [],
    'no slot of the ticking job ran twice');
my %history;
$history{ $_->{slot} }++ for @{ $d->json('history', 'tick', '-n', 1000) };
is_deeply([grep { $history{$_} > 1 } sort keys %history], [],
    'nor is it twice in the history');
$d->stop;
$d->finish;
done_testing;
