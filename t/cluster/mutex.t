# The mutex, against one Redis and against three.
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Redis;
use Talk;

my $build = abs_path($ENV{BELFRY_BUILD} // 'build');

sub holder {
	my ($redis, %arg) = @_;
	return Talk->new("$build/t/cluster/cluster-mutex", $arg{name} // 'm',
	    $arg{expiry} // 60000, $arg{tries} // 1, $arg{fail_fast} // 0,
	    $arg{value} // '', map { $_->url } @$redis);
}

sub fence { ($_[0] // '') =~ /^good (\d+)$/ ? $1 : 0 }

my $key = 'belfry:{belfry}:m:m';

for my $n (1, 3) {
	my @redis = map { Redis->new } 1 .. $n;
	my ($a, $b) = map { holder(\@redis) } 1, 2;

	my $first = fence($a->ask('lock'));
	ok($first, "$n: locked");
	cmp_ok($a->ask('left'), '>', 50000, "$n: for its expiry");
	cmp_ok($a->ask('left'), '<', 59500, "$n: less the drift of clocks");
	is($b->ask('try'), 'taken mutex m is taken', "$n: taken");
	is($b->ask('unlock'), 'lost mutex m is not ours any more',
	    "$n: only its owner unlocks it");
	is($b->ask('left'), 0, "$n: not held");
	like($a->ask('extend'), qr/^good/, "$n: extended");
	like($a->ask('unlock'), qr/^good/, "$n: unlocked");
	cmp_ok(fence($b->ask('lock')), '>', $first, "$n: the fence grows");
	$_->call('FLUSHALL') for @redis;
	like($b->ask('extend'), qr/^lost/,
	    "$n: what was forgotten is not made again");

	# Tries go on until it is free.
	my $c = holder(\@redis, tries => 1000);
	like($a->ask('try'), qr/^good/, "$n: locked");
	$c->tell('lock');
	like($a->ask('unlock'), qr/^good/, "$n: unlocked");
	like($c->line, qr/^good/, "$n: had waited");
	$c->kill;
	is($redis[0]->call('EXISTS', $key), 1, "$n: and died with it");
	$_->call('PEXPIRE', $key, 1) for @redis;
	like(holder(\@redis, tries => 1000)->ask('lock'), qr/^good/,
	    "$n: it expires by itself");
	$_->call('FLUSHALL') for @redis;

	# The watchdog.
	my $w = holder(\@redis, expiry => 600);
	like($w->ask('lock'), qr/^good/, "$n: locked for 600 ms");
	is($w->ask('watch'), 'good', "$n: watched");
	my $ends = $redis[0]->call('PTTL', $key);
	my $more = 0;
	for (1 .. 3000) {
		my $left = $redis[0]->call('PTTL', $key);
		$more++ if $left > $ends;
		last if $more == 3;
		$ends = $left;
		select undef, undef, undef, 0.01;
	}
	is($more, 3, "$n: the watchdog extends it");
	$_->call('SET', $key, 'thief') for @redis;
	is($w->line, 'lost', "$n: the watchdog tells that it is lost");
	is($w->ask('left'), 0, "$n: and it is not ours");
	$_->call('FLUSHALL') for @redis;
	like($w->ask('lock'), qr/^good/, "$n: locked again");
	is($w->ask('watch'), 'good', "$n: watched again");
	$_->stop for @redis;
	is($w->line, 'lost', "$n: lost when no server answers in time");
	like($w->ask('try'), qr/^down no majority/, "$n: servers that are stopped");
	$_->cont for @redis;

	# Servers that are gone.
	$_->kill for @redis[0 .. int($n / 2) - 1];
	$_->call('FLUSHALL') for @redis[int($n / 2) .. $#redis];
	like($a->ask('lock'), qr/^good/, "$n: a minority is gone");
	$redis[-1]->kill;
	like($b->ask('try'), qr/^down no majority of the Redis servers answers: /,
	    "$n: a majority is gone");
	like($a->ask('extend'), qr/^down/, "$n: not extended, but still ours");
	cmp_ok($a->ask('left'), '>', 0, "$n: until it expires");
	is($_->finish, 0, "$n: ends") for $a, $b;
}

# Every set of servers that another holds.
my @redis = map { Redis->new } 1 .. 3;
for my $mask (0 .. 7) {
	my $others = 0;
	for my $i (0 .. 2) {
		$redis[$i]->call('FLUSHALL');
		next unless $mask & 1 << $i;
		$redis[$i]->call('SET', $key, 'other');
		$others++;
	}
	for my $fail_fast (0, 1) {
		my $m = holder(\@redis, fail_fast => $fail_fast);
		like($m->ask('try'), $others < 2 ? qr/^good/ : qr/^taken/,
		    "mask $mask: $others of 3, fail fast $fail_fast");
		$m->tell('unlock');
		$m->finish;
		my @left = map { $_->call('GET', $key) // 'free' } @redis;
		my @expected = map { $mask & 1 << $_ ? 'other' : 'free' } 0 .. 2;
		is("@left", "@expected", "mask $mask: nothing of ours is left")
		    unless $fail_fast;
		$redis[$_]->call('DEL', $key) for grep { !($mask & 1 << $_) } 0 .. 2;
	}
}

# A fence that one majority got is known to the next.
$_->call('FLUSHALL') for @redis;
$redis[0]->call('SET', 'belfry:{belfry}:f:m', 8_000_000_000_000_000);
my $m = holder(\@redis, value => 'mine');
is($m->ask('lock'), 'good 8000000000000001', 'the highest fence');
is($redis[2]->call('GET', 'belfry:{belfry}:f:m'), 8000000000000001, 'on all');
is($redis[1]->call('GET', $key), 'mine', 'a value of our own');

is(holder(\@redis, expiry => 5)->line, 'error a mutex lasts at least 10ms',
    'a wrong option');
done_testing();
