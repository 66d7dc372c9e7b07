# environment-file, as a job meets it. Its grammar: unit/worker/envfile.c.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Drive;

my $d = Drive->new;
my $file = $d->file("env");

sub env_of {
	my ($text, %spec) = @_;
	Drive::spew($file, $text);
	my $r = $d->run(arg => ["/usr/bin/env", "-0"], envfile => $file,
	    env => ["PATH=/usr/bin", "A=spec"], %spec);
	return $r->{outcome} eq "success" ? $d->output($r->{run}) : $r->{reason};
}

is(env_of("# comment\n\nB=1\nexport C=\"x y\"\r\nA='file'\n"),
    "PATH=/usr/bin\0A=file\0B=1\0C=x y\0", "is added, and wins");
is(env_of(""), "PATH=/usr/bin\0A=spec\0", "may be empty");
is(env_of("B=1\nnonsense\n"),
    "environment file $file: line 2: expected NAME=VALUE",
    "a mistake names file and line");
is(env_of("B=\"1\n"),
    "environment file $file: line 1: the closing \" is missing", "a quote");
is(env_of("A=1\0\n"), "environment file $file: line 1: it has a NUL byte",
    "a binary one");
is(env_of("B=" . "x" x 65536), "environment file $file has more than 64K",
    "a big one");
like(env_of("B=" . "x" x 65533), qr/B=x{65533}\0/, "one just so big");

Drive::spew("$d->{dir}/tool", "#!/bin/sh\necho tool\n", 0755);
Drive::spew($file, "PATH=$d->{dir}\n");
my $r = $d->run(arg => ["tool"], envfile => $file);
is($d->output($r->{run}), "tool\n", "its PATH is the one that counts");

sub reason {
	return $d->run(arg => ["true"], @_)->{reason};
}
is(reason(envfile => "/no/file"),
    "cannot read environment file /no/file: No such file or directory",
    "it must be there");
is(reason(envfile => "-/no/file"), "", "unless it begins with -");
is(reason(envfile => "/etc"), "cannot read environment file /etc: "
    . "Is a directory", "a directory");
system("mkfifo", "$d->{dir}/fifo");
is(reason(envfile => "$d->{dir}/fifo"),
    "environment file $d->{dir}/fifo is not a regular file",
    "a FIFO does not hold it up");

SKIP: {
	skip "needs root", 6 if $> != 0;
	my %ids = (uid => 65534, gid => 65534);
	Drive::spew($file, "B=secret\n", 0600);
	is(reason(envfile => $file, %ids),
	    "cannot read environment file $file: Permission denied",
	    "a job's user must be allowed to read it");
	is(reason(envfile => "-$file", %ids),
	    "cannot read environment file $file: Permission denied",
	    "also when it may be missing");
	is(reason(envfile => $file, trusted => 1, %ids), "",
	    "unless root wrote the job");
	chmod 0640, $file;
	chown 0, 4321, $file;
	is(reason(envfile => $file, group => [4321], %ids), "",
	    "its groups count");
	$r = $d->run(arg => ["$Drive::JOBS/show-self"], envfile => $file,
	    group => [4321], %ids);
	like($d->output($r->{run}), qr/^groups 4321$/m, "and stay the job's");
	like($d->output($r->{run}), qr/^uid 65534 65534 65534$/m, "as its user");
}

$d->finish;
done_testing;
