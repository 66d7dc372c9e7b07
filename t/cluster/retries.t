#!/usr/bin/perl
# A host is killed while attempts of its slots wait to be repeated, and comes
# back: each is repeated once.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)]);
my $probe = $c->probe;
$_->job('j.ini', <<"END") for $c->all;
[job again]
schedule = */2 * * * * *
place = spread
retries = 1
retry-delay = 3s
command = $probe; test \$BELFRY_ATTEMPT = 2
[job hand]
overlap = skip
retries = 1
retry-delay = 100ms
command = $probe; exit 1
END
$c->start;
my $d = $c->node('a');

# What a has yet to repeat, by slot.
sub waiting {
	return map { $_->{slot} => 1 } grep {
		my $run = $_;
		!grep { $_->{slot} eq $run->{slot} && $_->{attempt} == 2 }
		    $c->runs('again')
	} grep { $_->{attempt} == 1 && $_->{node} eq 'a' } $c->runs('again');
}

my @waiting;
$d->wait_for('an attempt that waits to be repeated', sub {
	my %now = waiting();
	@waiting = grep { $now{$_} } map { $_->{slot} }
	    grep { $_->{outcome} eq 'failure' }
	    @{ $d->json('history', 'again') };
	return scalar @waiting;
});
$c->kill_node('a');
$d->start;
$d->wait_for('it to be repeated', sub {
	my %now = waiting();
	return !grep { $now{$_} } @waiting;
});
my $n = $c->runs('again');
$d->wait_for('runs afterwards', sub { $c->runs('again') > $n + 4 });
my %n;
$n{"$_->{slot} $_->{attempt}"}++ for $c->runs('again');
is(join(' ', grep { $n{$_} > 1 } sort keys %n), '', 'no attempt twice');
for my $slot (@waiting) {
	my ($run) = grep { $_->{slot} eq $slot && $_->{attempt} == 2 }
	    $c->runs('again');
	is($run->{node}, 'a', 'on the host that was to repeat it');
	is($run->{trigger}, 'retry', 'as a repetition');
}

$d->run('hand');
$d->wait_for('one by hand to be repeated', sub { $c->runs('hand') == 2 });
my @hand = sort { $a->{attempt} <=> $b->{attempt} } $c->runs('hand');
is("@{[map { $_->{trigger} } @hand]}", 'manual retry', 'by hand, and repeated');
is("@{[map { $_->{node} } @hand]}", 'a a', 'where it was started');
$c->finish;
done_testing;
