#!/usr/bin/perl
# What a new master makes of the files that it finds: no attempt runs twice,
# and overlap holds for what waits as it does for what runs.
use strict;
use warnings;
use Belfry;
use POSIX qw(strftime);
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $soon = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 3));
my $jobs = <<"END";
[job again]
schedule = \@at $soon
retries = 1
retry-delay = 1s
command = echo \$BELFRY_ATTEMPT >>$dir/again; false
END
my @queues = map { "queue$_" } 1 .. 8;
for my $name (@queues) {
	$jobs .= <<"END";

[job $name]
schedule = */2 * * * * *
overlap = queue
command = echo b >>$dir/$name; sleep 3; echo e >>$dir/$name
END
}
$d->job('a.ini', $jobs);
$d->start;

# The recorder hears of the first attempt and of nothing after it.
$d->wait_for('the first attempt to be recorded', sub {
	return $d->ended('again') == 1;
});
my $pids = $d->processes;
kill 'STOP', @{ $pids->{recorder} };
$d->wait_for('the second attempt', sub { $d->lines('again') == 2 });
$d->wait_for('its end', sub { $d->log =~ /job again: .* attempt=2/ });
kill 'KILL', $d->{pid}, map { @$_ } values %$pids;
$d->wait_exit;
$d->start;
$d->wait_for('both attempts in the history', sub {
	return $d->ended('again') >= 2;
});

# Each queue has one that runs and one that waits; again and again.
for my $round (1 .. 3) {
	$d->wait_for('runs that wait', sub {
		my %n;
		$n{ $_->{job} }{ $_->{state} }++
		    for @{ $d->json('status')->{runs} };
		return @queues == grep { $n{$_}{running} && $n{$_}{queued} }
		    keys %n;
	});
	$pids = $d->processes;
	kill 'KILL', $pids->{master}[0];
	$d->wait_for('the next master', sub {
		my $new = eval { $d->processes->{master}[0] };
		return $new && $new != $pids->{master}[0];
	});
}
$d->wait_for('a few more runs', sub {
	return @queues == grep { $d->lines($_) >= 8 } @queues;
});

is_deeply([$d->lines('again')], [1, 2], 'each attempt ran once');
is_deeply([sort map { $_->{attempt} } $d->ended('again')], [1, 2],
    'and is in the history once');
for my $name (@queues) {
	my ($now, $most) = (0, 0);
	for my $line ($d->lines($name)) {
		$now += $line eq 'b' ? 1 : -1;
		$most = $now if $now > $most;
	}
	is($most, 1, "$name: one at a time");
}
unlike($d->log, qr/no trace of it/, 'no run with a file is taken for lost');
kill 'TERM', $d->{pid};
kill 'TERM', $d->{pid};
$d->wait_exit;
$d->finish;
done_testing;
