#!/usr/bin/perl
# Claims a second over one connection to a redis-server of its own, by belfry
# and by the script alone.
#
#   perl t/bench/claim.pl [ROUNDS [SECONDS]]
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Redis;

my $build = $ENV{BELFRY_BUILD} // 'build-bench';
my $redis = Redis->new;
system("$build/t/bench/bench-claim", $redis->url, @ARGV) == 0
    or die "bench-claim failed\n";
