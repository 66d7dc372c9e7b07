# What cannot be executed is launch-failed, with the reason in words.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new;
my $bin = "$d->{dir}/bin";
my $bin2 = "$d->{dir}/bin2";
my $r;

sub fails {
	my ($name, $reason, %spec) = @_;
	my $r = $d->run(%spec);

	is_deeply([@$r{qw(outcome exit_code signal started_us reason)}],
	    ["launch-failed", -1, 0, 0, $reason], $name);
	is($d->state($r->{run})->{state}, "done", "$name: it is done");
}

mkdir $_ for $bin, $bin2;
Drive::spew("$bin/plain", "echo shell \$0 \$1\n", 0755);
Drive::spew("$bin/denied", "#!/bin/sh\n", 0644);
Drive::spew("$bin/lost", "#!/no/such/interpreter\n", 0755);
Drive::spew("$bin2/denied", "#!/bin/sh\necho bin2\n", 0755);
Drive::spew("$bin2/only2", "#!/bin/sh\necho only2\n", 0755);
Drive::spew("$d->{dir}/here", "#!/bin/sh\necho here\n", 0755);

fails("no such file", "cannot execute /no/such: No such file or directory",
    arg => ["/no/such"]);
fails("not in PATH", "cannot execute nosuch: No such file or directory "
    . "(PATH is /usr/bin:/bin)", arg => ["nosuch"]);
fails("not executable", "cannot execute $bin/denied: Permission denied",
    arg => ["$bin/denied"]);
fails("a directory", "cannot execute /usr: Is a directory",
    arg => ["/usr"]);
fails("below a file", "cannot execute /etc/passwd/x: Not a directory",
    arg => ["/etc/passwd/x"]);
fails("no interpreter", "cannot execute $bin/lost: its interpreter is missing",
    arg => ["$bin/lost"]);
fails("an empty word", "cannot execute : No such file or directory "
    . "(PATH is /usr/bin:/bin)", arg => [""]);
fails("no shell for a script", "cannot execute $bin/plain: Exec format error",
    arg => ["$bin/plain"], shell => "");
fails("denied in PATH counts", "cannot execute denied: Permission denied "
    . "(PATH is $bin:/no:/etc/passwd)", arg => ["denied"],
    env => ["PATH=$bin:/no:/etc/passwd"]);
fails("an empty element of PATH is not the directory",
    "cannot execute here: No such file or directory (PATH is :/no::)",
    arg => ["here"], env => ["PATH=:/no::"], dir => $d->{dir});

$r = $d->run(arg => ["$bin/plain", "two words"]);
is($d->output($r->{run}), "shell $bin/plain two words\n",
    "a file without a magic number goes to the shell");
$r = $d->run(arg => ["plain", "x"], env => ["PATH=/no:$bin:/usr/bin"]);
is($d->output($r->{run}), "shell $bin/plain x\n", "also one of PATH");
$r = $d->run(arg => ["denied"], env => ["PATH=$bin:$bin2"]);
is($d->output($r->{run}), "bin2\n", "a denied one does not end the search");
$r = $d->run(arg => ["only2"], env => ["PATH=/etc/passwd:/no:$bin:$bin2"]);
is($d->output($r->{run}), "only2\n", "nor does what is no directory");
$r = $d->run(arg => ["true"], env => ["A=1"]);
is($r->{outcome}, "success", "without PATH there is a default");
$r = $d->run(arg => ["./here"], dir => $d->{dir});
is($d->output($r->{run}), "here\n", "a name with a slash is as it stands");

fails("no directory", "cannot enter directory /no/dir: "
    . "No such file or directory", arg => ["true"], dir => "/no/dir");
fails("a file as directory", "cannot enter directory /etc/passwd: "
    . "Not a directory", arg => ["true"], dir => "/etc/passwd");

SKIP: {
	skip "needs root", 4 if $> != 0;
	mkdir "$d->{dir}/private", 0700;
	fails("a directory that the user may not enter",
	    "cannot enter directory $d->{dir}/private: Permission denied",
	    arg => ["true"], dir => "$d->{dir}/private", uid => 65534,
	    gid => 65534);
	Drive::spew("$d->{dir}/private/x", "#!/bin/sh\n", 0755);
	fails("a file that the user may not see",
	    "cannot execute $d->{dir}/private/x: Permission denied",
	    arg => ["$d->{dir}/private/x"], uid => 65534, gid => 65534);
}

$d->finish;
done_testing;
