# The examples of manuals and of README, as a test runs them.
#
# A session is a block of text as a terminal shows it: lines that begin with
# "$ " are commands, "> " goes on with one, everything else is what the command
# before prints; "..." stands for any text.
package Manual;

use strict;
use warnings;
use Belfry;
use File::Temp qw(tempdir);
use Test::More ();

our $ROOT = $Belfry::BUILD;

sub slurp {
	my ($path) = @_;
	open(my $in, '<', $path) or die "$path: $!";
	local $/;
	return scalar <$in>;
}

# The literal blocks of a page's section EXAMPLES, as a reader sees them.
sub examples {
	my ($path) = @_;
	my ($section) = slurp($path) =~ /^\.Sh EXAMPLES\n(.*?)(?=^\.Sh )/ms
	    or return;
	my @blocks = $section =~ /^\.Bd -literal.*?\n(.*?)^\.Ed$/gms;
	for (@blocks) {
		s/^\\&//mg;
		s/\\e/\\/g;
		s/\\\(aq/'/g;
	}
	return @blocks;
}

# The indented blocks of a text.
sub indented {
	my ($path) = @_;
	my @blocks;
	my $gap = 1;
	for (split /\n/, slurp($path)) {
		if (/^    (.*)/) {
			push @blocks, '' if $gap;
			$blocks[-1] .= "$1\n";
			$gap = 0;
		} else {
			$gap = 1;
		}
	}
	return @blocks;
}

sub is_session { $_[0] =~ /\A\$ / }

# [command, expected output] of a session.
sub commands {
	my ($block) = @_;
	my @commands;
	for (split /\n/, $block) {
		if (/^\$ (.*)/) {
			push @commands, [$1, ''];
		} elsif (/^> ?(.*)/ && @commands && $commands[-1][1] eq '') {
			$commands[-1][0] .= "\n$1";
		} else {
			$commands[-1][1] .= "$_\n";
		}
	}
	return @commands;
}

sub matches {
	my ($got, $want) = @_;
	my $re = join '.*?', map { quotemeta } split /\.\.\.(?:\n\z)?/, $want, -1;
	return $got =~ /\A$re\z/s;
}

# Runs a session's commands in one shell, each a test: what it prints must be
# what the page says, and it must end with 0 unless "echo $?" comes next.
sub run_session {
	my ($block, $dir, %env) = @_;
	my @commands = commands($block);
	my $script = "__s=0\n";
	for my $i (0 .. $#commands) {
		$script .= "printf '\\001%d\\n' $i\n(exit \$__s)\n"
		    . "$commands[$i][0]\n__s=\$?\nprintf '\\002%d\\n' \$__s\n";
	}
	my $bin = "$Belfry::BUILD/master:$Belfry::BUILD/master/cli";
	local %ENV = (%ENV, %env, PATH => "$bin:$ENV{PATH}");
	open(my $file, '>', "$dir/.session") or die "session: $!";
	print $file $script;
	close $file;
	my $text = do {
		open(my $out, '-|', "cd '$dir' && exec 2>&1 && exec sh .session"
		    . ' </dev/null') or die "sh: $!";
		local $/;
		<$out>;
	};
	unlink "$dir/.session";
	my %got;
	while ($text =~ /\001(\d+)\n(.*?)\002(\d+)\n/gs) {
		$got{$1} = [$2, $3];
	}
	for my $i (0 .. $#commands) {
		my ($command, $want) = @{ $commands[$i] };
		my ($out, $status) = @{ $got{$i} // ['', 'not run'] };
		my $asked = $i < $#commands
		    && $commands[$i + 1][0] =~ /\Aecho \$\?/;
		# What a command of no output prints is not its business.
		my $good = ($asked || $status eq '0')
		    && ($want eq '' || matches($out, $want));
		Test::More::ok($good, "\$ $command")
		    or Test::More::diag("status $status, printed:\n$out",
			"wanted:\n$want");
	}
}

# A daemon on the job files named in %$jobs (name -> text); see Belfry.
sub private_dir { return tempdir('belfry.XXXXXX', TMPDIR => 1, CLEANUP => 1) }

1;
