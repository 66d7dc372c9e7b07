#!/usr/bin/perl
# Daily life of a cluster: hosts restart one by one, drain, have other job
# files for a while; people run and kill from any host; all were down.
use strict;
use warnings;
use Nemesis;
use Test::More;

my $n = Nemesis->new(nodes => [qw(a b c)], jobs => {
	once => { schedule => '*/2 * * * * *', deadline => 1,
	    keys => "place = spread\n" },
	every => { schedule => '@every 2s', keys => "place = spread\n" },
	missed => { schedule => '*/2 * * * * *',
	    keys => "catch-up = all\ncatch-up-limit = 3\nplace = spread\n" },
	alone => { schedule => '* * * * * *', overlap => 'skip', ms => 1300 },
	hand => { ms => 20_000 },
});
$n->start;
$n->recovers;

# A rolling upgrade: one by one, as a service manager would.
for my $name (qw(a b c)) {
	$n->node($name)->stop;
	$n->recovers(qw(once alone));
	$n->node($name)->start;
	$n->settled;
}

# Drained: its work goes to others.
my ($run) = reverse $n->runs('alone');
my $drained = $run->{node};
$n->node($drained)->belfry('drain');
$n->node($drained)->wait_exit;
$n->recovers;
$n->node($drained)->start;
$n->settled;

# One host has other jobs for a while, and everybody knows.
my $odd = $n->node('b');
$odd->job('more.ini', "[job more]\nschedule = 0 0 1 1 *\ncommand = true\n");
$odd->belfry('reload');
$n->wait_for('the difference to be seen', sub {
	my %differs = map { $_->{node} => $_->{jobs_differ} }
	    @{ $n->node('a')->json('nodes') };
	return $differs{b};
});
$n->recovers(qw(once alone));
unlink $odd->path('jobs/more.ini');
$odd->belfry('reload');
$n->wait_for('the difference to be gone', sub {
	!grep { $_->{jobs_differ} } @{ $n->node('a')->json('nodes') };
});

# By hand, and ended from every other host.
for my $from (qw(a b c)) {
	my $id = $n->node($from)->json('run', 'hand')->{run};
	$n->wait_for('it to begin', sub {
		grep { $_->{id} eq $id } $n->runs('hand');
	});
	my ($to) = grep { $_ ne $from } qw(a b c);
	my ($status, undef, $err) = $n->node($to)->belfry('kill', $id);
	is($status, 0, "$to ends what runs on $from") or diag $err;
	is($n->node($from)->finished($id)->{outcome}, 'killed', 'it is ended');
}

# All were down, and the slots of that time are missed or made up for.
my $fault = $n->begin('*');
$_->stop for $n->all;
my $down = int time;
$n->wait_for('time to pass', sub { time > $down + 9 });
$_->start for $n->all;
$n->settled;
$n->recovers;
$n->end($fault);
$n->recovers;
$n->check('daily life');
my $made_up = grep { $_->{trigger} eq 'catch-up' } $n->runs('missed');
is($made_up, 3, 'as many slots are made up for as the limit says');
is(scalar(grep { $_->{trigger} eq 'catch-up' } $n->runs('once')), 0,
    'none where nobody wants that');
$n->finish;
done_testing;
