#!/usr/bin/perl
# Ending runs by id and by job, cancelling retries, and what a person hears who
# has mistyped a name.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
$d->job('a.ini', <<'END');
[job sleeper]
overlap = allow
command = sleep 1000

[job idle]
command = true

[job again]
schedule = @every 1d
first = now
command = exit 1
retries = 3
retry-delay = 1h
END
$d->start;
my ($status, $out, $err) = $d->belfry('kill', 'idle');
is($status, 1, 'nothing to kill');
is($err, "belfry: job idle has no run in progress\n", 'and it says so');

# A job with one run.
my $id = $d->run('sleeper');
($status, $out, $err) = $d->belfry('kill', 'sleeper');
is($status, 0, 'kill JOB') or diag($err);
is($out, "run $id of sleeper is being ended\n", 'names its run');
is($d->finished($id)->{outcome}, 'killed', 'which ends');

# With several.
my @ids = map { $d->run('sleeper') } 1, 2;
($status, $out, $err) = $d->belfry('kill', 'sleeper');
is($status, 1, 'of two it is not clear');
like($err, qr/job sleeper has 2 runs in progress, name one of them: /,
    'and it says so');
like($err, qr/\b$_\b/, "naming $_") for @ids;
for my $run (@ids) {
	is(($d->belfry('kill', $run))[0], 0, 'kill RUN');
	is($d->finished($run)->{outcome}, 'killed', 'ends that one');
}

# A retry that waits, by its job and by its run.
my $waits = sub {
	$d->wait_for('a retry', sub {
		return $d->json('show', 'again')->{state} eq 'retrying';
	});
	return ($d->ended('again'))[0];
};
my $run = $waits->();
is($d->json('kill', $run->{id})->{what}, 'retry', 'kill RUN that failed');
is($d->json('show', 'again')->{state}, 'idle', 'nothing waits any more');
is(($d->belfry('kill', $run->{id}))[0], 1, 'once');

# Not after a restart either.
is($d->stop, 0, 'stops');
$d->start;
is($d->json('show', 'again')->{state}, 'idle', 'and none after a restart');
is($d->finished($run->{id})->{outcome}, 'failure', 'the run stays as it was');
is($d->stop, 0, 'stops');
$d->job('b.ini', <<'END');
[job other]
schedule = @every 1d
first = now
command = exit 1
retries = 3
retry-delay = 1h
END
$d->start;
$d->wait_for('another retry', sub {
	return $d->json('show', 'other')->{state} eq 'retrying';
});
($status, $out, $err) = $d->belfry('kill', 'other');
like($out, qr/^run \w+ of other is not tried again$/, 'kill JOB that waits');
is($d->json('show', 'other')->{state}, 'idle', 'and none waits');

# Guesses.
for my $command ('show', 'run', 'logs', 'history', 'pause', 'resume') {
	($status, $out, $err) = $d->belfry($command, 'sleepr');
	is($status, 1, "$command sleepr");
	like($err, qr/did you mean sleeper\?/, 'is guessed');
}
($status, $out, $err) = $d->belfry('show', 'quite-another');
unlike($err, qr/did you mean/, 'nothing near, no guess');

# Output of a job that never ran.
($status, $out, $err) = $d->belfry('logs', 'idle');
is($status, 1, 'logs of a job without runs');
is($err, "belfry: job idle has not run yet\n", 'says so');

# What the tables show is in the documents.
my $job = $d->json('show', 'sleeper');
is_deeply([sort map { $_->{id} } @{ $job->{last_runs} }], [sort $id, @ids],
    'the last runs');

# Times without a zone are local.
{
	local $ENV{TZ} = 'Asia/Tokyo';
	is(scalar @{ $d->json('history', 'sleeper', '--since', '2020-01-01') },
	    3, 'since a day');
	is(scalar @{ $d->json('history', 'sleeper', '--since',
	    '2199-01-01 07:00') }, 0, 'since a day and a time');
	$d->belfry('pause', 'idle', '--until', '2199-01-01 07:00');
	is($d->json('show', 'idle')->{paused}{until}, '2198-12-31T22:00:00Z',
	    'by the clock of whoever asks');
}
is($d->stop, 0, 'stops');
$d->finish;
done_testing;
