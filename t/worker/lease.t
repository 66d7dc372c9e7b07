# The lease of a host: a worker keeps to it by its own clock, whatever becomes
# of the master.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new;
my ($r, $id);
my $lost = "its lease was lost: other hosts take this one for dead";

sub lease {
	$d->line("set-lease", @_);
	$d->wait_for("lease");
}

sub started {
	my $run = $d->launch(@_);
	$d->wait_for("started", $run);
	return $run;
}

$r = $d->run(arg => ["true"], lease => 1);
is_deeply([@$r{qw(outcome reason)}], ["launch-failed",
    "the lease of this host ran out before it started"], "none at all");

lease(1, 60_000);
$r = $d->run(arg => ["true"], lease => 1);
is($r->{outcome}, "success", "with a lease it starts");
$r = $d->run(arg => ["true"], lease => 2);
is($r->{outcome}, "launch-failed", "with that of another epoch it does not");

# The deadline moves on without a word to the worker.
lease(1, 300);
$id = started(arg => ["sleep", "60"], lease => 1, "lease-kill" => 1);
my $kept = started(arg => ["sleep", "60"], lease => 1);
$d->line("master-dies");
lease(1, 800);
$r = $d->state($id);
is($r->{state}, "started", "a lease that moves on keeps the run");
Drive::until_true(sub { ($r = $d->state($id))->{state} eq "done" });
is_deeply([@$r{qw(outcome reason)}], ["killed", $lost],
    "it ends when the lease does, without a master");
is($d->state($kept)->{state}, "started", "without lease-kill it goes on");
$d->line("master-starts");
$d->wait_for("hello", $kept);
$d->line("kill", $kept, 1);
$d->wait_for("done", $kept);

# Another epoch is no reason to end before the deadline.
lease(1, 700);
$id = started(arg => ["sleep", "60"], lease => 1, "lease-kill" => 1);
lease(2, 60_000);
$r = $d->wait_for("done", $id);
is_deeply([@$r{qw(outcome reason)}], ["killed", $lost],
    "a new epoch gives an old run nothing");

lease(3, 400);
$id = started(arg => ["$Drive::JOBS/ignore-term"], grace => 60_000,
    lease => 3, "lease-kill" => 1, "lease-grace" => 200);
$r = $d->wait_for("done", $id);
is_deeply([@$r{qw(outcome signal)}], ["killed", 9],
    "deaf to TERM: SIGKILL, long before its own grace");
$d->finish;
done_testing;
