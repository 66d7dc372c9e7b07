# The cluster's protocol under faults: no seed with a slot that starts twice;
# and with any guard of the scripts left out, one that does go wrong.
#
# BELFRY_SEEDS  how many seeds (default 100,000: two minutes; with sanitizers
#               1,000; a change of the protocol wants four times as many)
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use Test::More;

my $build = abs_path($ENV{BELFRY_BUILD} // 'build');
my $model = "$build/t/unit/cluster/cluster-model";
my $scripts = "$FindBin::Bin/../../master/cluster/scripts";
my $options = `meson introspect --buildoptions '$build'`;

# With sanitizers a seed takes ten times as long.
my $seeds = $ENV{BELFRY_SEEDS}
    // ($options =~ /"b_sanitize", "value": "none"/ ? 100_000 : 1_000);
$seeds += $seeds % 2;
note("$seeds seeds");

# Two at a time: there are two cores.
my @halves = map {
	open(my $out, '-|', $model, $scripts, $seeds / 2, 1 + $_ * $seeds / 2)
	    or die "$model: $!";
	$out;
} 0, 1;
for my $half (@halves) {
	my $said = do { local $/; <$half> };
	ok(close($half), 'seeds') or diag($said);
}

# From where one is soon found; it is rare that a start too many shows.
my %first = (marker => 4001, start => 35001, incarnation => 1, 'claim-id' => 1);
for my $guard (sort keys %first) {
	my $said = `$model $scripts 4000 $first{$guard} $guard`;
	is($?, 0, "without $guard something is wrong") or diag($said);
}
done_testing();
