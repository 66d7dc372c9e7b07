# No process is to be had: the run is refused or fails, all else goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

plan skip_all => "needs root to become a user with a limit" if $> != 0;

# A leak check forks, which is what is not to be had here.
$ENV{ASAN_OPTIONS} = "detect_leaks=0";

# A uid of its own: the limit counts all processes of a user.
my $user = 54322;
my @as = ("setpriv", "--reuid=$user", "--regid=$user", "--clear-groups");
my $d = Drive->new(open => 1, prefix => ["prlimit", "--nproc=6", @as]);
my @ids;

# Driver and launcher are two; each run takes two more.
for (1 .. 2) {
	push @ids, $d->launch(arg => ["sleep", "60"]);
	$d->wait_for("started", $ids[-1]);
}
my $id = $d->launch(arg => ["true"]);
my $r = $d->wait_for("refused", $id);
is($r->{errno}, 11, "no process for a worker: RUN_REFUSED with EAGAIN");
is($d->state($id)->{state}, "created", "its file is untouched");
$id = $d->describe(arg => ["true"]);
$d->line("create");
$d->line("launch", 60);
$d->wait_for("refused", $id) for 1 .. 60;
pass("60 in one packet are refused each");
$d->line("kill", $_, 1) for @ids;
is($d->wait_for("done", $_)->{outcome}, "killed", "killed") for @ids;
$d->wait_for("eof", $_) for @ids;
is($d->run(arg => ["true"])->{outcome}, "success", "then there is room again");
$d->finish;

$d = Drive->new(open => 1, prefix => ["prlimit", "--nproc=3", @as]);
$r = $d->run(arg => ["true"]);
is($r->{outcome}, "launch-failed", "no process for the job: launch-failed");
is($r->{reason}, "cannot start a process: Resource temporarily unavailable",
    "which says so");
$d->finish;

# 0 to 5 are the launcher's, 6 the run file: none is left for a pipe.
my $dir = File::Temp::tempdir(CLEANUP => 1);
Drive::spew("$dir/worker", "#!/bin/sh\nexec prlimit --nofile=8 "
    . "$Drive::BUILD/worker/belfry-worker \"\$@\"\n", 0755);
$d = Drive->new(worker => "$dir/worker");
$r = $d->run(arg => ["true"]);
is($r->{outcome}, "launch-failed", "no descriptor for a pipe: launch-failed");
is($r->{reason}, "cannot make a pipe: Too many open files", "which says so");
$d->finish;

done_testing;
