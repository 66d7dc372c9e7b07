# Output: order, bytes, bounds, a disk that is full.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new;
my ($r, $text, $gap);

$r = $d->run(arg => ["sh", "-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2"]);
is($d->output($r->{run}), "1\n2\n3\n4\n", "both streams in order");
is($r->{output_bytes}, 8, "counted");
is($r->{dropped_bytes}, 0, "none dropped");

my $all = join "", map { chr } 0 .. 255;
Drive::spew("$d->{dir}/bytes", $all x 100);
$r = $d->run(arg => ["cat", "$d->{dir}/bytes"]);
ok($d->output($r->{run}) eq $all x 100, "any byte");

my $size = 200 * 1024 * 1024;
$r = $d->run(arg => ["$Drive::JOBS/flood", $size], limit => 1 << 20);
is($r->{outcome}, "success", "200 MB do not hurt");
is($r->{output_bytes}, $size, "all were read");
is($r->{dropped_bytes}, $size - (1 << 20), "the limit was kept");
($text, $gap) = $d->output($r->{run});
is($gap, $size - (1 << 20), "the reader sees the gap");
ok($text eq join("", map { sprintf "%015d\n", $_ } 0 .. 32767,
	$size / 16 - 32768 .. $size / 16 - 1), "first and last half");
cmp_ok(-s "$d->{runs}/" . substr($r->{run}, -3), "<", (1 << 20) + 8192, "the file is small");

for my $limit (0, 1, 2, 17) {
	$r = $d->run(arg => ["printf", "0123456789abcdef" x 2], limit => $limit);
	my $head = int($limit / 2);
	my $want = substr("0123456789abcdef" x 2, 0, $head);
	$want .= substr("0123456789abcdef" x 2, $head - $limit) if $limit;
	is($d->output($r->{run}), $want, "limit $limit");
	is($r->{dropped_bytes}, 32 - $limit, "dropped");
}

my $id = $d->launch(arg => ["sh", "-c", "echo now; sleep 60"]);
ok(Drive::until_true(sub { $d->output($id) eq "now\n" }),
    "output can be read while the job runs");
$d->line("kill", $id, 1);
$d->wait_for("done", $id);

$r = $d->run(arg => ["cat"], stdin => "one\ntwo\x00\xff");
is($d->output($r->{run}), "one\ntwo\x00\xff", "stdin is what the job says");
$r = $d->run(arg => ["cat"]);
is($d->output($r->{run}), "", "or empty");
$r = $d->run(arg => ["sh", "-c", "cat; echo end"], stdin => "");
is($d->output($r->{run}), "end\n", "or text of no length");
$r = $d->run(arg => ["sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 5"]);
is($r->{exit_code}, 5, "a job may close its output and go on");

$d->finish;

SKIP: {
	skip "needs root to mount a small disk", 6 if $> != 0;
	my $dir = File::Temp::tempdir(CLEANUP => 1);
	system("mount", "-t", "tmpfs", "-o", "size=64k", "belfry-test", $dir) == 0
	    or skip "cannot mount", 6;
	$d = Drive->new(runs => $dir);
	$r = $d->run(arg => ["$Drive::JOBS/flood", 1 << 20]);
	is($r->{outcome}, "success", "a full disk does not fail the run");
	is($r->{reason}, "output lost: No space left on device", "but is told");
	is($r->{output_bytes}, 1 << 20, "all was read");
	cmp_ok($r->{dropped_bytes}, ">", 900_000, "and what is lost counted");
	my $kept = (1 << 20) - $r->{dropped_bytes};
	$text = $d->output($r->{run});
	my $want = join "", map { sprintf "%015d\n", $_ } 0 .. 65535;
	ok(length($text) >= $kept && $text eq substr($want, 0, length $text),
	    "what is kept is right");
	is($d->state($r->{run})->{state}, "done", "the result is in the file");
	$d->finish;
	system("umount", $dir);
}

done_testing;
