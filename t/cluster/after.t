#!/usr/bin/perl
# Jobs that come after others, whose runs are on several hosts; and after runs
# that are lost with their host.
use strict;
use warnings;
use Cluster;
use Test::More;

my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)]);
my $probe = $c->probe;
my $dir = $c->node('a')->dir;
# What a child hears of its parents.
my $heard = "$probe; env | sed -n 's/^BELFRY_PARENT_/'\$BELFRY_JOB' /p' "
    . ">>$dir/heard";
for my $d ($c->all) {
	$d->job('j.ini', <<"END");
[job left]
hosts = a
command = test "\$BELFRY_PARAM_FAIL" != yes

[job right]
hosts = b
command = echo belfry-result: from=b

[job both]
hosts = c
after = left, right
command = $heard

[job there]
hosts = c
after = left
after-when = always
command = $heard

[job nowhere]
hosts = z
start-deadline = 1s
after = right
command = $probe

[job once]
hosts = b
command = $probe; exec sleep 1000

[job if-good]
after = once
command = $heard

[job if-bad]
after = once
after-when = failure
command = $heard

[job again]
hosts = b | c
guarantee = at-least-once
command = $probe; [ \$BELFRY_ATTEMPT -gt 1 ] || exec sleep 1000

[job then]
after = again
command = $heard

[job slow]
hosts = a
command = while test ! -e $dir/go; do sleep 0.05; done

[job next]
after = slow
command = $probe
END
}
$c->start;
my ($left, $right, $home) = map { $c->node($_) } qw(a b c);

sub heard {
	my ($job) = @_;
	return map { /^\Q$job\E (.*)/ ? $1 : () } $left->lines('heard');
}

sub ended {
	my ($d, $job, @args) = @_;
	my ($status, $id, $err) = $d->belfry('run', $job, @args);
	die $err if $status != 0;
	chomp $id;
	$d->finished($id);
	return $id;
}

# One that comes after several has its round where it may run.
my @left = ended($left, 'left', '--param', 'X=1');
my @right = ended($right, 'right');
$home->wait_for('a round of both', sub { $c->runs('both') });
is(($c->runs('both'))[0]{node}, 'c', 'both: where it may run');
my ($run) = @{ $home->json('history', 'both') };
is_deeply([map { "$_->{job} $_->{run} $_->{outcome}" }
    @{ $home->json('show', $run->{id})->{parents} }],
    ["left $left[0] success", "right $right[0] success"], 'it knows both');
is($home->json('show', $run->{id})->{params}{X}, 1, 'and their parameters');

# What does not count takes back what did, on whatever host that is known.
push @left, ended($left, 'left');
ended($left, 'left', '--param', 'FAIL=yes');
push @right, ended($right, 'right');
push @left, ended($left, 'left');
$home->wait_for('the second round', sub { $c->runs('both') >= 2 });
is(scalar $c->runs('both'), 2, 'both: an end that does not count undoes one');
($run) = @{ $home->json('history', 'both') };
is_deeply([map { $_->{run} } @{ $home->json('show', $run->{id})->{parents} }],
    [$left[2], $right[1]], 'the newest of each counts');

# One that may not run where its parent ends.
$home->wait_for('it to run elsewhere', sub { $c->runs('there') >= 4 });
is_deeply({ map { $_->{node} => 1 } $c->runs('there') }, { c => 1 },
    'there: where it may run');
is(scalar $c->runs('there'), 4, 'once for each end');
is_deeply([grep { $_->{reason} } map { $_->ledger('there') } $c->all], [],
    'and nothing is said to be missed');
# The home goes, with an end, and comes back.
push @left, ended($left, 'left');
$home->wait_for('the end to arrive', sub { $c->runs('there') >= 5 });
$c->kill_node('c');
$left->wait_for('the others to know', sub {
	!grep { $_->{node} eq 'c' && $_->{state} eq 'alive' }
	    @{ $left->json('nodes') };
});
push @right, ended($right, 'right');
is(scalar $c->runs('both'), 2, 'a round waits for its host');
$home->start;
$c->settled;
$home->wait_for('the round that was open', sub { $c->runs('both') >= 3 });
($run) = @{ $home->json('history', 'both') };
is_deeply([map { $_->{run} } @{ $home->json('show', $run->{id})->{parents} }],
    [$left[3], $right[2]], 'with what came before and after');

# A host dies in the midst of parents.
my ($status, $once) = $right->belfry('run', 'once');
($status, my $again) = $right->belfry('run', 'again');
chomp($once, $again);
$right->wait_for("$_ to run", sub { $c->runs($_) }) for qw(once again);
$c->kill_node('b');
$left->wait_for('the child of what failed', sub { heard('if-bad') });
$left->wait_for('the run to be repeated', sub { $c->runs('again') >= 2 });
$left->wait_for('what comes after that', sub { heard('then') });
my %bad = map { split /=/, $_, 2 } heard('if-bad');
is_deeply([@bad{qw(RUN_ID OUTCOME)}], [$once, 'lost'],
    'at most once: lost is a failure');
my %then = map { split /=/, $_, 2 } heard('then');
is($then{OUTCOME}, 'success', 'at least once: the child waits for the rerun');
isnt($then{RUN_ID}, $again, 'and hears of that');
$right->start;
$c->settled;
push @left, ended($left, 'left');
push @right, ended($right, 'right');
$home->wait_for('another round', sub { $c->runs('both') >= 4 });
is(scalar $c->runs('if-good'), 0, 'what was lost was no success');
is(scalar $c->runs($_), 1, "$_: once, also when the host is back")
    for qw(once if-bad then);

# It is waited for, as long as a slot may be late.
my $nowhere = $right->wait_for('what may run nowhere', sub {
	my @rows = $c->ledger('nowhere');
	return @rows >= 2 ? \@rows : undef;
});
is($_->{reason}, 'no-host', 'nowhere: no host') for @$nowhere;

# A host that drains begins nothing more; another does.
($status) = $left->belfry('run', 'slow');
$left->wait_for('it to run', sub {
	grep { $_->{job} eq 'slow' && $_->{state} eq 'running' }
	    @{ $left->json('status')->{runs} };
});
$left->belfry('drain');
$left->wait_for('the drain', sub { $left->log =~ /: draining, / });
open my $go, '>', "$dir/go" or die $!;
$left->wait_exit;
$home->wait_for('what comes after it', sub { $c->runs('next') });
isnt(($c->runs('next'))[0]{node}, 'a', 'next: on another host');
$left->start;
$c->settled;
ended($left, 'left');
is(scalar $c->runs('next'), 1, 'and not again when it is back');

# What no host may run holds up no drain; it is kept.
my $far = <<"END";
[job far]
hosts = z
start-deadline = 1h
after = left
command = $probe
END
for my $d ($c->all) {
	$d->job('far.ini', $far);
	$d->belfry('reload');
}
push @left, ended($left, 'left');
$left->belfry('drain');
is($left->wait_exit, 0, 'far: held up nothing');
for my $d ($c->all) {
	$d->job('far.ini', $far =~ s/ = z/ = a/r);
	$d->belfry('reload') if $d->{pid};
}
$left->start;
$left->wait_for('it to run after all', sub { $c->runs('far') });
is(scalar $c->runs('far'), 1, 'far: once there is a host');
$c->finish;
done_testing;
