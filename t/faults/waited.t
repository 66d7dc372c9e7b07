#!/usr/bin/perl
# A run that waited long for room, and whose master was then killed, is not
# late by that: it runs when there is room. One whose daemon was down for
# longer than its deadline is.
use strict;
use warnings;
use Belfry;
use POSIX qw(strftime);
use Test::More;

my $d = Belfry->new(conf => "max-running = 1\n");
my $dir = $d->dir;
my $first = int(time) + 3;
my $stamp = sub { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $_[0]) };
$d->job('a.ini', <<"END");
[job hog]
command = until test -e $dir/go; do sleep 0.1; done

[job waits]
schedule = \@at @{[$stamp->($first)]}
start-deadline = 4s
command = echo ran >>$dir/waits

[job later]
schedule = \@at @{[$stamp->($first + 6)]}
start-deadline = 4s
command = echo ran >>$dir/later
END
$d->start;
my $hog = $d->run('hog');
$d->wait_for('two runs that wait', sub {
	return 2 == grep { $_->{state} eq 'waiting' }
	    @{ $d->json('status')->{runs} };
});
cmp_ok(time, '>=', $first + 6, 'one of them for longer than its deadline');
my ($pid) = @{ $d->processes->{master} };
kill 'KILL', $pid;
$d->wait_for('the next master', sub {
	my $p = eval { $d->processes->{master} };
	return $p && $p->[0] && $p->[0] != $pid;
});
is(scalar(grep { $_->{state} eq 'waiting' } @{ $d->json('status')->{runs} }),
    2, 'both wait on');

# Now nobody is there.
kill 'KILL', $d->{pid};
$d->wait_exit;
my $down = time;
$d->wait_for('their deadlines to pass', sub { return time > $down + 5 });
$d->start;
for my $job (qw(waits later)) {
	my ($run) = $d->wait_for("$job to end", sub {
		my @ended = $d->ended($job);
		return @ended ? $ended[0] : undef;
	});
	is($run->{outcome}, 'killed', "$job is too late then");
	like($run->{reason}, qr/came back too late/, 'and says so');
}
$d->write('go', '');
is($d->finished($hog)->{outcome}, 'success', 'what ran ran on');
$d->stop;
$d->finish;
done_testing;
