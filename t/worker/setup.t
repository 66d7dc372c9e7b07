# What a job is given: ids, umask, priority, directory, environment, a clean
# process.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new(prefix => ["env", "SECRET=1", "nohup"]);

sub show {
	my ($r) = @_;
	return map { /^(\w+) ?(.*)/ ? ($1 => $2) : () }
	    split /\n/, $d->output($r->{run});
}

my $r = $d->run(arg => ["$Drive::JOBS/show-self", "x"]);
my %is = show($r);
is($is{argv0}, "$Drive::JOBS/show-self", "argv[0]");
is($is{argc}, 2, "argc");
is($is{cwd}, "/", "starts in /");
is($is{leader}, "1 1", "leads a session and a group");
is($is{blocked}, "", "no signal is blocked");
is($is{handled}, "", "none is ignored, though we run under nohup");
is($is{descriptors}, "0 1 2", "three descriptors");
is($is{nice}, 0, "no priority");

%is = show($d->run(arg => ["$Drive::JOBS/show-self"], umask => 027,
	dir => "/usr", nice => 7));
is($is{umask}, "0027", "umask");
is($is{cwd}, "/usr", "directory");
is($is{nice}, 7, "nice");

$r = $d->run(arg => ["env", "-0"],
    env => ["PATH=/usr/bin:/bin", "A=1 2", "EMPTY=", "B=x\ny"]);
is($d->output($r->{run}),
    "PATH=/usr/bin:/bin\0A=1 2\0EMPTY=\0B=x\ny\0",
    "the environment is exactly what it says");
$r = $d->run(arg => ["/usr/bin/env"], env => []);
is($d->output($r->{run}), "", "also nothing");

SKIP: {
	skip "needs root", 8 if $> != 0;
	my %ids = (uid => 65534, gid => 65533, group => [4321, 1234]);
	%is = show($d->run(arg => ["$Drive::JOBS/show-self"], %ids));
	is($is{uid}, "65534 65534 65534", "user, all three");
	is($is{gid}, "65533 65533 65533", "group, all three");
	is(join(" ", sort split / /, $is{groups}), "1234 4321",
	    "supplementary groups");
	%is = show($d->run(arg => ["$Drive::JOBS/show-self"], uid => 65534,
		gid => 65534, nice => -5, umask => 0));
	is($is{groups}, "", "none of root's groups");
	is($is{nice}, -5, "nice is set before root is given up");
	$r = $d->run(arg => ["sh", "-c", 'kill -9 $PPID; echo $?'],
	    uid => 65534, gid => 65534);
	like($d->output($r->{run}), qr/^1$/m,
	    "the job cannot kill its worker");
	my $id = $d->launch(arg => ["sleep", "60"], uid => 65534, gid => 65534);
	my $pid = $d->wait_for("started", $id)->{pid};
	my $worker = (split / /, Drive::slurp("/proc/$pid/stat"))[3];
	kill "KILL", $worker;
	ok(Drive::until_true(sub { !Drive::alive($pid) }),
	    "a job of another user dies with its worker, too");
	$d->wait_for("eof", $id);
}

SKIP: {
	skip "needs root to become another user", 4 if $> != 0;
	my $n = Drive->new(open => 1, prefix =>
		["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
	$r = $n->run(arg => ["true"], uid => 0, gid => 0);
	is($r->{reason},
	    "cannot set supplementary groups: Operation not permitted",
	    "an ordinary daemon cannot run as another user");
	$r = $n->run(arg => ["true"], nice => -5);
	is($r->{reason}, "cannot set nice to -5: Permission denied",
	    "nor raise priority");
	$n->finish;
}

$d->finish;
done_testing;
