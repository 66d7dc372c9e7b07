#!/usr/bin/perl
# retries, retry-delay, retry-backoff: attempts of one slot.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('retry.ini', <<"END");
[job flaky]
schedule = \@every 1s
overlap = skip
retries = 2
retry-delay = 300ms
retry-backoff = 2
command = echo \$BELFRY_ATTEMPT \$BELFRY_TRIGGER \$BELFRY_SLOT >>$dir/flaky; exit 5

[job heals]
schedule = \@every 1s
overlap = skip
retries = 5
retry-delay = 100ms
command = test "\$BELFRY_ATTEMPT" = 3

[job codes]
schedule = \@manual
success-codes = 0 7 20-22
command = exit 21
END
$d->start;
$d->wait_for('three attempts', sub { $d->ended('flaky') >= 3 });
my ($slot) = map { $_->{slot} } ($d->ended('flaky'))[-1];
my @attempts = grep { $_->{slot} eq $slot } reverse $d->ended('flaky');
is_deeply([map { $_->{attempt} } @attempts], [1, 2, 3],
    'three attempts of one slot, and no more');
is_deeply([map { $_->{trigger} } @attempts], [qw(schedule retry retry)],
    'their triggers');
my @seen = map { (split)[2] } ($d->lines('flaky'))[0 .. 2];
is_deeply(\@seen, [($slot) x 3], 'the job sees the same slot each time');

$d->wait_for('a healed slot', sub {
	return grep { $_->{outcome} eq 'success' } $d->ended('heals');
});
my ($healed) = grep { $_->{outcome} eq 'success' } $d->ended('heals');
is($healed->{attempt}, 3, 'stops when an attempt succeeds');

my $run = $d->finished($d->run('codes'));
is($run->{outcome}, 'success', 'success-codes');
is($run->{exit_code}, 21, 'the code is kept');
$d->stop;
$d->finish;
done_testing;
