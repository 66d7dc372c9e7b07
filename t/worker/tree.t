# What a job leaves behind is found and ended, however it hides.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use Drive;

my $d = Drive->new;
my ($r, $pid, $id, $begin);

$begin = time;
$r = $d->run(arg => ["$Drive::JOBS/leave-daemon"], grace => 300);
is_deeply([@$r{qw(outcome exit_code reason)}],
    ["success", 0, "left 1 process behind, ended"],
    "a daemon left behind is ended, the outcome stays");
($pid) = $d->output($r->{run}) =~ /(\d+)/;
ok(!Drive::alive($pid), "it is dead");

$r = $d->run(arg => ["$Drive::JOBS/leave-daemon", "hold"], grace => 300);
is_deeply([@$r{qw(outcome exit_code reason)}],
    ["success", 0, "left 1 process behind, ended"],
    "also one that holds the output open");
($pid) = $d->output($r->{run}) =~ /(\d+)/;
ok(!Drive::alive($pid), "it is dead");
cmp_ok($r->{duration_us}, ">", 1_200_000, "after a moment and its grace");
cmp_ok(time - $begin, "<", 10, "but soon");

$r = $d->run(arg => ["sh", "-c", "(sleep 0.3; echo late) & exit 4"]);
is_deeply([@$r{qw(outcome exit_code reason)}],
    ["failure", 4, "exited with code 4"],
    "a child that soon ends by itself is waited for");
is($d->output($r->{run}), "late\n", "and its output taken");

$r = $d->run(arg => ["sh", "-c",
	"sleep 60 >/dev/null 2>&1 & sleep 61 >/dev/null 2>&1 & exit 1"]);
is_deeply([@$r{qw(outcome reason)}],
    ["failure", "exited with code 1; left 2 processes behind, ended"],
    "two left behind");

$begin = time;
$r = $d->run(arg => ["true"]);
cmp_ok($r->{duration_us}, "<", 900_000, "a clean end waits for nothing");

$id = $d->launch(arg => ["$Drive::JOBS/thread-child"], timeout => 500,
    grace => 200);
$r = $d->wait_for("done", $id);
is($r->{outcome}, "timeout", "a job with threads times out");
($pid) = $d->output($id) =~ /(\d+)/;
ok($pid && !Drive::alive($pid), "a child of its second thread is dead");

SKIP: {
	skip "needs root, for a user with a limit", 3 if $> != 0;
	$id = $d->launch(arg => ["$Drive::JOBS/comet"], uid => 54323,
	    gid => 54323, timeout => 300, grace => 100);
	$r = $d->wait_for("done", $id);
	is_deeply([@$r{qw(outcome signal)}], ["timeout", 9],
	    "a chain of forks is caught");
	$id = $d->launch(arg => ["$Drive::JOBS/bomb", "150"], uid => 54321,
	    gid => 54321, timeout => 500, grace => 200);
	$r = $d->wait_for("done", $id);
	is($r->{outcome}, "timeout", "a fork bomb ends");
	my $left = grep { my $s = Drive::slurp("/proc/$_/status") // "";
		$s =~ /^Uid:\s+5432[13]/m } map { m{/(\d+)$} } glob("/proc/[0-9]*");
	is($left, 0, "with all that it forked");
}

# Zombies of orphans are reaped while the job runs.
$r = $d->run(arg => ["sh", "-c", 'for i in 1 2 3 4 5 6 7 8 9 10; do
    (true &) ; done; sleep 0.3
    cat /proc/$PPID/task/$PPID/children | wc -w']);
is($d->output($r->{run}) + 0, 1, "no zombies gather under the worker");

$d->finish;
done_testing;
