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

[job hand]
schedule = 0 0 1 1 *
overlap = skip
retries = 2
retry-delay = 50ms
command = exit 5

[job some]
schedule = \@every 1s
overlap = skip
retries = 5
retry-delay = 50ms
retry-codes = 75
command = test "\$BELFRY_ATTEMPT" = 1 && exit 75; exit 76

[job new]
schedule = * * * * * *
overlap = replace
retries = 1
retry-delay = 1h
command = exit 1
END
$d->job('gone.ini', "[job gone]\nschedule = * * * * * *\n"
    . "retries = 1\nretry-delay = 1h\ncommand = exit 1\n");
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

# So does one that somebody started.
$run = $d->run('hand');
$d->wait_for('three attempts of it', sub { $d->ended('hand') >= 3 });
@attempts = reverse $d->ended('hand');
is_deeply([map { $_->{trigger} } @attempts], [qw(manual retry retry)],
    'by hand, and repeated');
is_deeply([map { $_->{slot} } @attempts], [($attempts[0]{slot}) x 3],
    'its attempts have one slot');
is($d->json('explain', 'hand')->{attempts}, 3, 'explain counts them');
my ($good, $words) = $d->belfry('verify', '--job', 'hand');
is($good, 0, 'verify has nothing against them') or diag($words);

# Nothing but these codes is repeated.
$run = $d->wait_for('one that is repeated', sub {
	return (grep { $_->{exit_code} == 75 } $d->ended('some'))[0];
});
$d->wait_for('its repetition', sub {
	return grep { $_->{slot} eq $run->{slot} && $_->{attempt} == 2 }
	    $d->ended('some');
});
is((scalar grep { $_->{attempt} > 2 } $d->ended('some')), 0,
    'retry-codes: another code is not repeated');

# Repetitions that were dropped are dropped in the store too.
sub waiting {
	my ($job) = @_;
	my ($s, $out) = $d->command('sqlite3', $d->path('state/belfry.db'),
	    'select id from runs where retry_ms is not null '
	    . "and job = '$job'");
	return split /\n/, $out;
}
my $first = $d->wait_for('one that waits', sub { (waiting('new'))[0] });
$d->wait_for('a newer one', sub { !grep { $_ eq $first } waiting('new') });
is($d->json('show', $first)->{outcome}, 'failure',
    'replaced: withdrawn, and the run is as it was');
$d->wait_for('one that waits', sub { waiting('gone') });
unlink $d->path('jobs/gone.ini');
$d->belfry('reload');
$d->wait_for('the store to know', sub { !waiting('gone') });
pass('removed: withdrawn');
$d->stop;
$d->start;
is(scalar waiting('gone'), 0, 'also after a restart');
$d->stop;
$d->finish;
done_testing;
