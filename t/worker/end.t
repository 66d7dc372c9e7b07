# Time-out and requests to kill: the whole tree ends, whatever it does.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time);
use Drive;

my $d = Drive->new;
my ($r, $id, $begin);

$begin = time;
$r = $d->run(arg => ["sleep", "60"], timeout => 200);
is_deeply([@$r{qw(outcome exit_code signal reason)}],
    ["timeout", -1, 15, "timed out after 200ms"], "a time-out");
cmp_ok(time - $begin, "<", 5, "in time");

$r = $d->run(arg => ["sh", "-c", "trap 'exit 0' TERM; sleep 60 & wait"],
    timeout => 300);
is_deeply([@$r{qw(outcome exit_code)}], ["timeout", 0],
    "a time-out stays one when the job then exits 0");

$r = $d->run(arg => ["$Drive::JOBS/ignore-term"], timeout => 200, grace => 300);
is_deeply([@$r{qw(outcome signal)}], ["timeout", 9],
    "deaf to TERM: SIGKILL after the grace");
cmp_ok($r->{duration_us}, ">=", 490_000, "not before");

$r = $d->run(arg => ["$Drive::JOBS/ignore-term"], timeout => 100, grace => 0);
is_deeply([@$r{qw(outcome signal)}], ["timeout", 9], "no grace: at once");

$r = $d->run(arg => ["sh", "-c", "trap 'exit 9' USR1; sleep 60 & wait"],
    timeout => 300, signal => 10);
is_deeply([@$r{qw(outcome exit_code)}], ["timeout", 9],
    "kill-signal is what is sent");

$r = $d->run(arg => ["$Drive::JOBS/stop-self"], timeout => 200);
is_deeply([@$r{qw(outcome exit_code)}], ["timeout", 7],
    "a stopped process gets to see its TERM");
is($d->output($r->{run}), "TERM\n", "and may still write");

my %why = (1 => "killed by operator", 2 => "killed at shutdown",
    3 => "replaced by a newer run",
    4 => "its lease was lost: other hosts take this one for dead", 77 => "killed on request");
for my $why (sort keys %why) {
	$id = $d->launch(arg => ["sleep", "60"]);
	$d->wait_for("started", $id);
	$d->line("kill", $id, $why);
	$r = $d->wait_for("done", $id);
	is_deeply([@$r{qw(outcome signal reason)}], ["killed", 15, $why{$why}],
	    "RUN_KILL $why");
}

$id = $d->launch(arg => ["$Drive::JOBS/ignore-term"], grace => 200);
$d->wait_for("started", $id);
Drive::until_true(sub { $d->output($id) eq "ready\n" });
$d->line("kill", $id, 1);
$d->line("kill", $id, 2);
$r = $d->wait_for("done", $id);
is_deeply([@$r{qw(outcome signal reason)}], ["killed", 9, "killed by operator"],
    "the first reason stands");

$id = $d->launch(arg => ["sh", "-c", 'echo $PPID; exec sleep 60']);
$d->wait_for("started", $id);
my $worker = Drive::until_true(sub { $d->output($id) =~ /(\d+)/ && $1 });
like(Drive::slurp("/proc/$worker/comm"), qr/^run:job$/, "a worker has a title");
kill "HUP", $worker;
kill "INT", $worker;
select undef, undef, undef, 0.1;
ok(Drive::alive($worker), "HUP and INT are nothing to a worker");
kill "TERM", $worker;
$r = $d->wait_for("done", $id);
is_deeply([@$r{qw(outcome reason)}], ["killed", "killed at shutdown"],
    "TERM to a worker ends its run");

$id = $d->launch(arg => ["sleep", "60"]);
$d->wait_for("started", $id);
$d->line("garble", $id);
$r = $d->wait_for("hello", $id);
ok($r, "a worker that was sent rubbish comes again by the socket");
$d->line("kill", $id, 1);
is($d->wait_for("done", $id)->{outcome}, "killed", "and can be killed");

$d->finish;
done_testing;
