#!/usr/bin/perl
# Hosts whose network fails without a word: a link that is down, and one on
# which only answers are lost. No slot twice, none forgotten.
use strict;
use warnings;
use Netns;
use Test::More;
use Time::HiRes qw(time);

my $refused = Netns::refused();
plan skip_all => $refused if defined $refused;

my $n = Netns->new(nodes => [qw(a b c)], jobs => {
	once => { schedule => '* * * * * *', keys => "place = spread\n" },
	again => { schedule => '*/4 * * * * *', guarantee => 'at-least-once',
	    ms => 3000, keys => "place = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
	everywhere => { schedule => '*/2 * * * * *', copies => 3,
	    keys => "hosts = all\n" },
});
$n->start;
$n->recovers(qw(once alone everywhere));

# A run of a job that has just begun.
sub running {
	my ($job) = @_;
	my $had = $n->runs($job);
	my $run;
	$n->wait_for("a run of $job", sub {
		($run) = reverse my @runs = $n->runs($job);
		return @runs > $had && !defined $run->{end}
		    && !defined $run->{term};
	});
	return $run;
}

# The link of a host that has begun what has to be done at least once.
my $run = running('again');
my $victim = $run->{node};
my ($witness) = grep { $_ ne $victim } qw(a b c);
my $fault = $n->begin($victim);
$n->unplug($victim);
$n->wait_missed($victim, $witness);
$n->wait_state('isolated', $victim);
pass('a host without its link loses its session');
my $rerun;
$n->wait_for('its work to be done elsewhere', sub {
	($rerun) = grep { $_->{slot} == $run->{slot}
	    && $_->{node} ne $victim } $n->runs('again');
	return $rerun;
});
is($rerun->{attempt}, $run->{attempt} + 1, 'its work is begun elsewhere');
cmp_ok($rerun->{fence}, '>', $run->{fence}, 'with a higher fence');
my $now = time * 1000;
$n->wait_for('the others to have its slots', sub {
	return 2 <= grep { $_->{slot} > $now } $n->runs('once');
});
is_deeply([grep { $_->{slot} > $now && $_->{node} eq $victim }
    map { $n->runs($_) } sort keys %{ $n->{jobs} }], [],
    'the others have its slots, and it begins none');

$n->plug($victim);
$n->settled;
$n->wait_state('joined', $victim);
$n->end($fault);
$n->wait_for('it to run again', sub {
	grep { $_->{node} eq $victim && $_->{slot} > $now } $n->runs('everywhere');
});
pass('with its link it takes part again');

# Of another, what it asks arrives and what it is told does not.
$run = running('alone');
$victim = $run->{node};
($witness) = grep { $_ ne $victim } qw(a b c);
$fault = $n->begin($victim);
$n->mute($victim);
$n->wait_missed($victim, $witness);
$n->recovers(qw(once alone));
$n->unmute($victim);
$n->settled;
$n->end($fault);
$n->recovers(qw(once alone everywhere));
$n->check('links down, and one way');
$n->finish;
done_testing;
