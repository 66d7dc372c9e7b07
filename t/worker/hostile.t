# Jobs that do what they should not: each run ends as it must, and of none is
# anything left.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Copy qw(copy);
use Test::More;
use Drive;

my $jobs = $Drive::JOBS;
my $uid = 54325; # whose processes are counted
my $d = Drive->new;
my ($r, $id, %is);

sub left {
	return join " ", grep { (Drive::slurp("/proc/$_/status") // "")
		=~ /^Uid:.*\b$uid\b/m } map { m{/(\d+)$} } glob("/proc/[0-9]*");
}

sub told {
	my ($r) = @_;
	return map { /^(\w+) (.*)/ ? ($1 => $2) : () }
	    split /\n/, $d->output($r->{run});
}

# 1 GB through the pipe, while the worker stays small.
$id = $d->launch(arg => ["sh", "-c",
	'head -c 1073741824 /dev/zero; grep VmHWM /proc/$PPID/status']);
$r = $d->wait_for("done", $id);
is($r->{outcome}, "success", "a gigabyte of output");
cmp_ok($r->{output_bytes}, ">", 1 << 30, "was read");
my ($peak) = $d->output($id) =~ /VmHWM:\s*(\d+) kB/;
cmp_ok($peak, "<", 16384, "by a worker of $peak kB");

# It ends itself, in all ways.
for my $case (
	["its group", 'kill -9 0', "failure", "killed by signal KILL"],
	["traps all", 'trap "" HUP INT TERM QUIT; sleep 60', "timeout",
	    "timed out after 200ms"],
	["stops its group", 'kill -STOP 0', "timeout",
	    "timed out after 200ms"],
	["stops a child for ever", 'sh -c "kill -STOP \$\$" & exit 3', "failure",
	    "exited with code 3; left 1 process behind, ended"],
	["a child in the background holds output", 'sleep 60 & exit 0', "success",
	    "left 1 process behind, ended"]) {
	my ($name, $script, $outcome, $reason) = @$case;
	$r = $d->run(arg => ["sh", "-c", $script], timeout => 200, grace => 50)
	    if $outcome eq "timeout";
	$r = $d->run(arg => ["sh", "-c", $script], grace => 50)
	    if $outcome ne "timeout";
	is_deeply([@$r{qw(outcome reason)}], [$outcome, $reason], $name);
}

# What it was given.
%is = told($d->run(arg => ["$jobs/pry", $> == 0 ? "stop" : ()],
	$> == 0 ? (uid => $uid, gid => $uid) : ()));
is($is{descriptors}, 0, "no descriptor but the three");
isnt($is{$_} // "", "done", "no way to its worker: $_")
    for qw(memory channel environment trace);
is($is{stop}, "Operation not permitted", "nor a signal") if $> == 0;

SKIP: {
	skip "needs root, for another user", 1 if $> != 0;
	my @user = (uid => $uid, gid => $uid);

	$r = $d->run(arg => ["$jobs/crowd", 100], @user, processes => 20,
	    grace => 100);
	is_deeply([@$r{qw(outcome exit_code)}], ["failure", 1],
	    "more processes than its limit");
	my ($got) = $d->output($r->{run}) =~ /(\d+)/;
	cmp_ok($got, "<", 20, "$got it had");
	is($r->{reason}, "exited with code 1; left $got processes behind, ended",
	    "and they are ended");
	is(left(), "", "with none left");

	$r = $d->run(arg => ["$jobs/bomb", 50], @user, processes => 50,
	    timeout => 300, grace => 100);
	is($r->{outcome}, "timeout", "a fork bomb");
	is(left(), "", "is gone");

	$r = $d->run(arg => ["sh", "-c",
		'sleep 60 & kill -9 -1; wait $!; echo $?'], @user);
	like($d->output($r->{run}), qr/^137$/m,
	    "kill -1 of an ordinary user ends all but itself");
	is($r->{outcome}, "success", "and not its worker");

	# A set-user-ID program of root's, which others may execute.
	my $file = "$d->{dir}/show-self";
	copy("$jobs/show-self", $file);
	chmod 04755, $file;
	%is = told($d->run(arg => [$file], @user));
	skip "set-user-ID does not work in $d->{dir}", 3
	    if $is{uid} ne "$uid 0 0";
	pass("it becomes root by a set-user-ID program");
	%is = told($d->run(arg => [$file], @user, nnp => 1));
	is($is{uid}, "$uid $uid $uid", "but not with no-new-privileges");
	$file = "$d->{dir}/ignore-term";
	copy("$jobs/ignore-term", $file);
	chmod 04755, $file;
	$r = $d->run(arg => [$file], @user, timeout => 200, grace => 50);
	is_deeply([@$r{qw(outcome signal)}], ["timeout", 9],
	    "which can be killed");
	is(left(), "", "of none anything is left");
}
SKIP: {
	skip "needs root, to be another user", 3 if $> != 0;
	# The worker's own user: what it may not do to itself.
	my $n = Drive->new(open => 1, prefix => ["setpriv", "--reuid=$uid",
		"--regid=$uid", "--clear-groups"]);
	$r = $n->run(arg => ["$jobs/pry"]);
	my %own = map { /^(\w+) (.*)/ ? ($1 => $2) : () }
	    split /\n/, $n->output($r->{run});
	is($own{descriptors}, 0, "a job of the daemon's user: no descriptor");
	isnt($own{$_} // "", "done", "nor its worker's: $_")
	    for qw(memory channel environment trace);
	$n->finish;
}
$d->finish;
done_testing;
