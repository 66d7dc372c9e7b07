#!/usr/bin/perl
# N jobs due at one instant: how late they start and how fast they are
# launched, by belfryd and by the raw loops, in turn, in the same rounds.
#
#   BELFRY_BUILD=build perl t/bench/due.pl [-c] [-n JOBS] [-r ROUNDS] [-o TIMES]
#
# With -c also by belfryd as the one host of a cluster, which claims each slot
# in Redis first. With -o the daemon lives for so many instants, one a second, and all but the
# first count. Prints medians over the rounds, and the ratios to the raw loops.
use strict;
use warnings;
use lib 't/lib';
use Belfry;
use Getopt::Std;
use Redis;
use Time::HiRes qw(sleep time);

my %opt = (n => 1000, r => 5, o => 1);
getopts('cn:r:o:', \%opt);
my ($n, $rounds, $times) = @opt{qw(n r o)};
my $stamp = "$Belfry::BUILD/t/bench/stamp";
my $raw = "$Belfry::BUILD/t/bench/rawsched";
my %samples;

sub median {
	my @v = sort { $a <=> $b } @_;
	return $v[@v / 2];
}

# What the stamps say: p50, p99, max in ms, launches a second.
sub measure {
	my ($log, $due, $name) = @_;
	open(my $in, '<', $log) or die "$log: $!";
	binmode $in;
	local $/;
	my @records = unpack '(q<q<)*', scalar <$in> // '';
	my (@late, %seen);
	while (my ($ns, $id) = splice @records, 0, 2) {
		my $slot = $times == 1 ? $due : int($ns / 1e9);
		next if $slot < $due;
		push @late, ($ns - $slot * 1e9) / 1e6;
		$seen{"$id $slot"}++;
	}
	@late = sort { $a <=> $b } @late;
	my $want = $times > 1 && $name !~ /^(?:vfork|worker)$/ ? $n * ($times - 1) : $n;
	my $lost = $want - keys %seen;
	my $twice = grep { $_ > 1 } values %seen;
	print "  $name: lost $lost, twice $twice\n" if $lost || $twice;
	push @{ $samples{$name}{p50} }, $late[@late / 2];
	push @{ $samples{$name}{p99} }, $late[int(@late * 0.99)];
	push @{ $samples{$name}{max} }, $late[-1];
	push @{ $samples{$name}{rate} }, 1000 * @late / ($late[-1] || 1);
}

sub wait_for_stamps {
	my ($log, $count) = @_;
	my $end = time + 120;
	sleep 0.05 while -s $log < 16 * $n * $count && time < $end;
	sleep 0.3;
}

sub belfry_round {
	my ($name, $redis) = @_;
	my $d = Belfry->new(conf => "log-level = error\n"
	    . ($redis ? "[cluster]\nredis = " . $redis->url . "\n" : ''));
	# Later keys of a section are errors: the log level is set once.
	my $conf = $d->read('belfry.conf') =~ s/log-level = debug\n//r;
	$d->write('belfry.conf', $conf);
	my $log = $d->path('stamps');
	$d->write('stamps', '');
	my $due = int(time) + 4 + int($n / 20000);
	my $at = join ',', map {
		my @t = gmtime($due + $_);
		sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900,
		    $t[4] + 1, @t[3, 2, 1, 0];
	} 0 .. $times - 1;
	$d->job('due.ini', join '', map {
		"[job j$_]\nschedule = \@at $at\ncommand = $stamp $log $_\n"
	} 0 .. $n - 1);
	$d->spawn;
	wait_for_stamps($log, $times);
	measure($log, $due + ($times > 1), $name);
	$d->stop('TERM');
}

sub raw_round {
	my ($mode) = @_;
	my $dir = File::Temp::tempdir(CLEANUP => 1);
	my $log = "$dir/stamps";
	open(my $out, '>', $log);
	close $out;
	my $due = int(time) + 2;
	system($raw, $n, $due, $stamp, $log, $mode, 2) == 0 or die "$raw: $?";
	measure($log, $due, $mode);
}

for my $round (1 .. $rounds) {
	belfry_round('belfry');
	belfry_round('claimed', Redis->new) if $opt{c};
	raw_round('vfork');
	raw_round('worker');
}
printf "%d jobs due at once, medians of %d rounds\n", $n, $rounds;
printf "%-8s %10s %10s %10s %12s\n", '', 'p50 ms', 'p99 ms', 'max ms',
    'launches/s';
for my $name (qw(belfry claimed vfork worker)) {
	next unless $samples{$name};
	printf "%-8s %10.2f %10.2f %10.2f %12.0f\n", $name,
	    map { median(@{ $samples{$name}{$_} }) } qw(p50 p99 max rate);
}
for my $name (qw(vfork worker)) {
	printf "belfry / raw %s: p50 %.2f, p99 %.2f, rate %.2f\n", $name,
	    map { median(@{ $samples{belfry}{$_} })
		/ (median(@{ $samples{$name}{$_} }) || 1) } qw(p50 p99 rate);
}
printf "with a claim: p50 %+.2f ms, rate %.2f of that without\n",
    median(@{ $samples{claimed}{p50} }) - median(@{ $samples{belfry}{p50} }),
    median(@{ $samples{claimed}{rate} }) / median(@{ $samples{belfry}{rate} })
    if $opt{c};
