# Each script of the cluster alone, against a real Redis: every answer that it
# can give.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Redis;

my $redis = Redis->new;
my $folder = "$FindBin::Bin/../../master/cluster/scripts";
my $prefix = 'belfry:{t}';
my $marker = '5.m';

sub slurp {
	my ($name) = @_;
	open(my $in, '<', "$folder/$name.lua") or die "$name: $!";
	local $/;
	return <$in>;
}

my $head = slurp('head');
my %text;

sub run {
	my ($name, @args) = @_;
	$text{$name} //= $head . slurp($name);
	return $redis->call('EVAL', $text{$name}, 1, $prefix, @args);
}

# The head line without what grows.
sub head_of {
	my ($answer) = @_;
	(my $line = $answer->[0]) =~ s/^(OK) \d+ \d+/$1/;
	return $line;
}

sub key { $redis->call('HGET', "$prefix:j:$_[0]", $_[1]) }
sub line { $redis->call('HGET', "$prefix:r:$_[0]", $_[1]) }
sub now_ms {
	my $time = $redis->call('TIME');
	return $time->[0] * 1000 + int($time->[1] / 1000);
}

sub join_as {
	my ($inc, %arg) = @_;
	return run('join', $arg{marker} // '', $arg{seen} // 0, $inc,
	    $arg{node} // "node-$inc", $arg{ttl} // 60000, $arg{process} // 'p1',
	    $arg{settle} // 0, 'episode', $arg{words} // 'w', $arg{beat} // 1,
	    $arg{connection} // 1, $arg{seen_process} // 'p1',
	    @{ $arg{former} // [] });
}

# Redis forgets all, and is opened anew.
sub fresh {
	my (%arg) = @_;
	$redis->call('FLUSHALL');
	join_as('x');
	run('open', 'episode', $marker, $arg{floor} // 0, $arg{fence} // 0,
	    $arg{quarantine} // 0, 0, 'p1', $arg{unsure} // 0);
	join_as($_) for 'a', 'b', 'x';
}

sub guard { ($marker, 0) }

sub claim {
	my ($inc, $id, %arg) = @_;
	my $answer = run('claim', $arg{marker} // $marker, $arg{seen} // 0, $inc,
	    "node-$inc", 500, $arg{override} // 3000, $arg{state} // 'R',
	    $arg{job} // 'j', $arg{slot} // now_ms(), $id, 'c' . ($arg{flags} // ''),
	    $arg{deadline} // 60000, $arg{due} // '', $arg{from} // '');
	return @$answer > 1 ? $answer->[1] : $answer->[0];
}

sub one {
	my ($name, $inc, @args) = @_;
	my $answer = run($name, guard(), $inc, "node-$inc", @args);
	return @$answer > 1 ? $answer->[1] : $answer->[0];
}

# ------------------------------------------------------------------- join
$redis->call('FLUSHALL');
like(join_as('a')->[0], qr/^BLANK episode \d+$/, 'join: an empty server');
like(run('open', 'other', $marker, 0, 0, 0, 0, 'p1')->[0], qr/^TAKEN$/,
    'open: not of this blankness');
is(head_of(run('open', 'episode', $marker, 0, 0, 0, 0, 'p1')), 'OK', 'open');
is(run('open', 'episode', '6.m', 0, 0, 0, 0, 'p1')->[0], 'TAKEN', 'open: open already');
is(head_of(join_as('a', settle => 1000)), "OK $marker 0",
    'join: what was opened just now need not settle');
is(head_of(join_as('b', node => 'node-a')), 'DUP a',
    'join: another daemon of the name is alive');
is(head_of(join_as('b', node => 'node-a', former => ['a'])), "OK $marker 0",
    'join: it is known to be dead');
fresh();
join_as('c', node => 'n', ttl => -1);
is(head_of(join_as('d', node => 'n')), "OK $marker 0",
    'join: a session that expired is nobody');
join_as('a', connection => 7);
is(join_as('a', connection => 6)->[0], 'LOST',
    'join: on its way longer than a later one');
like(join_as('a', process => 'p2', settle => 1000, connection => 8)->[0], qr/ $marker 1000$/,
    'join: a restarted server settles');
like(claim('a', 'c0'), qr/^SETTLING \d+$/, 'and does not vote yet');
like(join_as('a', process => 'p2', settle => 1000, connection => 8)->[0], qr/ [1-9]\d*$/,
    'join: once, for all');
fresh();
is(join_as('a', marker => $marker, seen => 10000)->[0], 'ROLLBACK',
    'join: more was seen than is there');
like(join_as('a')->[0], qr/^BLANK/, 'which makes it blank for all');
fresh();
is(join_as('a', marker => '6.later')->[0], 'ROLLBACK',
    'join: a marker older than the known one');
fresh();
is(join_as('a', process => 'p2', settle => '')->[0], 'ROLLBACK',
    'join: one of several was restarted');
fresh();
{
	my $seen = (split / /, join_as('a')->[0])[1];
	$redis->call('SET', "$prefix:q", $seen - 1);
	join_as($_, process => 'p2') for 1 .. 5;
	is(join_as('a', process => 'p2', marker => $marker, seen => $seen)->[0],
	    'ROLLBACK', 'join: what others did since the restart hides nothing');
}
fresh();
{
	my $seen = (split / /, join_as('a')->[0])[1];
	$redis->call('SET', "$prefix:q", $seen - 1);
	join_as($_, process => 'p2', connection => 2) for 'b', 'x';
	join_as('b', process => 'p3', connection => 3);
	is(join_as('a', process => 'p3', marker => $marker, seen => $seen)->[0],
	    'ROLLBACK', 'join: nor do they between two restarts');
}
fresh();
{
	my $seen = (split / /, join_as('a')->[0])[1];
	join_as('b', process => "p$_", connection => $_) for 2 .. 4;
	is(head_of(join_as('a', process => 'p4', marker => $marker, seen => $seen,
	    connection => 2)), "OK $marker 0", 'join: what was seen before them is there');
	is(join_as('a', process => 'p4', marker => $marker, seen => $seen,
	    connection => 3, seen_process => 'p9')->[0], 'ROLLBACK',
	    'join: a process that is not known was lost');
}
fresh();
join_as('b', process => "p$_" . 'x' x 36, connection => $_) for 1 .. 100;
cmp_ok(length(
    $redis->call('HGET', "$prefix:i", 'z')), '<', 4100,
    'join: not all processes are remembered');
fresh();
claim('a', 'c1', flags => 's');
is_deeply([@{ join_as('a2', former => ['a']) }[1 .. 1]], ['c1'],
    'join: takes the runs of its former self along');
is(key('j', 'w') . key('j', 'p'), 'a2a2', 'and their jobs');
is($redis->call('EXISTS', "$prefix:r:a"), 0, 'and leaves none behind');

# ------------------------------------------------------------------- beat
sub beat { run('beat', $_[1] // $marker, $_[2] // 0, $_[0], "node-$_[0]",
    $_[3] // 60000, 'words of it', 9, 1) }
fresh();
like(beat('a')->[0], qr/^OK \d+ \d+ 0$/, 'beat');
ok((grep { /^a \d+ 9 1 node-a words of it$/ } @{ beat('a') }),
    'beat: tells all sessions');
claim('a', 'c1');
like(beat('a')->[0], qr/ 1$/, 'beat: tells how many runs there are');
is(beat('nobody')->[0], 'LOST', 'beat: no session');
beat('a', $marker, 0, -5);
is(beat('a')->[0], 'LOST', 'beat: one that expired is not prolonged');
is(beat('b', 'other')->[0], "BLANK $marker", 'beat: another marker');
is(beat('b', $marker, 10000)->[0], 'ROLLBACK', 'beat: back in time');

# ------------------------------------------------------------------ claim
fresh();
my $slot = now_ms();
like(claim('a', 'c1', slot => $slot), qr/^OK \d{16} 1 new 0 \d+$/, 'claim');
my $first = claim('a', 'c1', slot => $slot);
like($first, qr/^OK \d{16} 1 same 0 \d+$/, 'claim: the same id, the same answer');
is(claim('a', 'c1', slot => $slot), $first, 'claim: and again');
my $edge = $slot - 1;
is(claim('b', 'c2', slot => $slot), "TAKEN R a c1 $edge", 'claim: taken');
is(claim('b', 'c2', slot => $slot, override => -1), "TAKEN R a c1 $edge",
    'claim: what was started is never given again');
is(claim('x', 'c0', slot => $slot - 1), "STALE $slot $edge",
    'claim: the mark is past, and nobody had the slot');
is(claim('b', 'c2', slot => $slot - 1, flags => 't'), "STALE $slot $edge mine",
    'claim: of which one host tells');
is(claim('a', 'c3', slot => $slot - 1, flags => 't'), "STALE $slot $edge",
    'claim: but one');
is(claim('b', 'c2.4', slot => $slot - 1, flags => 't'), "STALE $slot $edge mine",
    'claim: and each time it asks');
like(claim('b', 'c2', slot => $slot + 100000), qr/^EARLY (?:99|100)\d+$/,
    'claim: too early');
is(claim('b', 'c2', job => 'k', slot => $slot - 70000), 'LATE', 'claim: too late');
is(claim('nobody', 'c2'), 'LOST', 'claim: no session');
is(claim('a', 'c2', marker => 'other'), "BLANK $marker", 'claim: another marker');
{
	my ($fence) = $first =~ /^OK (\d+)/;
	my ($next) = claim('b', 'c3', slot => $slot + 1) =~ /^OK (\d+)/;
	cmp_ok($next, '>', $fence, 'claim: the fence grows');
	is(claim('b', 'c2', slot => $slot), 'STALE ' . ($slot + 1) . " $edge",
	    'claim: the mark is past, and somebody had the slot');
	$redis->call('HSET', "$prefix:j:j", 'f', '9000000000000000');
	like(claim('b', 'c4', slot => $slot + 2), qr/^OK 9000000000000001 /,
	    'claim: also when the clock was set back');
}
is(claim('a', 'c5', seen => 10000), 'ROLLBACK', 'claim: back in time');
is(claim('a', 'c5'), 'BLANK -', 'which makes it blank');

fresh();
like(claim('a', 'c1', slot => $slot, state => 'C'), qr/ new 0 \d+$/, 'claim: not started');
is(claim('b', 'c2', slot => $slot), "TAKEN C a c1 $edge", 'claim: claimed');
like(claim('b', 'c2', slot => $slot, override => -1), qr/^OK \d+ 1 over 0 \d+$/,
    'claim: one that does not start is overridden');
is(one('start', 'a', 'j', $slot, 'c1', 'c', 1), 'LOST',
    'start: and cannot start any more');

fresh(floor => $slot + 5, fence => 8900000000000000);
is(claim('a', 'c1', slot => $slot), 'STALE ' . ($slot + 5) . ' '
    . ($slot + 5),
    'claim: not before the time it has forgotten');
like(claim('a', 'c1', slot => $slot + 6), qr/^OK 8900000000000001 /,
    'claim: nor with a lower fence');

fresh(quarantine => 60000);
is(claim('a', 'c1', flags => 's'), 'BUSY - -', 'claim: quarantine for no overlap');
like(claim('a', 'c2', job => 'k'), qr/^OK/, 'and not for others');

fresh();
claim('a', 'c1', slot => $slot, flags => 's');
is(claim('b', 'c2', slot => $slot + 1, flags => 'w'), 'BUSY a c1', 'claim: busy');
is(claim('b', 'c2', slot => $slot + 1, flags => 's'), "SKIP $slot $edge",
    'claim: skipped');
is(line('b', 'c2'), "S 1 0 " . ($slot + 1) . " $slot cs j",
    'which its host has to record');
is(claim('b', 'c2', slot => $slot + 1, flags => 's'), "SKIP $slot $edge",
    'claim: the same for the same id');
is(claim('a', 'c3', slot => $slot + 1, flags => 's'), "TAKEN S b c2 $edge",
    'claim: by one host');
is(claim('a', 'c3', slot => $slot + 2, flags => 's'),
    'SKIP ' . ($slot + 1) . " $edge", 'claim: one more');
is(claim('b', 'c2', slot => $slot + 1), "SKIP $slot $edge",
    'claim: the same also when a later slot was claimed');
is(one('finish', 'a', 'j', $slot, 'c1', ''), 'OK', 'finish');
like(claim('b', 'c4', slot => $slot + 3, flags => 's'), qr/^OK/,
    'claim: free again');
fresh();
claim('a', 'c1', slot => $slot, flags => 's', state => 'C');
is(claim('b', 'c2', slot => $slot + 1, flags => 's'), "TAKEN C a c1 $edge",
    'claim: nothing is skipped for what has not started');

fresh();
like(claim('a', 'c1', slot => $slot, flags => 'i', due => $slot + 300),
    qr/^OK/, 'claim: an interval');
is(claim('b', 'c2', slot => $slot + 100, flags => 'i'),
    'STALE ' . ($slot + 300) . " $edge",
    'claim: its next slot is not earlier than its due time');
like(claim('a', 'x1', slot => $slot - 500000, flags => 'x', from => 3),
    qr/^OK \d+ 3 extra 0 0$/, 'claim: a run without a mark');
like(claim('a', 'x1', flags => 'x', from => 3), qr/^OK \d+ 3 same 0 0$/,
    'claim: the same');
is(key('j', 's'), $slot, 'and the mark is where it was');

# The answer to a claim is lost, and a later slot is claimed before it is asked
# for again.
fresh();
claim('a', 'c1', slot => $slot, flags => 's');
claim('b', 'c2', slot => $slot + 1, flags => 's');
is(claim('a', 'c1', slot => $slot, flags => 's'), "LAPSED $edge $edge",
    'claim: too late for a run');
is(line('a', 'c1') =~ s/ \d{16} / F /r, "M 1 F $slot $edge cs j",
    'claim: but to be recorded');
claim('a', 'c3', slot => $slot, job => 'k', state => 'C');
is(claim('b', 'c4', slot => $slot + 1, job => 'k') =~ s/\d{16}/F/r,
    "OK F 1 new 0 $edge", 'claim: what has not started is not seen to');
is(claim('a', 'c3', slot => $slot, job => 'k'), 'STALE ' . ($slot + 1)
    . " $edge", 'claim: by others');
is(line('a', 'c3'), undef, 'and nobody has it');
like(claim('a', 'c5', slot => $slot + 2, job => 'k', flags => 'm'),
    qr/^OK/, 'claim: only to be recorded');
like(line('a', 'c5'), qr/^M /, 'and that is what it is');
is(one('finish', 'a', 'k', $slot + 2, 'c5', ''), 'OK', 'finish: it is recorded');

# --------------------------------------------------------- start, reopen
fresh();
claim('a', 'c1', slot => $slot, state => 'C');
is(one('start', 'a', 'j', $slot, 'c1', 'c', 8800000000000000), 'OK', 'start');
is(key('j', 'x') . key('j', 'f'), 'R8800000000000000', 'with the highest fence');
is(one('start', 'a', 'j', $slot, 'c1', 'c', 1), 'OK', 'start: asked again');
is(one('start', 'b', 'j', $slot, 'c9', 'c', 1), 'LOST', 'start: of another');
is(one('start', 'a', 'j', $slot, 'x9', 'cx', 1), 'LOST', 'start: never claimed');
is(one('start', 'nobody', 'j', $slot, 'c1', 'c', 1), 'LOST', 'start: no session');
is(one('reopen', 'b', 1, 'j', $slot, 'c9'), 'GONE', 'reopen: not ours');
is(one('reopen', 'a', 0, 'j', $slot, 'c1'), 'LOST',
    'reopen: of an earlier connection');
is(one('reopen', 'a', 1, 'j', $slot, 'c1'), 'OK', 'reopen');
is(claim('a', 'c1', slot => $slot), 'GONE', 'claim: that id never again');
is(one('start', 'a', 'j', $slot, 'c1', 'c', 1), 'LOST', 'start: nor that');
like(claim('b', 'c2', slot => $slot), qr/ over 0 \d+$/, 'claim: another may have it');
claim('a', 'c3', slot => $slot + 1, flags => 's', state => 'C');
claim('b', 'c4', job => 'k', slot => $slot, flags => 's', state => 'C');
is(one('start', 'b', 'k', $slot, 'c4', 'cs', 1), 'OK', 'start: no overlap');
$redis->call('HSET', "$prefix:j:k", 'c', 'c5', 'x', 'C');
is(one('start', 'b', 'k', $slot, 'c5', 'cs', 1), 'LOST',
    'start: another run holds the job');

fresh();
claim('a', 'c1', slot => $slot);
claim('b', 'c2', slot => $slot + 1);
is(one('reopen', 'a', 1, 'j', $slot, 'c1'), "PASSED $edge",
    'reopen: too late for another');
is(one('reopen', 'a', 1, 'j', $slot, 'c1'), "PASSED $edge", 'reopen: again');
like(line('a', 'c1'), qr/^M /, 'reopen: it is to be recorded');
claim('a', 'x1', flags => 'x');
is(one('reopen', 'a', 1, 'j', $slot, 'x1'), 'OK', 'reopen: no slot');
claim('a', 'c3', slot => $slot, job => 'k', state => 'C');
claim('b', 'c4', slot => $slot + 1, job => 'k');
is(one('reopen', 'a', 1, 'k', $slot, 'c3'), 'OK', 'reopen: it was not started');

# ----------------------------------------------------------------- finish
fresh();
claim('a', 'c1', slot => $slot);
like(one('finish', 'a', 'j', $slot, 'c1', 7000), qr/^OK \d{13}$/,
    'finish: the next due time');
is(one('finish', 'a', 'j', $slot, 'c1', ''), 'OK', 'finish: again');
is(one('finish', 'b', 'j', $slot, 'c9', ''), 'SUPERSEDED',
    'finish: the slot is of another');

# --------------------------------------------------- dead hosts and reruns
fresh();
claim('a', 'c1', slot => $slot, flags => 'ls');
is(one('reap', 'b', 'a', 1, 60000, 0, 3000), 'ALIVE', 'reap: not expired');
join_as('a', ttl => -1, beat => 4, connection => 2);
is(one('reap', 'b', 'a', 3, 60000, 0, 3000), 'ALIVE', 'reap: a later beat');
is(one('reap', 'b', 'a', 4, 60000, 60000, 3000), 'ALIVE', 'reap: lock delay');
like(one('reap', 'b', 'a', 4, 60000, 0, 3000),
    qr/^c1 R 1 \d+ $slot $edge cls j$/, 'reap: tells its runs');
like(one('reap', 'b', 'a', 4, 60000, 0, 3000), qr/^c1 /, 'reap: again');
is(one('reap', 'x', 'a', 4, 60000, 0, 3000), 'TAKEN b', 'reap: one does it');
like(one('reap', 'x', 'a', 4, 60000, 0, -1), qr/^c1 /, 'reap: or another later');
is(one('reap', 'b', 'nobody', 4, 60000, 0, 3000), 'GONE', 'reap: buried');
is(key('j', 'x'), 'L', 'a started run is lost');
is(claim('b', 'c2', slot => $slot), "TAKEN L a c1 $edge",
    'claim: and its slot is not given again');
like(claim('b', 'z1', flags => 'zls', from => 'a c1'), qr/^OK \d+ 2 rerun 0 0$/,
    'claim: but for a rerun');
like(claim('b', 'z1', flags => 'zls', from => 'a c1'), qr/^OK \d+ 2 same 0 0$/,
    'claim: the same');
is(claim('x', 'z2', flags => 'zl', from => 'a c1'), 'TAKEN R b -',
    'claim: one host does it');
is(one('finish', 'a', 'j', $slot, 'c1', ''), 'LATE',
    'finish: of a run that was taken for lost');
is(head_of(run('bury', guard(), 'b', 'a', 'R', 'c1')), 'OK', 'bury');
is($redis->call('HEXISTS', "$prefix:n", 'a'), 0, 'and nothing is left');
is(claim('x', 'z3', flags => 'zl', from => 'a c1'), 'TAKEN D - -',
    'claim: no rerun of what is buried');
fresh();
claim('a', 'c1', slot => $slot, state => 'C');
join_as('a', ttl => 10_000_000, connection => 2);
like(one('reap', 'b', 'a', 1, 60000, 0, 3000), qr/^c1 C /,
    'reap: an expiry that cannot be says nothing');
is(key('j', 'x'), 'O', 'what was not started is free');
$redis->call('HSET', "$prefix:r:a", 'c1', "S 1 0 $slot 0 c j");
run('bury', guard(), 'b', 'a', 'C', 'c1');
like(line('a', 'c1'), qr/^S /, 'bury: what was told as less stays to be told');
fresh();
claim('a', 'c1', flags => 'x');
claim('a', 'c2', flags => 'x');
run('bury', guard(), 'b', 'a', 'R', 'c1');
is(one('finish', 'a', 'j', $slot, 'c1', ''), 'LATE',
    'finish: of a run by hand that was buried');
is(one('finish', 'a', 'j', $slot, 'c2', ''), 'OK', 'finish: of one that was not');

fresh();
is(head_of(run('leave', guard(), 'a', 'node-a')), 'OK', 'leave');
is($redis->call('HEXISTS', "$prefix:n", 'a'), 0, 'ends the session');
claim('b', 'c1');
run('leave', guard(), 'b', 'node-b');
like($redis->call('HGET', "$prefix:n", 'b'), qr/^\d+ 1 1 node-b w$/,
    'leave: with runs it is left for a reaper');
is(beat('b')->[0], 'LOST', 'expired');

# ---------------------------------------------------------------- restate
fresh();
claim('a', $_, slot => $slot, job => "j$_", flags => 's') for 'c1', 'c2', 'c3';
sub restate { run('restate', guard(), 'a', 'node-a', $_[0], $_[1], @_[2 .. $#_]) }
is(restate(9, 'all')->[0], 'LOST', 'restate: of another connection');
claim('b', 'd1', slot => $slot, job => 'd', flags => 's');
claim('a', 'd2', slot => $slot + 1, job => 'd', flags => 's');
my @told = @{ restate(1, 'all', 'c1', 'jc1', $slot, 1, 1, 0, 'cs', 'R',
    'c2', 'jc2', $slot, 0, 0, 0, 'cs', 'C') };
is_deeply([sort @told[1 .. $#told]], ["lost R c3 $slot jc3",
    'owed S d2 ' . ($slot + 1) . " $slot d"],
    'restate: tells what is not named');
is(key('jc1', 'x') . key('jc2', 'x') . key('jc3', 'x'), 'RRR', 'states');
is(scalar @{ restate(1, 'some', 'd3', 'd', $slot, 1, 0, 7, 'cs', 'M') }, 1,
    'restate: a slot to be recorded');
is(line('a', 'd3'), "M 1 0 $slot 7 cs d", 'is there, too');
$redis->call('HSET', "$prefix:j:jc1", 'o', 'other', 'p', 'b');
$redis->call('HSET', "$prefix:r:b", 'other', 'C 1 1 1 0 cs jc1');
is(scalar @{ restate(1, 'some', 'c1', 'jc1', $slot, 1, 1, 0, 'cs', 'R') }, 1,
    'restate: what runs goes before what was claimed');
$redis->call('HSET', "$prefix:j:jc1", 'o', 'other', 'p', 'b');
$redis->call('HSET', "$prefix:r:b", 'other', 'R 1 1 1 0 cs jc1');
is(restate(1, 'some', 'c1', 'jc1', $slot, 1, 1, 0, 'cs', 'R')->[1], 'c1',
    'restate: another has it');
is(scalar @{ restate(1, 'some', 'n1', 'new', $slot, 1, 77, 0, 'c', 'R') }, 1,
    'restate: a claim that others granted');
is(key('new', 'c') . key('new', 'x') . key('new', 'f'), 'n1R77', 'is there now');

# ------------------------------------------------------------------ marks
fresh();
my $marks = run('marks', guard(), 'new', 0, 'new', 0);
like($marks->[1], qr/^\d{13} 0 2$/, 'marks: first sight is now');
like($marks->[2], qr/^\d{13} 0 1$/, 'marks: once');
my ($seen) = $marks->[1] =~ /^(\d+)/;
like(claim('a', 'c1', job => 'new', slot => $seen + 400),
    qr/^OK \d+ 1 new 0 $seen$/, 'marks: the first claim counts from there');
is(claim('b', 'c2', job => 'new', slot => $seen - 10),
    'STALE ' . ($seen + 400) . " $seen",
    'marks: and says nothing of before');
claim('a', 'c1', job => 'm', slot => $slot, flags => 'i', due => $slot + 5);
is(run('marks', guard(), 'm', 0)->[1], "$slot " . ($slot + 5) . ' 0', 'marks: both');

# ---------------------------------------------------------------- healing
claim('a', 'c2', job => 'h', slot => $slot, flags => 's');
is(head_of(run('rotate', guard(), '7.m')), 'OK', 'rotate');
is(claim('a', 'c3'), 'BLANK 7.m', 'what was known of it counts no more');
my $dump = run('dump', '7.m', 0, '0');
like($dump->[0], qr/^OK \d+ \d+ 0$/, 'dump: one page');
my ($floor, $fence, @jobs) = @$dump[1 .. $#$dump];
is(scalar @jobs, 3 * 13, 'dump: all jobs');
$redis->call('FLUSHALL');
join_as('a');
is(run('merge', 'other', @jobs)->[0], 'TAKEN', 'merge: not of this blankness');
is(head_of(run('merge', 'episode', @jobs)), 'OK', 'merge');
is(key('h', 's') . key('h', 'c') . key('h', 'x') . key('h', 'o'),
    "${slot}c2Rc2", 'all is back');
is($redis->call('HEXISTS', "$prefix:r:a", 'c2'), 1, 'and counts for overlap');
run('merge', 'episode', 'h', $slot - 1, 'old', 'D', 'b', 1, 1, 0, '', '', '',
    '', '');
is(key('h', 'c'), 'c2', 'merge: what is later wins');
run('merge', 'episode', 'h', $slot, 'c2', 'D', 'a', 1, 1, 0, '', '', '',
    '', '');
is(key('h', 'x'), 'D', 'merge: what is further wins');
run('merge', 'episode', 'f', $slot, ('') x 10, $slot);
run('merge', 'episode', 'f', $slot - 1, ('') x 10, $slot - 1);
run('merge', 'episode', 'f', $slot, ('') x 10, $slot);
is(key('f', 's') . key('f', 'e'), ($slot - 1) x 2,
    'merge: of two first sights the earlier one');
run('merge', 'episode', 'h', $slot, 'c9', 'C', 'b', 1, 1, 0, 'c9', 'b', '',
    '', '');
run('open', 'episode', $marker, 0, 0, 0, 60000, 'p1');
is(run('merge', 'episode', @jobs)->[0], 'TAKEN', 'merge: open again');
join_as('a');
is(claim('a', 'n', job => 'n', flags => 's'), 'BUSY - -',
    'open: others did not agree on who runs a job');

# ------------------------------------------------- semaphores and messages
fresh();
sub take {
	my ($inc, $count, $id, $connection) = @_;
	return run('take', guard(), $inc, "node-$inc", $connection // 1, 'sem', 3, $count, $id)->[0];
}
like(take('a', 2, 't1'), qr/^OK/, 'take');
like(take('a', 2, 't1'), qr/^OK/, 'take: the same again');
is(take('b', 2, 't2'), 'FULL', 'take: full');
is(take('b', 1, 't2', 0), 'LOST', 'take: over an earlier connection');
like(take('b', 1, 't2'), qr/^OK/, 'take: what is left');
is(run('give', guard(), 'a', 'node-a', 0, 'sem', 't1')->[0], 'LOST',
    'give: over an earlier connection');
run('give', guard(), 'a', 'node-a', 1, 'sem', 't1');
like(take('b', 2, 't3'), qr/^OK/, 'give');
$redis->call('HDEL', "$prefix:n", 'b');
like(take('a', 3, 't4'), qr/^OK/, 'take: the dead hold nothing');
is(head_of(run('keep', guard(), 'a', 'node-a', 1, 'sem', 't4', 'more', 't4')), 'OK',
    'keep');
is($redis->call('HEXISTS', "$prefix:s:more", 't4'), 1,
    'keep: what a server lacks is there again');
is(head_of(run('keep', guard(), 'a', 'node-a', 1, 'more', 't4')), 'OK', 'keep: less');
is($redis->call('EXISTS', "$prefix:s:sem"), 0, 'keep: what was given is free');
join_as('a2', former => ['a']);
is($redis->call('HGET', "$prefix:s:more", 't4'), '1 a2',
    'join: takes the tokens of its former self along');
run('keep', guard(), 'b', 'node-b', 1, 'more', 't9');
is($redis->call('HEXISTS', "$prefix:s:more", 't4'), 1,
    'keep: says nothing of the others');

is(run('keep', guard(), 'a2', 'node-a2', 0, 'more', 't8')->[0], 'LOST',
    'keep: over an earlier connection');
fresh(unsure => 60000);
is(take('a', 1, 't1'), 'UNSURE', 'take: who has some is not known');
$redis->call('HSET', "$prefix:i", 'g', now_ms() - 1);
like(take('a', 1, 't1'), qr/^OK/, 'take: all have said so');

is(head_of(run('post', guard(), 'a', 'm1', 'b', 'two words')), 'OK', 'post');
run('post', guard(), 'a', 'm2', 'b', 'more');
is_deeply([@{ run('fetch', guard(), 'a', '') }[1 .. 2]],
    ['m1 b two words', 'm2 b more'], 'fetch');
is_deeply([@{ run('fetch', guard(), 'a', 'm1') }[1 .. 1]], ['m2 b more'],
    'fetch: drops what has arrived');
is(scalar @{ run('fetch', guard(), 'a', 'm2') }, 1, 'fetch: no more');
$redis->call('RPUSH', "$prefix:b:a", 1 .. 1000);
is(run('post', guard(), 'a', 'm3', 'b', 'text')->[0], 'FULL', 'post: full');

done_testing();
