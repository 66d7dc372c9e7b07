#!/usr/bin/perl
# Slots that a host decided, and was killed before its recorder had written them
# down: those that are passed by a run that was won, those that were won and did
# not run. Its next start records them.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => ['a']);
my $probe = $c->probe;
my $d = $c->node('a');
$d->job('j.ini', <<"END");
[job long]
schedule = * * * * * *
overlap = queue
overlap-limit = 1
command = $probe; sleep 2

[job pause]
schedule = * * * * * *
command = $probe
END
$c->start;
my ($status, $out, $err) = $d->belfry('pause', 'pause');
is($status, 0, 'pause') or diag $err;

# The slots of a job that the log has as skipped, in seconds.
sub skipped {
	my ($job) = @_;
	return map { Cluster::seconds($_) }
	    $d->log =~ /: job $job: slot=(\S+) skipped/g;
}

$d->wait_for('both to have begun', sub { skipped('pause') && $c->runs('long') });
my ($recorder) = @{ $d->processes->{recorder} };
kill 'STOP', $recorder;
my $runs = $c->runs('long');
my ($passed, $paused) = map { scalar skipped($_) } qw(long pause);
$d->wait_for('more of both', sub {
	skipped('long') >= $passed + 2 && $c->runs('long') >= $runs + 2
	    && skipped('pause') >= $paused + 2;
});
my %decided = map { $_ => [skipped($_)] } qw(long pause);
$c->kill_node('a');
$d->start;
$d->belfry('resume', 'pause');

for my $job (sort keys %decided) {
	my %known;
	$d->wait_for("all of $job to be on record", sub {
		for my $row ($d->ledger($job)) {
			$known{$_} = $row->{outcome}
			    for int $row->{slot} .. int $row->{until};
		}
		!grep { !$known{$_} } @{ $decided{$job} };
	});
	is(scalar(grep { $known{$_} eq 'success' } @{ $decided{$job} }), 0,
	    "$job: what was skipped has not run");
}
$d->wait_for('it to run again', sub { $c->runs('pause') });
$c->finish;
done_testing;
