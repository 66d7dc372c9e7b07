#!/usr/bin/perl
# What never overlaps does not over hosts either, when hosts die; and what has
# to run at least once runs again when its host was lost.
use strict;
use warnings;
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b c)], jobs => {
	queue => { schedule => '*/2 * * * * *', overlap => 'queue', ms => 1200,
	    keys => "place = spread\n" },
	replace => { schedule => '*/2 * * * * *', overlap => 'replace',
	    ms => 2500, keys => "place = spread\nkill-grace = 1s\n" },
	after => { after => 1, ms => 700 },
	long => { schedule => '*/4 * * * * *', guarantee => 'at-least-once',
	    overlap => 'skip', ms => 2500, keys => "place = spread\n" },
	kept => { schedule => '*/3 * * * * *', ms => 4000,
	    keys => "on-lease-lost = keep\nplace = spread\n" },
});
$n->start;
$n->recovers;

# In the middle of a run that must end somewhere.
sub holder {
	my ($job) = @_;
	my $run;
	$n->wait_for("a run of $job", sub {
		($run) = reverse $n->runs($job);
		return $run && !defined $run->{end} && !defined $run->{term};
	});
	return $run;
}

my $run = holder('long');
my $victim = $run->{node};
my ($other) = grep { $_ ne $victim } qw(a b c);
my $fault = $n->begin($victim);
$n->kill_node($victim);
my $again;
$n->wait_for('it to be run again', sub {
	($again) = grep { $_->{slot} == $run->{slot} && $_->{attempt} == 2 }
	    $n->runs('long');
	return $again && defined $again->{end};
});
isnt($again->{node}, $victim, 'by another host');
is($again->{trigger}, 'retry', 'as a repetition');
cmp_ok($again->{fence}, '>', $run->{fence}, 'with a higher fence');
$n->recovers;
$n->node($victim)->start;
$n->settled;
$n->end($fault);

# The master stops, and its worker watches the lease alone.
$run = holder('long');
$victim = $run->{node};
($other) = grep { $_ ne $victim } qw(a b c);
my $keeps = holder('kept')->{node};
$fault = $n->begin($victim);
my @pids = $n->signal_roles('STOP', $victim, 'master');
$n->wait_missed($victim, $other);
$n->recovers;
kill 'CONT', @pids;
$n->settled;
$n->end($fault);
$n->recovers;
$n->check('overlap and at least once');
my ($killed) = grep { $_->{id} eq $run->{id} } $n->runs('long');
ok(defined $killed->{term} || defined $killed->{end},
    'the run of a stopped master was told to end, or had ended');
is(scalar(grep { defined $_->{term} } $n->runs('kept')), 0,
    'on-lease-lost = keep');
$n->finish;
done_testing;
