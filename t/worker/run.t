# A run from launch to result: outcome, codes, times, messages.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new;
my $r;

$r = $d->run(arg => ["true"]);
is($r->{outcome}, "success", "true succeeds");
is($r->{reason}, "", "without a reason");
is($r->{exit_code}, 0, "exit code 0");
is($r->{signal}, 0, "no signal");
is($r->{output_bytes}, 0, "no output");
cmp_ok($r->{started_us}, ">", 1e15, "has a start");
cmp_ok($r->{finished_us}, ">=", $r->{started_us}, "has an end after it");
my $started = $d->wait_for("started", $r->{run});
is($started->{started_us}, $r->{started_us}, "RUN_STARTED has the same start");
cmp_ok($started->{pid}, ">", 1, "and the job's pid");

my $state = $d->state($r->{run});
is($state->{state}, "done", "the run file is done");
ok(!$state->{locked}, "and free");
is_deeply([@$state{qw(outcome exit_code started_us finished_us)}],
    [@$r{qw(outcome exit_code started_us finished_us)}],
    "and has the same result");

$r = $d->run(arg => ["sh", "-c", "exit 3"]);
is_deeply([@$r{qw(outcome exit_code signal reason)}],
    ["failure", 3, 0, "exited with code 3"], "exit 3 is a failure");

$r = $d->run(arg => ["sh", "-c", "exit 3"], success => [3, 255]);
is_deeply([@$r{qw(outcome exit_code reason)}], ["success", 3, ""],
    "unless 3 is a success code");

$r = $d->run(arg => ["sh", "-c", 'kill -USR1 $$']);
is_deeply([@$r{qw(outcome exit_code signal reason)}],
    ["failure", -1, 10, "killed by signal USR1"], "a signal is a failure");

$r = $d->run(arg => ["sh", "-c", "sleep 0.3"]);
cmp_ok($r->{duration_us}, ">=", 300_000, "duration is measured");
cmp_ok($r->{duration_us}, "<", 3_000_000, "sensibly");
is($d->wait_for("started", $r->{run})->{started_us}, $r->{started_us},
    "a longer job is told of at its start");

$r = $d->run(arg => ["sh", "-c",
	'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done']);
cmp_ok($r->{cpu_us}, ">", 10_000, "CPU time is measured");
cmp_ok($r->{cpu_us}, "<=", $r->{duration_us} + 20_000, "sensibly");

$r = $d->run(arg => ["perl", "-e", 'my $x = "x" x 50_000_000']);
cmp_ok($r->{max_rss_kb}, ">", 40_000, "peak memory is measured");

$r = $d->run(arg => ["true"], refusal => "no user \"nemo\"");
is_deeply([@$r{qw(outcome exit_code reason started_us)}],
    ["launch-failed", -1, 'no user "nemo"', 0],
    "what the master refuses is told as it says");
ok(!$d->has("started", $r->{run}), "and was never started");

my $id = $d->launch(arg => ["sleep", "30"]);
my $pid = $d->wait_for("started", $id)->{pid};
$state = $d->state($id);
is($state->{state}, "started", "while it runs the file is started");
is($state->{pid}, $pid, "and has the pid");
ok($state->{locked}, "and is locked");
$d->line("kill", $id, 1);
$d->wait_for("done", $id);

for my $n (1 .. 50) {
	$d->launch(id => "many$n", arg => ["sh", "-c", "exit $n"]);
}
my $good = 0;
for my $n (1 .. 50) {
	$good++ if $d->wait_for("done", "many$n")->{exit_code} == $n;
}
is($good, 50, "50 at once end each with its own result");

$d->finish;
done_testing;
