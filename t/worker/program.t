# belfry-worker as a program: what it is made of, and called by hand.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $worker = "$Drive::BUILD/worker/belfry-worker";
my @needed = grep { /NEEDED/ } `readelf -d $worker`;
my @strange = grep { !/\[(libc|libasan|libubsan|libm|libgcc_s)\.so/ } @needed;
is("@strange", "", "needs no library but libc");

my $text = `$worker 2>&1 3<&-`;
is($? >> 8, 2, "by hand it refuses");
like($text, qr/^belfry-worker: belfryd starts this program/, "and says so");

is(`nm -C $worker 2>/dev/null | grep -c ' [TW] event_base_new\$'` + 0, 0,
    "no event library in it");

# Its sister has the libraries, loaded once.
$worker .= "-lib";
like(join("", `readelf -d $worker`), qr/NEEDED.*\[libcurl\.so/,
    "belfry-worker-lib has libcurl");
$text = `$worker 2>&1 3<&-`;
is($? >> 8, 2, "and refuses by hand, too");

done_testing;
