#!/usr/bin/perl
# Runs the .t files and prints a summary; used by t/run.
#
#   perl t/lib/harness.pl [--add FILE] [FILE or FOLDER ...]
#
# Counts go to BUILD/counts; --add adds those of an earlier round.
#
# With BELFRY_AGAIN set, files that failed are run once more, one at a time;
# those that then pass are named as unsteady and count as passed.
use strict;
use warnings;
use File::Find;
use TAP::Harness;

# What a shell starts in the background ignores these; tests send them.
$SIG{$_} = 'DEFAULT' for qw(INT QUIT);

my $add;
if (@ARGV && $ARGV[0] eq '--add') {
	shift @ARGV;
	$add = shift @ARGV;
}
my @wanted = @ARGV ? @ARGV : ('t');
my @files;
find({
	no_chdir => 1,
	wanted => sub { push @files, $_ if -f && /\.t$/ },
}, @wanted);
# Those that take longest first, so that none is left alone at the end.
my %first = map { $_ => 1 }
    qw(t/faults/cluster-guards.t t/cluster/model.t t/schedule/zones.t t/unit.t t/faults/fails.t);
@files = sort {
	($first{$b} // 0) <=> ($first{$a} // 0) || $a cmp $b
} @files;

# Most of a test is waiting: more of them than processors.
sub round_of {
	my ($jobs, @these) = @_;
	return TAP::Harness->new({
		jobs => $jobs,
		lib => ['t/lib'],
		failures => 1,
		timer => 1,
		color => -t STDOUT ? 1 : 0,
	})->runtests(@these);
}

# A file that died or had no plan failed, whatever its tests said.
sub failures_of {
	my ($parser) = @_;
	return scalar $parser->failed if $parser->failed;
	return $parser->exit || $parser->parse_errors ? 1 : 0;
}

my ($passed, $failed, @unsteady) = (0, 0);
my $aggregate = round_of($ENV{BELFRY_JOBS} // 6, @files);
my %parser = map { $_ => $aggregate->parsers($_) } $aggregate->descriptions;
if ($ENV{BELFRY_AGAIN}
    and my @again = grep { failures_of($parser{$_}) } sort keys %parser) {
	print "\n# once more, alone: @again\n";
	my $second = round_of(1, @again);
	for my $file (@again) {
		($parser{$file}) = $second->parsers($file);
		push @unsteady, $file if !failures_of($parser{$file});
	}
}
for my $parser (values %parser) {
	$passed += $parser->passed;
	$failed += failures_of($parser);
}
print "\n# unsteady: $_\n" for @unsteady;
if (defined $add && open(my $in, '<', $add)) {
	my ($p, $f) = split ' ', scalar <$in>;
	$passed += $p;
	$failed += $f;
}
if (open(my $out, '>', "$ENV{BELFRY_BUILD}/counts")) {
	print $out "$passed $failed\n";
	close $out;
}
print "\n$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
