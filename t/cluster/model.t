# The cluster's protocol under faults: 100,000 seeds without a slot that starts
# twice; and with any guard of the scripts left out, one that does go wrong.
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
my $seeds = $options =~ /"b_sanitize", "value": "none"/ ? 100_000 : 4_000;

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

for my $guard ('marker', 'start', 'incarnation', 'claim-id') {
	my $said = `$model $scripts 4000 1 $guard`;
	is($?, 0, "without $guard something is wrong") or diag($said);
}
done_testing();
