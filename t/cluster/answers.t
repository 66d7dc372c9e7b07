#!/usr/bin/perl
# The answer to a claim is lost, and others go on: whoever had the slot gets to
# know, so that somebody records it.
use strict;
use warnings;
use Belfry;
use Cluster;
use IPC::Open2;
use Proxy;
use Test::More;
use Time::HiRes qw(time);

my $redis = Cluster::Redis->new;
my $proxy = Proxy->new;
my $d = Belfry->new; # for its patience
local @ENV{qw(HEARTBEAT TTL LOCK_DELAY)} = (500, 60_000, 300);

# A host without jobs (host.c), and what it says.
sub host {
	my ($node, $former) = @_;
	my %host = (node => $node, heard => []);
	$host{port} = $proxy->add($node . ($former // ''), $redis->{port});
	$host{link} = $node . ($former // '');
	$host{pid} = open2($host{out}, $host{in},
	    "$Belfry::BUILD/t/cluster/cluster-host", 't', $node, $former // '',
	    "redis://127.0.0.1:$host{port}");
	say_to(\%host, 'start');
	$host{session} = hear(\%host, qr/^joined (\S+)/);
	return \%host;
}

sub say_to { my ($host, @words) = @_; syswrite $host->{in}, "@words\n" }

# Waits for a line like that; what it has in brackets. Others are kept.
sub hear {
	my ($host, $like) = @_;
	local $SIG{ALRM} = sub { die "$host->{node} did not say $like\n" };
	alarm 30;
	for (my $i = 0;; $i++) {
		$host->{heard}[$i] //= readline $host->{out}
		    // die "$host->{node} is gone\n";
		next unless my ($word) = $host->{heard}[$i] =~ $like;
		splice @{ $host->{heard} }, $i, 1;
		alarm 0;
		return $word;
	}
}

sub claim {
	my ($host, $id, $job, $slot, $flags) = @_;
	say_to($host, 'claim', $id, $job, $slot, $flags);
	return hear($host, qr/^claim $id (\S+)/) if defined wantarray;
}

# Asks, and Redis does it, but nothing comes back; then the link is cut.
sub claim_unheard {
	my ($host, $id, $job, $slot, $flags) = @_;
	$proxy->set($host->{link}, 'down', 'drop');
	claim($host, $id, $job, $slot, $flags);
	$d->wait_for("$id to be granted", sub {
		($redis->command('HGET', "belfry:{t}:j:$job", 'c') // '') eq $id;
	});
	$proxy->cut($host->{link});
}


my ($a, $b) = map { host($_) } 'a', 'b';
# What came before the cluster was born is nobody's.
my $born = $redis->command('HGET', 'belfry:{t}:i', 's');
$d->wait_for('its first slots', sub { time * 1000 > $born + 100 });
my $slot = int(time * 1000);

# It was granted.
is(claim($b, 'c0', 'j', $slot - 50, '-'), 'won', 'the first slot');
claim_unheard($a, 'c1', 'j', $slot - 40, '-');
is(claim($b, 'c2', 'j', $slot - 30, '-'), 'won', 'another has a later one');
$proxy->open($a->{link});
is(hear($a, qr/^claim c1 (\S+)/), 'lapsed', 'what was granted is not started');
say_to($a, 'finish', 'c1');
is(hear($a, qr/^finished c1 (\S+)/), 'ended', 'it is recorded');

# It was skipped, for another run was in progress.
is(claim($b, 'k0', 'k', $slot - 50, 's'), 'won', 'no overlap');
claim_unheard($a, 'k1', 'k', $slot - 40, 's');
is(claim($b, 'k2', 'k', $slot - 30, 's'), 'skipped', 'another skips, too');
$proxy->open($a->{link});
is(hear($a, qr/^claim k1 (\S+)/), 'skipped', 'and this one gets to know');
say_to($a, 'finish', 'k1');
is(hear($a, qr/^finished k1 (\S+)/), 'ended', 'it is recorded');

# It is given back, too late for others.
is(claim($a, 'c3', 'j', $slot - 20, '-'), 'won', 'a third slot');
is(claim($b, 'c4', 'j', $slot - 10, '-'), 'won', 'and another');
say_to($a, 'reopen', 'c3');
is(hear($a, qr/^owed j (.*)/), $slot - 20 . ' missed', 'it is to be recorded');

# Its host is killed before it could record it, and comes back.
is(claim($a, 'k3', 'k', $slot - 20, 's'), 'skipped', 'one more is skipped');
kill 'KILL', $a->{pid};
waitpid $a->{pid}, 0;
my $again = host('a', $a->{session});
is(hear($again, qr/^owed k (.*)/), $slot - 20 . ' skipped',
    'the next daemon records it');
$d->wait_for('nothing to be left', sub {
	!@{ $redis->command('KEYS', "belfry:{t}:r:$again->{session}") };
});

say_to($_, 'quit') for $again, $b;
waitpid $_->{pid}, 0 for $again, $b;
done_testing;
