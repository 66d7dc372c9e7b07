#!/usr/bin/perl
# What one daemon does with jobs whose runs meet, follow or are repeated, done
# by three: overlap, after, retries, pauses, runs and kills from elsewhere.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)]);
my $dir = $c->node('a')->dir;
my $probe = $c->probe;
# A run holds a lock to its end, whatever that is: a second one does not get it.
sub alone {
	my ($job, $do) = @_;
	return "exec 9>$dir/lock.$job; flock -n 9 || echo $job >>$dir/met;"
	    . " $probe; $do";
}
my %jobs = (
    skip => "overlap = skip\ncommand = " . alone('skip', 'sleep 1.3'),
    queue => "overlap = queue\ncommand = " . alone('queue', 'sleep 0.7'),
    replace => "overlap = replace\ncommand = " . alone('replace', 'sleep 20'),
    again => "retries = 1\nretry-delay = 1s\n"
	. "command = $probe; test \$BELFRY_ATTEMPT = 2",
    parent => "command = $probe",
    every => "overlap = skip\ncommand = " . alone('every', 'sleep 0.2'),
    delay => "command = " . alone('delay', 'sleep 0.2'),
    limit => "overlap-limit = 2\ncommand = exec 8>$dir/lock.1 9>$dir/lock.2;"
	. " flock -n 8 || flock -n 9 || echo limit >>$dir/met; $probe; sleep 2.5",
);
for my $d ($c->all) {
	$d->job('j.ini', join("\n", map {
	    my $schedule = $_ eq 'delay' ? '@after 1s'
		: $_ eq 'every' ? '@every 1s'
		: $_ eq 'replace' ? '*/2 * * * * *' : '* * * * * *';
	    "[job $_]\nschedule = $schedule\nplace = spread\n$jobs{$_}\n"
	} sort keys %jobs) . <<"END");

[job child]
after = parent
command = echo \$BELFRY_PARENT_SLOT >>$dir/children; $probe

[job hold]
command = while test ! -e $dir/go; do sleep 0.05; done
END
}
$c->start;
my $d = $c->node('c');
$d->wait_for("runs of $_", sub { $c->runs($_) >= 4 })
    for qw(skip queue replace again parent child delay every limit);

sub meet { join ' ', $c->node('a')->lines('met') }
is(meet(), '', 'no run meets another, on whatever host');

sub twice {
	my ($job) = @_;
	my %n;
	$n{"$_->{slot} $_->{attempt}"}++ for $c->runs($job);
	return join ' ', grep { $n{$_} > 1 } sort keys %n;
}
is(twice($_), '', "$_: nothing runs twice")
    for qw(skip queue replace again parent child delay every);
# Which host a slot is for is as good as chance.
$d->wait_for('several hosts to be at work', sub {
	my %nodes = map { $_->{node} => 1 } $c->runs('parent');
	return keys %nodes > 1;
});
my @queue = map { $_->{slot} } $c->runs('queue');
is_deeply(\@queue, [sort @queue], 'queue: in order');
ok(scalar(grep { ($_->{outcome} // '') eq 'skipped'
    && $_->{reason} eq 'overlap' } $c->ledger('skip')), 'skip: with its row');
$d->wait_for('a slot to be skipped for runs of other hosts', sub {
	grep { ($_->{detail} // '') =~ /^overlap-limit runs .* over all hosts/ }
	    $c->ledger('limit');
});
is(twice('limit'), '', 'limit: nothing runs twice');
is_deeply([$c->unaccounted('limit')], [], 'limit: every slot has its row');
$d->wait_for('a second attempt to succeed', sub {
	grep { $_->{attempt} == 2 } $c->runs('again');
});
my %second = map { $_->{slot} => 1 } grep { $_->{attempt} == 2 }
    $c->runs('again');
my %first = map { $_->{slot} => 1 } grep { $_->{attempt} == 1 }
    $c->runs('again');
is(scalar(grep { !$first{$_} } keys %second), 0, 'retries: after the first');
my @children = $c->runs('child');
cmp_ok(scalar @children, '<=', scalar $c->runs('parent'),
    'after: a child for each end, no more');

# From anywhere to anywhere.
my ($code, $out) = $c->node('a')->belfry('run', '--node', 'b', 'hold');
is($code, 0, 'run --node');
chomp $out;
$d->wait_for('it to run there', sub {
	grep { $_->{id} eq $out && $_->{state} eq 'running' }
	    @{ $c->node('b')->json('status')->{runs} };
});
is(($d->belfry('kill', $out))[0], 0, 'kill from a third host');
is($c->node('b')->finished($out)->{outcome}, 'killed', 'ends it');

# A pause is everybody's.
is(($c->node('b')->belfry('pause', 'parent'))[0], 0, 'pause');
$d->wait_for('all to hear of it', sub {
	3 == grep { $_->json('show', 'parent')->{state} eq 'paused' } $c->all;
});
my $had = $c->runs('parent');
my $others = $c->runs('queue');
$d->wait_for('time to pass', sub { $c->runs('queue') >= $others + 3 });
cmp_ok(scalar $c->runs('parent') - $had, '<=', 1, 'paused on all hosts');
is(($c->node('a')->belfry('resume', 'parent'))[0], 0, 'resume elsewhere');
$d->wait_for('it to go on', sub { $c->runs('parent') >= $had + 3 });

# A host goes with all that ran there: the others go on, nothing twice.
$c->kill_node('b');
my %had = map { $_ => scalar $c->runs($_) } keys %jobs;
$d->wait_for("$_ to go on", sub { $c->runs($_) >= $had{$_} + 2 })
    for sort keys %jobs;
is(twice($_), '', "$_: nothing twice after a host died")
    for qw(skip queue replace again parent child delay every);
$c->finish;
done_testing;
