#!/usr/bin/perl
# What the end of a run makes due, with nothing else that wakes the daemon.
use strict;
use warnings;
use Belfry;
use POSIX qw(strftime);
use Test::More;

my $lone = Belfry->new(jobs => { 'lone.ini' => <<'END' });
[job lone]
schedule = @after 1s
command = true
END
$lone->start;
$lone->wait_for('three runs', sub { $lone->ended('lone') >= 3 }, 15);
my @late = grep { $_->{lateness_ms} > 900 } $lone->ended('lone');
is(scalar @late, 0, '@after: each interval ends by itself')
    or diag(explain(\@late));
$lone->stop;
$lone->finish;

my $at = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + 3));
my $retry = Belfry->new(jobs => { 'once.ini' => <<"END" });
[job once]
schedule = \@at $at
retries = 2
retry-delay = 300ms
command = exit 5

[job later]
schedule = \@at $at
retries = 1
retry-delay = 10m
command = exit 5
END
$retry->start;
$retry->wait_for('three attempts', sub { $retry->ended('once') >= 3 }, 15);
is_deeply([map { $_->{attempt} } reverse $retry->ended('once')], [1, 2, 3],
    'retries: each pause ends by itself');
$retry->wait_for('the end of later', sub { $retry->ended('later') });
is($retry->json('status')->{next}{job}, 'later', 'a retry is what comes next');
$retry->stop;
$retry->finish;
done_testing;
