#!/usr/bin/perl
# after, after-when, after-join: what runs after what, with which environment;
# retries of a parent, the failure path, skipped children; the chain in
# history, show and explain; labels, owner, output.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $dump = 'env | grep ^BELFRY_PA | sort';
$d->job('a.ini', <<"END");
[job root]
labels = chain kind=first
owner = Ann <ann\@example.org>
command = exit \${BELFRY_PARAM_CODE:-0}

[job left]
after = root
labels = chain, kind=second
command = $dump >$dir/left; echo out
output = failure

[job right]
after = root
command = echo out
output = none

[job both]
after = left right
command = ($dump; echo "\$BELFRY_PARENTS") >$dir/both; echo out

[job any]
after = left right
after-join = any
command = echo \$BELFRY_PARENT_JOB >>$dir/any

[job alarm]
after = root
after-when = failure
command = $dump >$dir/alarm

[job ever]
after = root
after-when = always
command = echo \$BELFRY_PARENT_OUTCOME \$BELFRY_PARENT_EXIT_CODE >>$dir/ever

[job stubborn]
retries = 2
retry-delay = 50ms
schedule = \@every 1s
overlap = skip
command = test \$BELFRY_ATTEMPT = 3

[job healed]
after = stubborn
command = echo \$BELFRY_PARENT_RUN_ID >>$dir/healed

[job hurt]
after = stubborn
after-when = failure
command = echo "hurt" >>$dir/healed

[job retried]
after = root
retries = 1
retry-delay = 50ms
command = $dump >$dir/retried.\$BELFRY_ATTEMPT; test \$BELFRY_ATTEMPT = 2

[job off]
after = root
enabled = no
command = true

[job busy]
after = root
overlap = skip
command = sleep 600
END
$d->start;

sub env_of {
	return { map { /^(\w+)=(.*)/ ? ($1 => $2) : () } $d->lines($_[0]) };
}

# Runs of a job in a chain, when there are as many that have ended.
sub in_chain {
	my ($chain, $job, $n) = @_;
	my @runs;
	$d->wait_for("$n runs of $job", sub {
		@runs = grep { defined $_->{outcome} }
		    @{ $d->json('history', '--chain', $chain, $job) };
		return @runs >= $n;
	});
	return @runs;
}

my $id = $d->json('run', 'root', '--param', 'X=1 2')->{run};
my ($both) = in_chain($id, 'both', 1);
my ($root) = grep { $_->{id} eq $id } @{ $d->json('history', '-n', 100) };
is($root->{chain}, $id, 'the first run is its own chain');
is($root->{parent}, undef, 'and has no parent');
my ($left) = in_chain($id, 'left', 1);
is($left->{trigger}, 'after', 'trigger');
is($left->{parent}, $id, 'parent');
is($left->{slot}, $root->{finished}, 'its slot is the end of the parent')
    unless $root->{finished} =~ /\.000Z/;
is_deeply($left->{params}, { X => '1 2' }, 'its parameters');
is_deeply(env_of('left'), {
	BELFRY_PARAM_X => '1 2',
	BELFRY_PARENTS => "root $id success 0",
	BELFRY_PARENT_JOB => 'root',
	BELFRY_PARENT_RUN_ID => $id,
	BELFRY_PARENT_OUTCOME => 'success',
	BELFRY_PARENT_EXIT_CODE => 0,
}, 'its environment');
my ($right) = in_chain($id, 'right', 1);
like($both->{parent}, qr/^(?:$left->{id}|$right->{id})$/,
    'all: begun by the last of them');
is_deeply([map { "$_->{job} $_->{run}" } @{ $both->{parents} }],
    ["left $left->{id}", "right $right->{id}"], 'and knows both');
is(($d->lines('both'))[-1], "right $right->{id} success 0",
    'BELFRY_PARENTS has a line for each');
is_deeply([sort map { $_->{job} } in_chain($id, 'any', 2)], ['any', 'any'],
    'any: a run after each');
is_deeply([sort $d->lines('any')], [qw(left right)], 'which they know');

# What they wrote.
is(($d->belfry('logs', $both->{id}))[1], "out\n", 'output = keep');
is($left->{output_bytes}, 4, 'output = failure: counted');
is($left->{dropped_bytes}, 4, 'dropped');
is($right->{dropped_bytes}, 4, 'output = none: dropped');
unlike(($d->belfry('logs', $right->{id}))[1], qr/^out/m, 'and not there');

# A repetition of the child has what the child had.
my @retried = in_chain($id, 'retried', 2);
is_deeply([map { "$_->{attempt} $_->{outcome} $_->{parent}" } @retried],
    ["2 success $id", "1 failure $id"], 'a child that is repeated');
is_deeply(env_of('retried.2'), env_of('retried.1'), 'with its environment');

# Children that are not to run.
my $off = $d->wait_for('a row', sub { ($d->ledger('off'))[0] });
is("$off->{outcome} $off->{reason}", 'skipped disabled', 'disabled');
like($off->{detail}, qr/after run $id of root: success/, 'and why it was due');
my $busy = $d->wait_for('busy to run', sub {
	(grep { $_->{job} eq 'busy' } @{ $d->json('status')->{runs} })[0];
});

# The parent fails.
my $failed = $d->json('run', 'root', '--param', 'CODE=3')->{run};
in_chain($failed, 'alarm', 1);
is(env_of('alarm')->{BELFRY_PARENT_OUTCOME}, 'failure', 'failure path');
is(env_of('alarm')->{BELFRY_PARENT_EXIT_CODE}, 3, 'with its exit code');
in_chain($failed, 'ever', 1);
is_deeply([$d->lines('ever')], ['success 0', 'failure 3'], 'always');
is_deeply([sort map { $_->{job} }
    @{ $d->json('history', '--chain', $failed) }], [qw(alarm ever root)],
    'nothing else');

# Overlap and pause hold for children too.
$d->belfry('pause', 'left', '--reason', 'test');
my $again = $d->run('root');
in_chain($again, 'right', 1);
my $overlap = $d->wait_for('a row', sub {
	return (grep { ($_->{outcome} // '') eq 'skipped' }
	    $d->ledger('busy'))[0];
});
is($overlap->{reason}, 'overlap', 'overlap');
my $paused = $d->wait_for('a row', sub {
	return (grep { ($_->{reason} // '') eq 'paused' }
	    $d->ledger('left'))[0];
});
like($paused->{detail}, qr/^by .*test; after run $again of root/, 'paused');
$d->belfry('kill', $busy->{id});
$d->finished($busy->{id});

# Only the last attempt of a parent counts.
$d->wait_for('healed twice', sub { $d->lines('healed') >= 2 });
is((scalar grep { /hurt/ } $d->lines('healed')), 0,
    'no attempt that is repeated is an end');
my ($parent) = $d->lines('healed');
my $run = $d->json('show', $parent);
is("$run->{attempt} $run->{outcome}", '3 success', 'the last one is');
my @attempts = @{ $d->json('history', '--chain', $run->{chain}, 'stubborn') };
is($run->{chain}, $attempts[-1]{id}, 'attempts share the chain of the first');
is(scalar @attempts, 3, 'all three');

# What people see.
my $show = $d->json('show', 'left');
is_deeply($show->{after}, ['root'], 'after');
is_deeply($show->{dependents}, ['any', 'both'], 'dependents');
is_deeply($show->{labels}, ['chain', 'kind=second'], 'labels');
is($d->json('show', 'root')->{owner}, 'Ann <ann@example.org>', 'owner');
my ($status, $out, $err) = $d->belfry('show', 'both');
like($out, qr/^runs after:\n  left .*\n    root .*\n  right .*\n    root .*as above/m,
    'the tree of parents');
($status, $out) = $d->belfry('show', 'root');
like($out, qr/^followed by:.*^  left  .*^    any  .*^    both  .*^  right  /ms,
    'the tree of dependents');
($status, $out) = $d->belfry('show', $both->{id});
like($out, qr/^after +left success, run $left->{id}\n +right success/m,
    'a run shows its parents');
is_deeply([map { $_->{name} } @{ $d->json('list', '--label', 'chain') }],
    [qw(left root)], 'list --label');
is_deeply([map { $_->{name} }
    @{ $d->json('list', '--label', 'kind=second') }], ['left'], 'with a value');
is_deeply([map { $_->{name} } @{ $d->json('list', '-L', 'kind') }],
    [qw(left root)], 'any value');
($status, $out, $err) = $d->belfry('list', '--label', 'a b');
is($status, 1, 'what is no label');
like($err, qr/label: expected a label/, 'is told');
($status, $out) = $d->belfry('explain', 'both');
like($out, qr/because run \w+ had ended/, 'explain');
($status, $out) = $d->belfry('explain', 'off');
like($out, qr/it was due after other jobs.*enabled = no/s,
    'explain of one that was skipped');
($status, $out) = $d->belfry('verify');
is($status, 0, 'verify finds nothing') or diag($out);
($status, $out, $err) = $d->belfry('history', '--chain', 'x/y');
is($status, 1, 'what is no run');
$d->stop;
$d->finish;
done_testing;
