#!/usr/bin/perl
# Runs the .t files and prints a summary; used by t/run.
#
#   perl t/lib/harness.pl [--add FILE] [FILE or FOLDER ...]
#
# Counts go to BUILD/counts; --add adds those of an earlier round.
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
@files = sort @files;

my $harness = TAP::Harness->new({
	jobs => $ENV{BELFRY_JOBS} // 2,
	lib => ['t/lib'],
	failures => 1,
	timer => 1,
	color => -t STDOUT ? 1 : 0,
});
my $aggregate = $harness->runtests(@files);

# A file that died or had no plan failed, whatever its tests said.
my $passed = $aggregate->passed;
my $failed = $aggregate->failed;
for my $parser ($aggregate->parsers) {
	my $broken = $parser->exit || $parser->parse_errors;
	$failed++ if $broken && !$parser->failed;
}
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
