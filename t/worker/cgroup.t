# A control group for a run: entered, killed, removed, and what it tells.
# Where there is no controller the files are fakes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use Test::More;
use Drive;

my ($d, $r, $id);

# A base with files as the kernel would make them for these runs.
sub fake {
	my ($controllers, %runs) = @_;
	my $base = tempdir("belfry-cgroup-XXXXXX", TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $base;
	Drive::spew("$base/cgroup.subtree_control", "$controllers\n");
	for my $run (keys %runs) {
		mkdir "$base/run-$run";
		my %file = ("cgroup.procs" => "", "cgroup.kill" => "",
		    "memory.max" => "", "memory.oom.group" => "",
		    "pids.max" => "", "memory.events" => "oom_kill 0\n",
		    "pids.events" => "max 0\n", %{ $runs{$run} });
		Drive::spew("$base/run-$run/$_", $file{$_}) for keys %file;
	}
	return $base;
}

my @user = $> == 0 ? (uid => 54324, gid => 54324) : ();
my $base = fake("cpu memory pids", "fake-001" => {}, "fake-002" => {
	"memory.swap.max" => "",
	"memory.events" => "oom 3\noom_kill 1\noom_group_kill 1\n",
	"pids.events" => "max 7\n" }, "fake-005" => {});
$d = Drive->new(cgroup => $base);
is_deeply([map { Drive::slurp("$base/run-fake-00$_/cgroup.kill") } 1, 2, 5],
    [1, 1, 1], "at start, what has no worker is killed");
Drive::spew("$base/run-fake-00$_/cgroup.kill", "") for 1, 2, 5;
my $show = "$Drive::JOBS/show-self";
$r = $d->run(id => "fake-001", arg => [$show], memory => 64 << 20,
    processes => 12);
is($r->{outcome}, "success", "a run in a group");
is($r->{reason}, "", "that tells nothing");
is(Drive::slurp("$base/run-fake-001/memory.max"), 64 << 20, "memory.max");
is(Drive::slurp("$base/run-fake-001/memory.oom.group"), "1",
    "killed as a whole");
is(Drive::slurp("$base/run-fake-001/pids.max"), "12", "pids.max");
is(Drive::slurp("$base/run-fake-001/cgroup.procs"), "0", "entered");
unlike($d->output($r->{run}), qr/^(?:memory|processes) (?:67108864|12) /m,
    "and no rlimit beside");
$r = $d->run(id => "fake-002", arg => ["sh", "-c", 'kill -9 $$'],
    memory => 64 << 20, processes => 12, @user);
is($r->{reason}, "killed by signal KILL; memory limit of 64M exceeded; "
    . "limit of 12 processes reached", "what the kernel did is told");
is(Drive::slurp("$base/run-fake-002/memory.swap.max"), "0", "no swap");
$r = $d->run(id => "fake-003", arg => ["true"], cpu => 5000, files => 50);
is($r->{outcome}, "success", "neither of the two: no group");
ok(!-e "$base/run-fake-003", "none is made");
$r = $d->run(id => "fake-004", arg => ["true"], memory => 64 << 20);
is($r->{reason}, "cannot set up control group $base/run-fake-004: "
    . "No such file or directory", "a limit that cannot be set is refused");
$r = $d->run(id => "fake-005", arg => ["sleep", "60"], processes => 12,
    timeout => 100, signal => 9, @user);
like(Drive::slurp("$base/run-fake-005/cgroup.kill"), qr/^1+$/,
    "killing begins with the group");
$d->finish;

$base = fake("cpu", "fake-101" => {});
$d = Drive->new(cgroup => $base);
$r = $d->run(id => "fake-101", arg => [$show], memory => 1 << 30,
    processes => 500, @user);
like($d->output($r->{run}), qr/^memory 1073741824 1073741824$/m,
    "without a controller: rlimits");
like($d->output($r->{run}), qr/^processes 500 500$/m, "both");
is(Drive::slurp("$base/run-fake-101/cgroup.procs"), "0",
    "the group is entered all the same");
$d->finish;

# The real thing.
my ($mount) = map { (split)[4] } grep { / - cgroup2 / }
    split /\n/, Drive::slurp("/proc/self/mountinfo");
$base = ($mount // "") . "/belfry-test-$$";
SKIP: {
	skip "no cgroup v2 to write to", 9
	    if $> != 0 || !$mount || !mkdir $base;
	skip "no cgroup.kill", 9 unless -e "$base/cgroup.kill";
	$d = Drive->new(cgroup => $base);
	$id = $d->launch(arg => ["sh", "-c", "cat /proc/self/cgroup; sleep 60"],
	    memory => 1 << 30);
	my $pid = $d->wait_for("started", $id)->{pid};
	Drive::until_true(sub { $d->output($id) =~ /^0::/m });
	like($d->output($id), qr{^0::.*/belfry-test-$$/run-$id$}m,
	    "the job is in its group");
	my $worker = (split / /, Drive::slurp("/proc/$pid/stat"))[3];
	unlike(Drive::slurp("/proc/$worker/cgroup"), qr/run-$id/,
	    "its worker is not");
	$d->line("kill", $id, 1);
	is($d->wait_for("done", $id)->{outcome}, "killed", "killed");
	ok(!-e "$base/run-$id", "and its group is gone");
	for my $job (["bomb", 60], ["leave-daemon"]) {
		$r = $d->run(arg => ["$Drive::JOBS/$job->[0]", $job->[1] // ()],
		    uid => 54324, gid => 54324, memory => 1 << 32,
		    timeout => 500, signal => 9);
		ok(!-e "$base/run-$r->{run}", "$job->[0]: nothing is left in it");
	}
	# A worker that is killed leaves what its job forked.
	$id = $d->launch(arg => ["$Drive::JOBS/thread-child"], memory => 1 << 32);
	$pid = $d->wait_for("started", $id)->{pid};
	my $child = Drive::until_true(sub { $d->output($id) =~ /(\d+)/ && $1 });
	kill "KILL", (split / /, Drive::slurp("/proc/$pid/stat"))[3];
	$d->wait_for("eof", $id);
	ok(Drive::alive($child), "a worker is killed: its job's child lives");
	my $next = Drive->new(cgroup => $base, runs => $d->{runs});
	ok(Drive::until_true(sub { !Drive::alive($child) }),
	    "until the next launcher finds the group");
	$next->finish;
	$d->finish;
	rmdir $_ for glob "$base/run-*";
	ok(rmdir($base), "no group is left");
}
done_testing;
