# limit-*, ionice, no-new-privileges: what holds, and what is said when it did.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new(prefix => ["prlimit", "--nofile=64:1000"]);
my ($r, %is);

sub show {
	my ($r) = @_;
	return map { /^(\w+) ?(.*)/ ? ($1 => $2) : () }
	    split /\n/, $d->output($r->{run});
}

my $show = "$Drive::JOBS/show-self";
%is = show($d->run(arg => [$show]));
is($is{nnp}, 0, "by default a job may gain privileges");
is($is{ionice}, 0, "and has no class of its own");
is($is{files}, "64 1000", "and the limits of the daemon");
my @user = $> == 0 ? (uid => 54326, gid => 54326) : ();
%is = show($d->run(arg => [$show], @user, cpu => 7000, grace => 2500,
	memory => 1 << 30, files => 33, processes => 500, nnp => 1,
	ionice => 2 << 13 | 7));
is($is{cpu}, "7 10", "cpu: the hard limit is later by the grace");
is($is{memory}, (1 << 30) . " " . (1 << 30), "memory");
is($is{files}, "33 33", "files");
is($is{processes}, "500 500", "processes");
is($is{nnp}, 1, "no new privileges");
is($is{ionice}, 2 << 13 | 7, "ionice");
%is = show($d->run(arg => [$show], cpu => 7000, grace => 0));
is($is{cpu}, "7 8", "without a grace: a second");

$r = $d->run(arg => ["$Drive::JOBS/burn"], cpu => 1000, timeout => 60_000);
is_deeply([@$r{qw(outcome signal reason)}], ["failure", 24,
	"killed by signal XCPU; cpu limit of 1s exceeded"], "limit-cpu");
$r = $d->run(arg => ["$Drive::JOBS/burn", "deaf"], cpu => 1000, grace => 0,
    timeout => 60_000);
is_deeply([@$r{qw(outcome signal reason)}], ["failure", 9,
	"killed by signal KILL; cpu limit of 1s exceeded"],
    "deaf to XCPU: killed");
$r = $d->run(arg => ["sh", "-c", "$Drive::JOBS/burn; exit \$?"], cpu => 1000,
    timeout => 60_000);
is_deeply([@$r{qw(outcome exit_code reason)}], ["failure", 152,
	"exited with code 152; cpu limit of 1s exceeded"], "told by a shell");
$r = $d->run(arg => ["sh", "-c", 'kill -XCPU $$']);
is($r->{reason}, "killed by signal XCPU", "no limit, no blame");

$r = $d->run(arg => ["$Drive::JOBS/eat", 256], memory => 64 << 20);
is_deeply([@$r{qw(outcome exit_code)}], ["failure", 3],
    "limit-memory by rlimit: no more is to be had");
$r = $d->run(arg => ["sh", "-c", 'exec 3</ 4</ 5</'], files => 5);
is($r->{outcome}, "failure", "limit-files");

SKIP: {
	skip "needs root", 7 if $> != 0;
	$r = $d->run(arg => ["true"], processes => 5);
	is_deeply([@$r{qw(outcome reason)}], ["launch-failed",
		"limit-processes does not hold for root without a control "
		. "group; see cgroup in belfry.conf(5)"],
	    "a limit that does not hold is refused");
	my $id = $d->launch(@user,
		arg => ["sh", "-c", "sleep 60 & sleep 60 & echo ready; wait"]);
	Drive::until_true(sub { $d->output($id) =~ /ready/ });
	$r = $d->run(arg => ["true"], @user, processes => 1);
	is_deeply([@$r{qw(outcome reason)}], ["launch-failed",
		"cannot execute true: Resource temporarily unavailable "
		. "(PATH is /usr/bin:/bin)"],
	    "by rlimit, all processes of the user count");
	$d->line("kill", $id, 1);
	$d->wait_for("done", $id);
	my $n = Drive->new(open => 1, prefix => ["prlimit", "--nofile=64:64",
		"setpriv", "--reuid=54326", "--regid=54326",
		"--clear-groups"]);
	$r = $n->run(arg => ["true"], files => 65);
	is($r->{reason},
	    "cannot set limit-files: the hard limit of the daemon is 64",
	    "a limit that cannot be raised is refused");
	$r = $n->run(arg => ["true"], ionice => 1 << 13);
	is($r->{reason}, "cannot set ionice: Operation not permitted",
	    "and a class that is not permitted");
	$n->finish;
}

$d->finish;
done_testing;
