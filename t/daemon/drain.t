#!/usr/bin/perl
# Stopping: nothing more starts, what runs may end, then is ended.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::HiRes qw(time);

my $d = Belfry->new(conf => "shutdown-timeout = 3s\n");
my $dir = $d->dir;
$d->job('drain.ini', <<"END");
[job tick]
schedule = * * * * * *
command = echo tick >>$dir/tick

[job short]
command = sleep 1.5; echo done >>$dir/short

[job stubborn]
kill-grace = 1s
command = trap '' TERM; echo up >>$dir/stubborn; sleep 1000 & wait; sleep 1000
END
$d->start;
my $short = $d->run('short');
my $stubborn = $d->run('stubborn');
$d->wait_for('both to run', sub { $d->lines('stubborn') && $d->lines('tick') });

my $before = time;
kill 'TERM', $d->{pid};
$d->wait_for('draining', sub { $d->json('status')->{state} eq 'draining' });
is($d->json('status')->{next}, undef, 'nothing comes next');
my $ticks = $d->lines('tick');
my ($status, $out, $err) = $d->belfry('run', 'short');
is($status, 1, 'nothing can be started while it drains');
like($err, qr/drain/, 'and it says why');
is($d->wait_exit, 0, 'it ends with 0');
my $took = time - $before;
cmp_ok($took, '>', 2.9, 'not before shutdown-timeout');
cmp_ok($took, '<', 12, 'and not long after');
cmp_ok(scalar($d->lines('tick')), '<=', $ticks + 1, 'nothing more started');
is_deeply([$d->lines('short')], ['done'], 'a short run could end');

$d->start;
my $run = $d->finished($short);
is($run->{outcome}, 'success', 'the run that ended is in the history');
$run = $d->finished($stubborn);
is($run->{outcome}, 'killed', 'the one that did not was killed');
like($run->{reason}, qr/shutdown/, 'recorded as such');
is($run->{signal}, 9, 'by KILL, after its grace');

# The second signal does not wait.
$stubborn = $d->run('stubborn');
$d->wait_for('it to run', sub { $d->lines('stubborn') >= 2 });
$before = time;
kill 'TERM', $d->{pid};
$d->wait_for('draining', sub { $d->json('status')->{state} eq 'draining' });
kill 'TERM', $d->{pid};
$d->wait_exit;
cmp_ok(time - $before, '<', 2.9, 'a second SIGTERM ends the jobs at once');

# belfry drain is the same as SIGTERM.
$d->start;
is($d->finished($stubborn)->{outcome}, 'killed', 'and that is recorded');
($status) = $d->belfry('drain');
is($status, 0, 'belfry drain');
is($d->wait_exit, 0, 'it stops');
$d->finish;
done_testing;
