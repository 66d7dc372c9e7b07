# Kill any of guardian, master, launcher, worker: what runs is not lost.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Fcntl qw(:flock);
use Test::More;
use Drive;

my ($d, $id, $r, $pid);

sub parent_of {
	my ($p) = @_;
	return (split / /, (Drive::slurp("/proc/$p/stat") =~ s/.*\) / /sr))[2];
}

# Starts a job that waits for a file; its id and pid.
sub waiting {
	my ($d, $name) = @_;
	my $id = $d->launch(arg => ["sh", "-c",
		"echo begin; while [ ! -e $d->{dir}/$name ]; do sleep 0.05; done;"
		. " echo end; exit 6"]);
	return ($id, $d->wait_for("started", $id)->{pid});
}

# The worker.
$d = Drive->new;
($id, $pid) = waiting($d, "go1");
my $worker = parent_of($pid);
kill "KILL", $worker;
$d->wait_for("eof", $id);
ok(Drive::until_true(sub { !Drive::alive($pid) }),
    "worker killed: its job dies with it");
$r = $d->state($id);
is($r->{state}, "started", "the file says that it began");
ok(!$r->{locked}, "and that nobody has it");
ok(!$d->has("done", $id), "there is no result");

# The launcher.
($id, $pid) = waiting($d, "go2");
$d->line("kill-launcher");
$d->wait_for("launcher-ended");
$d->file("go2", "");
$r = $d->wait_for("done", $id);
is_deeply([@$r{qw(outcome exit_code)}], ["failure", 6],
    "launcher killed: the worker finishes and tells");
is($d->output($id), "begin\nend\n", "with all its output");
$d->finish;

# The master, back in time.
$d = Drive->new;
($id, $pid) = waiting($d, "go3");
$d->line("master-dies");
select undef, undef, undef, 0.2;
ok(Drive::alive($pid), "master dead: the job runs on");
$d->line("master-starts");
$r = $d->wait_for("hello", $id);
is($r->{pid}, $pid, "a new master is told: RUN_HELLO with the pid");
my $state = $d->state($id);
is($state->{state}, "started", "the file is as it was");
$d->line("kill", $id, 1);
$r = $d->wait_for("done", $id);
is_deeply([@$r{qw(outcome reason)}], ["killed", "killed by operator"],
    "a new master can kill");
is($r->{started_us}, $d->wait_for("started", $id)->{started_us}, "same run")
    if $d->has("started", $id);
$r = $d->run(arg => ["true"]);
is($r->{outcome}, "success", "the launcher works for the new master");

# Twice over, then the run ends.
($id, $pid) = waiting($d, "go4");
for (1, 2) {
	$d->line("master-dies");
	$d->line("master-starts");
	ok($d->wait_for("hello", $id), "said hello ($_)");
}
$d->file("go4", "");
is($d->wait_for("done", $id)->{exit_code}, 6, "and tells its result at last");

# The master, not back in time.
($id, $pid) = waiting($d, "go5");
$d->line("master-dies");
unlink "$d->{dir}/worker.sock";
$d->file("go5", "");
ok(Drive::until_true(sub { $d->state($id)->{state} eq "done" }),
    "no master: the result is in the file");
$r = $d->state($id);
is($r->{exit_code}, 6, "as it was");
ok(!$r->{locked}, "and the worker is gone");
is($d->output($id), "begin\nend\n", "with all its output");
$d->finish;

# The guardian.
$d = Drive->new;
($id, $pid) = waiting($d, "go6");
my $late = $d->launch(arg => ["sh", "-c", "exit 8"]);
$d->line("guardian-dies");
is($d->wait_for("launcher-ended")->{status}, 0,
    "guardian dead: the launcher ends");
is($d->wait_for("done", $late)->{exit_code}, 8,
    "after it launched what it had received");
ok(Drive::alive($pid), "workers and jobs live on");
$d->file("go6", "");
is($d->wait_for("done", $id)->{exit_code}, 6, "and tell their results");
$d->finish;

# Master and guardian at once, with launches under way.
$d = Drive->new;
my @many;

# How many are done, once all are or after a while.
sub all_done {
	my $done;
	Drive::until_true(sub {
		$done = grep { $d->state($_)->{state} eq "done" } @many;
		return $done == @many;
	});
	return $done;
}
kill "STOP", $d->{launcher};
@many = map { $d->launch(id => "at-once-$_", arg => ["true"]) } 100 .. 139;
$d->line("master-dies");
$d->line("guardian-dies");
$d->state($many[-1]);
kill "CONT", $d->{launcher};
$d->wait_for("launcher-ended");
is(all_done(), 40, "what the launcher was sent is launched, whoever died since");
$d->finish;

# A new master while the old one's launches wait.
$d = Drive->new;
kill "STOP", $d->{launcher};
@many = map { $d->launch(id => "handed-$_", arg => ["true"]) } 100 .. 139;
$d->line("master-dies");
$d->line("master-starts");
$d->state($many[-1]);
kill "CONT", $d->{launcher};
is(all_done(), 40, "also when there is a new master");
$d->finish;

# A run that is launched twice.
$d = Drive->new;
$id = $d->describe(arg => ["sh", "-c", "echo x >>$d->{dir}/count; sleep 0.3"]);
$d->line("create");
$d->line("launch", 20);
$d->wait_for("done", $id);
$d->wait_for("eof", $id) for 1 .. 20;
$d->line("launch", 3);
$d->wait_for("eof", $id) for 1 .. 3;
is(Drive::slurp("$d->{dir}/count"), "x\n", "launched 23 times it runs once");
ok(!$d->has("done", $id), "and has one result");

# A run whose file is gone, or is none.
$id = $d->describe(arg => ["touch", "$d->{dir}/ran"]);
$d->line("launch");
$d->wait_for("eof", $id);
Drive::spew("$d->{runs}/ad1", "BELFRUN1 and rubbish");
$d->describe(id => "bad1", arg => ["touch", "$d->{dir}/ran"]);
$d->line("launch");
$d->wait_for("eof", "bad1");
Drive::spew("$d->{runs}/ad2", "");
$d->describe(id => "bad2", arg => ["touch", "$d->{dir}/ran"]);
$d->line("launch");
$d->wait_for("eof", "bad2");
$d->describe(id => "../escape", arg => ["touch", "$d->{dir}/ran"]);
$d->line("launch");
$d->wait_for("eof", "../escape");
ok(!-e "$d->{dir}/ran", "without its run file nothing runs");

# A place that is used again: the last three characters of an id.
$id = $d->launch(id => "first-p01", arg => ["true"]);
$d->wait_for("eof", $id);
$d->describe(id => "other-p01", arg => ["touch", "$d->{dir}/other"]);
$d->line("create");
$d->describe(id => "first-p01", arg => ["touch", "$d->{dir}/ran"]);
$d->line("launch", 2);
$d->wait_for("eof", "first-p01") for 1, 2;
ok(!-e "$d->{dir}/ran", "a late launch does not run in another's place");
is($d->state("other-p01")->{state}, "created", "nor disturb it");
open(my $fh, "+<", "$d->{runs}/p01") or die $!;
flock($fh, LOCK_EX | LOCK_NB) or die "locked: $!";
$d->describe(id => "other-p01", arg => ["touch", "$d->{dir}/other"]);
$d->line("launch");
select undef, undef, undef, 0.1;
ok(!-e "$d->{dir}/other", "while somebody has the lock it does not run");
close $fh;
is($d->wait_for("done", "other-p01")->{outcome}, "success",
    "then it does");

# Rubbish of the master; a log that is moved.
$d->line("log", "$d->{dir}/newlog");
ok(Drive::until_true(sub {
	(readlink("/proc/$d->{launcher}/fd/2") // "") eq "$d->{dir}/newlog"
}), "the log is moved");
$d->line("rubbish", 999);
$r = $d->wait_for("role-bad");
is_deeply([@$r{qw(role why)}], [2, "unknown message type 999"],
    "rubbish of the master is told to the guardian");
ok(Drive::until_true(sub {
	(Drive::slurp("$d->{dir}/newlog") // "") =~ /bad message from the master/
}), "and logged there");
$d->line("master-dies");
$d->line("master-starts");
is($d->run(arg => ["true"])->{outcome}, "success", "a new master is served");

# Signals from outside.
($id, $pid) = waiting($d, "go7");
kill $_, $d->{launcher} for qw(TERM INT HUP QUIT USR1);
is($d->run(arg => ["true"])->{outcome}, "success",
    "the launcher does not care for signals");
$d->file("go7", "");
is($d->wait_for("done", $id)->{exit_code}, 6, "nor do its workers");
$d->finish;

done_testing;
