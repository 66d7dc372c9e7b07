#!/usr/bin/perl
# A test of the tests: each guard of the cluster is left out once, and the
# checker, which is content with the whole, must say what goes wrong.
use strict;
use warnings;
use Nemesis;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless -x Nemesis::without('marker');

# The answer to a claim is lost: who asks again has it already.
sub claim_id {
	my ($n) = @_;
	$n->proxy->lose("${_}0", $n->sha('claim')) for qw(a b);
	$n->wait_for('answers to be lost', sub {
		2 == grep { $n->proxy->count("${_}0") > 0 } qw(a b);
	});
}

# Another data set takes the place of this one: the same sessions, but nobody
# has claimed anything. The host behind the first is slow to ask.
sub marker {
	my ($n) = @_;
	my ($run) = reverse $n->runs('once');
	my ($slow) = grep { $_ ne $run->{node} } qw(a b);
	$n->proxy->set("${slow}0", 'up', 'pass', 300);
	my $had = $n->runs('once');
	$n->wait_for('a run', sub { $n->runs('once') > $had });
	$n->redis->command('EVAL', <<'END', 0);
redis.call('HSET', 'belfry:{t}:i', 'm', '1.another')
redis.call('DEL', 'belfry:{t}:j:once')
END
	my $time = time * 1000;
	$n->wait_for('the next run', sub {
		grep { $_->{slot} > $time } $n->runs('once');
	});
}

# Holds back what a host says to start a run: true when it has, to all servers,
# false when another runs the slot.
sub about_to_start {
	my ($n, $name) = @_;
	my $had = $n->runs('once');
	my $caught = 0;
	$n->proxy->catch("$name$_", $n->sha('start')) for 0 .. 2;
	$n->wait_for('it to be about to start, or another to run', sub {
		$caught = grep { $n->proxy->count("$name$_") } 0 .. 2;
		return $caught == 3 || $n->runs('once') > $had;
	});
	return $caught == 3;
}

# A host stops between its claim and the start of it, which goes on its way
# when another host has run the slot.
sub start {
	my ($n) = @_;
	my ($run) = reverse $n->runs('once');
	my $name = $run->{node};
	# Where a server is not ready at that moment it never is.
	until (about_to_start($n, $name)) {
		$n->proxy->open("$name$_") for 0 .. 2;
		$n->wait_servers;
	}
	my $had = $n->runs('once');
	my @pids = $n->signal_roles('STOP', $name, 'master');
	$n->wait_for('the other to run it', sub { $n->runs('once') > $had });
	$n->proxy->open("$name$_") for 0 .. 2;
	kill 'CONT', @pids;
}

# A second daemon of the same name, in the middle of runs of the first: it
# knows nothing of those, and a third host may have their next slot.
sub incarnation {
	my ($n) = @_;
	my $had = $n->runs('long1');
	$n->wait_for('a run', sub { $n->runs('long1') > $had });
	my $other = $n->node('c');
	$n->kill_node('c') if $other->{pid};
	$other->write('log', '');
	$n->conf('c', '');
	my $text = $other->read('belfry.conf');
	$text =~ s/^node-name = c$/node-name = a/m;
	$other->write('belfry.conf', $text);
	local $Belfry::DAEMON = Nemesis::without($n->{without})
	    if $n->{without};
	$other->spawn;
	$n->wait_for('it to be refused, or not', sub {
		$other->log =~ /joined as node a|has the node name a/;
	});
	# It may have gone on without Redis, and would come again.
	$n->{refused} = $other->log =~ /has the node name a/;
	$n->kill_node('c') if $n->{refused};
	my $time = time * 1000;
	$n->wait_for('the next run', sub {
		grep { $_->{slot} > $time } $n->runs('long1');
	});
}

my %scenario = (
	'claim-id' => [\&claim_id, qr/^(?:missed|silent-miss)/m, jobs => { once =>
	    { schedule => '*/4 * * * * *', deadline => 2, sure => 1 } }],
	'marker' => [\&marker, qr/^duplicate/m, jobs => {
	    once => { schedule => '*/2 * * * * *', deadline => 1 } }],
	'start' => [\&start, qr/^duplicate/m, servers => 3,
	    times => { 'heartbeat' => '1s', 'session-ttl' => '15s' },
	    jobs => { once => { schedule => '*/10 * * * * *', deadline => 5 } }],
	'incarnation' => [\&incarnation, qr/^overlap/m,
	    jobs => { map { ("long$_" => { schedule => '*/4 * * * * *',
		ms => 6000, overlap => 'skip', keys => "place = spread\n" })
	    } 1 .. 16 }],
);

for my $guard (@ARGV ? @ARGV : sort keys %scenario) {
	my ($happens, $wrong, %more) = @{ $scenario{$guard} };
	for my $without (undef, $guard) {
		my @nodes = $guard eq 'incarnation' ? qw(a b c) : qw(a b);
		my $n = Nemesis->new(nodes => [@nodes], without => $without,
		    %more);
		@{ $n->{order} } = qw(a b);
		$n->start;
		my ($job) = keys %{ $n->{jobs} };
		$n->wait_for('a run', sub { scalar $n->runs($job) });
		local $Belfry::PATIENCE = 8 if $without;
		my $found;
		# Whether two hosts meet there is chance, without the guard.
		for (1 .. ($without ? 8 : 1)) {
			{
				local $Belfry::PATIENCE = 30;
				$happens->($n);
			}
			# Who is refused is no host, and its word counts for nothing.
			local $n->{order} = $n->{refused} ? [qw(a b)] : \@nodes;
			$found = join "\n", $n->problems;
			last if $found =~ $wrong;
		}
		if ($without) {
			like($found, $wrong, "without $guard it is seen");
		} else {
			is($found, '', "nothing is wrong with $guard");
		}
		if ($ENV{BELFRY_LOGS}) {
			diag "== $_", $n->node($_)->log for @nodes;
			diag join "\n", $n->lines;
		}
		kill 'KILL', $n->pids_of($_) for @nodes;
	}
}
done_testing;
