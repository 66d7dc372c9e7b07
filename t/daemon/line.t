#!/usr/bin/perl
# max-running, launch-rate and priority: who is started when.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::HiRes qw(time);

my $d = Belfry->new(conf => "max-running = 1\n");
my $dir = $d->dir;
$d->job('line.ini', <<"END");
[job hold]
command = while test ! -e $dir/go; do sleep 0.05; done

[job low]
priority = -5
command = echo low >>$dir/order

[job usual]
command = echo usual >>$dir/order

[job high]
priority = 7
command = echo high >>$dir/order

[job quick]
command = date +%s.%N >>$dir/quick
END
$d->start;
my $hold = $d->run('hold');
$d->wait_for('it to run', sub { $d->json('status')->{running} });
is_deeply($d->json('status')->{line}, [], 'nothing waits');
my @runs = map { $d->run($_) } qw(low usual high usual high);
my $status = $d->json('status');
is_deeply([map { $_->{job} } @{ $status->{line} }],
    [qw(high high usual usual low)], 'the line: by priority');
is_deeply([map { $_->{priority} } @{ $status->{line} }], [7, 7, 0, 0, -5],
    'with it');
is($status->{line}[0]{id}, $runs[2], 'and in due order');
ok($status->{line}[0]{waits_ms} >= 0, 'how long the first waits');
is_deeply([map { $_->{id} } @{ $status->{runs} }], [$hold, reverse @runs],
    'all: what runs, then what waits, the newest first');
my ($node) = @{ $d->json('nodes') };
is("$node->{state} $node->{running}/$node->{capacity}", 'alone 6/1',
    'nodes: what it has and what it may have');
my ($code, $out) = $d->belfry('status');
like($out, qr/^line +5 wait to be started, the first for /m, 'for people');
like($out, qr/^$runs[2] +high +7 /m, 'each');
$d->write('go', '');
$d->finished($_) for @runs;
is(join(' ', $d->lines('order')), 'high high usual usual low',
    'started in this order');

# A rate, set by a reload.
$d->write('belfry.conf',
    $d->read('belfry.conf') =~ s/^max-running = 1$/launch-rate = 4/mr);
is(($d->belfry('reload'))[0], 0, 'reload');
($node) = @{ $d->json('nodes') };
cmp_ok($node->{capacity}, '>', 100, 'as many as the machine allows');
like(($d->belfry('nodes'))[1], qr{ \d+/$node->{capacity} }, 'for people');
@runs = map { $d->run('quick') } 1 .. 9;
ok(scalar @{ $d->json('status')->{line} }, 'they wait');
$d->finished($_) for @runs;
my @at = sort { $a <=> $b } $d->lines('quick');
is(scalar @at, 9, 'all were started');
cmp_ok($at[-1] - $at[0], '>', 1.8, 'four a second');
cmp_ok($at[-1] - $at[0], '<', 4, 'and not much slower');
$d->stop;
$d->finish;
done_testing;
