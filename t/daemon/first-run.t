#!/usr/bin/perl
# A newcomer's first minute: a job by hand, its output, its history.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(jobs => { 'first.ini' => <<'END' })->start;
[job hello]
description = says hello
command = echo hello; echo "slot $BELFRY_SLOT"; exit 0

[job fails]
command = echo oops >&2; exit 3

[job nightly]
schedule = 30 3 * * *
timezone = Asia/Shanghai
command = /bin/true

[job utc]
schedule = 30 3 * * *
timezone = UTC
command = /bin/true
END

my $jobs = $d->json('list');
is_deeply([sort map { $_->{name} } @$jobs], [qw(fails hello nightly utc)],
    'list has the jobs of the file');

my ($status, $out, $err) = $d->belfry('run', 'hello', '--wait');
is($status, 0, 'run --wait exits as the job did');
like($out, qr/^hello\nslot \d{4}-\d\d-\d\dT[\d:.]+Z\n/m, 'its output came');

($status, $out) = $d->belfry('run', 'fails', '--wait');
is($status, 3, 'a failing job: its exit code');
like($out, qr/oops/, 'standard error is output too');

my $runs = $d->json('history', 'fails');
is(scalar @$runs, 1, 'one run in its history');
my $run = $runs->[0];
($status, $out, $err) = $d->belfry('--json', 'run', 'fails', '--wait');
is($status, 3, 'waited for, with JSON of it');
my $waited = JSON::PP->new->utf8->decode($out);
is($waited->{exit_code}, 3, 'which is the run when it has ended');
is($err, '', 'and nothing besides');
is($run->{job}, 'fails', 'job');
is($run->{outcome}, 'failure', 'outcome');
is($run->{exit_code}, 3, 'exit code');
is($run->{signal}, undef, 'no signal');
is($run->{trigger}, 'manual', 'trigger');
is($run->{attempt}, 1, 'attempt');
is($run->{output_bytes}, 5, 'bytes of output');
like($run->{$_}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, "$_ is RFC 3339")
    for qw(slot started finished);
cmp_ok($run->{duration_ms}, '>=', 0, 'duration');
cmp_ok($run->{max_rss_kb}, '>', 0, 'peak memory');
ok(exists $run->{$_}, "a run has $_")
    for qw(id host reason lateness_ms cpu_ms fence);

($status, $out) = $d->belfry('logs', $run->{id});
is($out, "oops\n", 'logs prints the output');

my $status_now = $d->json('status');
is($status_now->{state}, 'running', 'status');
is($status_now->{jobs}, 4, 'status counts jobs');
my %roles = map { $_->{role} => 1 } @{ $status_now->{processes} };
is_deeply([sort keys %roles], [qw(api launcher master recorder)],
    'every process is in its place');

my $job = $d->json('show', 'nightly');
is($job->{timezone}, 'Asia/Shanghai', 'show knows the zone');
is(scalar @{ $job->{next_fires} }, 5, 'and the next five fires');
like($job->{next_fires}[0], qr/T03:30:00\+08:00$/, 'in the job\'s own zone');
like($d->json('show', 'utc')->{next_fires}[0], qr/T03:30:00Z$/,
    'UTC is written as in "belfry next"');

($status, $out, $err) = $d->belfry('show', 'nosuch');
is($status, 1, 'a job that is not there: 1');
like($err, qr/nosuch/, 'and says which');
($status, $out, $err) = $d->belfry('run', 'nosuch');
is($status, 1, 'nor can it be run');
like($err, qr/no job "nosuch".*"belfry reload"/, 'and says what may be missing');

is($d->stop, 0, 'SIGTERM: stops with 0');
ok(!-e $d->path('run/belfry.sock'), 'the socket is gone');
($status, $out, $err) = $d->belfry('status');
is($status, 3, 'no daemon: 3');
$d->finish;
done_testing;
