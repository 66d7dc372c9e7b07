#!/usr/bin/perl
# Three daemons and one Redis: N jobs due at one instant, by how many claims
# and bytes, when the last of them was claimed, against the same scripts in a raw
# loop, and how long after a host's death others do its work.
#
#   BELFRY_BUILD=build perl t/bench/cluster.pl [-n JOBS] [-r ROUNDS]
#
# The times of the cluster are the defaults; -r is for the deaths.
use strict;
use warnings;
use lib 't/lib';
use Cluster;
use Getopt::Std;
use Nemesis;
use Time::HiRes qw(sleep time);
use Web;

my %opt = (n => 5000, r => 3);
getopts('n:r:', \%opt);
$Belfry::PATIENCE = 300;
my %times = ('heartbeat' => '2s', 'session-ttl' => '10s',
    'lock-delay' => '3s');
my $stamp = "$Belfry::BUILD/t/bench/stamp";

sub median {
	my @v = sort { $a <=> $b } @_;
	return $v[@v / 2];
}

# Without a line a run in the log.
sub quiet {
	for my $d (@_) {
		$d->write('belfry.conf',
		    $d->read('belfry.conf') =~ s/log-level = debug/log-level = warn/r);
	}
}

sub traffic {
	my ($redis) = @_;
	my $info = $redis->command('INFO', 'all');
	my %of = map { split /:/, $_, 2 } grep { /^\w+:/ } split /\r\n/, $info;
	my ($calls) = ($of{cmdstat_evalsha} // '') =~ /calls=(\d+)/;
	return { in => $of{total_net_input_bytes},
	    out => $of{total_net_output_bytes}, calls => $calls // 0 };
}

# Claims a second of a raw loop over one connection, in batches of 128.
sub raw {
	my $redis = Redis->new;
	open(my $in, '-|', "$Belfry::BUILD/t/bench/bench-claim", $redis->url,
	    3, 0.3) or die "bench-claim: $!";
	my ($rate) = map { /batch 128: .* raw +(\d+)/ ? $1 : () } <$in>;
	return $rate // die "bench-claim says nothing\n";
}

# How often slots were asked for, by all.
sub asked {
	my $n = 0;
	for (@_) {
		my (undef, undef, $text) = Web->new($_)->request('GET', '/metrics');
		$n += $_ for $text =~ /^belfry_claims_total\{.*\} (\d+)$/mg;
	}
	return $n;
}

sub ready {
	my ($d) = @_;
	$d->spawn;
	$d->wait_for('it to answer', sub { eval { $d->json('nodes') } });
}

sub crowd {
	my ($n) = @_;
	my $redis = Cluster::Redis->new;
	my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)],
	    times => \%times);
	my $due = int(time) + 20 + int($n / 1000);
	my @t = gmtime $due;
	my $at = sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900,
	    $t[4] + 1, @t[3, 2, 1, 0];
	$c->node('a')->write('stamps', '');
	my $log = $c->node('a')->path('stamps');
	my $jobs = join '', map {
		"[job j$_]\nschedule = \@at $at\ncommand = $stamp $log $_\n"
	} 0 .. $n - 1;
	$_->job('due.ini', $jobs) for $c->all;
	quiet($c->all);
	ready($_) for $c->all;
	$c->settled;
	my $before = traffic($redis);
	die "too slow to load: the jobs are due\n" if time > $due;
	$c->node('a')->wait_for('all runs', sub {
		-s $log >= 16 * $n && !grep { @{ rows($_, 1) } } $c->all;
	});
	my $after = traffic($redis);
	open(my $in, '<:raw', $log) or die "$log: $!";
	my @records = do { local $/; unpack '(q<q<)*', scalar <$in> };
	my (%seen, $last);
	while (my ($ns, $id) = splice @records, 0, 2) {
		$seen{$id}++;
		$last = $ns if !$last || $ns > $last;
	}
	my @claims = sort { $a <=> $b } map { $_ / 1e3 - $due * 1e3 }
	    map { map { $_->{fence} } @{ rows($_, 0) } } $c->all;
	my $raw = 1e3 * $n / raw();
	printf "%d jobs due at once, three daemons, one Redis\n", $n;
	printf "  ran once %d, twice %d, not at all %d\n",
	    scalar(grep { $_ == 1 } values %seen),
	    scalar(grep { $_ > 1 } values %seen), $n - keys %seen;
	for my $ms (50, 100, 200) {
		printf "  claimed after %d ms: %d\n", $ms,
		    scalar(grep { $_ <= $ms } @claims);
	}
	printf "  last claim %.0f ms after due, %.1f times a raw loop of the "
	    . "script (%.0f ms)\n", $claims[-1], $claims[-1] / $raw, $raw;
	printf "  last start %.0f ms after due: %.0f runs/s\n",
	    $last / 1e6 - $due * 1e3, $n / ($last / 1e9 - $due);
	printf "  a slot was asked for %.2f times\n", asked($c->all) / $n;
	printf "  a fire: %.2f round trips, %.0f bytes to Redis, %.0f back\n",
	    map { ($after->{$_} - $before->{$_}) / $n } qw(calls in out);
	$_->stop for $c->all;
}

# Runs of a daemon: all, or those that have not ended.
sub rows {
	my ($d, $open) = @_;
	my ($status, $out, $err) = $d->command('sqlite3', '-json', '-readonly',
	    '-cmd', '.timeout 5000', $d->path('state/belfry.db'),
	    'select fence from runs' . ($open ? ' where outcome is null' : ''));
	die "rows: $err" if $status;
	return JSON::PP->new->decode($out || '[]');
}

# ms by which the slots that a host would have had start late elsewhere after
# its death, and until its lost run runs again.
sub death {
	my @ticks = map { "tick$_" } 1 .. 8;
	my $n = Nemesis->new(nodes => [qw(a b c)], times => \%times, jobs => {
		(map { $_ => { schedule => '* * * * * *', ms => 10 } } @ticks),
		long => { schedule => '*/30 * * * * *', ms => 25_000,
		    guarantee => 'at-least-once' },
	});
	quiet($n->all);
	ready($_) for $n->all;
	$n->settled;
	my ($long, $again);
	$n->wait_for('a long run', sub { ($long) = $n->runs('long') });
	my $victim = $long->{node};
	my @had = grep { ($n->runs($_))[-1]{node} eq $victim } @ticks;
	my ($killed, $wall) = (Nemesis::monotonic(), time * 1000);
	$n->kill_node($victim);
	$n->wait_for('it to run again', sub {
		($again) = grep { $_->{attempt} == 2 } $n->runs('long');
	});
	my @next;
	for my $job (@had) {
		my ($run) = grep { $_->{slot} > $wall } $n->runs($job);
		push @next, $run->{real} / 1e3 - $run->{slot};
	}
	kill 'KILL', $n->pids_of($_) for qw(a b c);
	return { again => ($again->{begin} - $killed) / 1e3, next => \@next };
}

crowd($opt{n});
my @deaths = map { death() } 1 .. $opt{r};
printf "a host dies, medians of %d\n", scalar @deaths;
my @next = map { @{ $_->{next} } } @deaths;
printf "  a slot of its own starts elsewhere %.0f ms after it is due\n",
    median(@next) if @next;
printf "  its at-least-once run starts again after %.1f s\n",
    median(map { $_->{again} } @deaths) / 1e3;
