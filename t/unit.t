#!/usr/bin/perl
# Every unit test program that meson built: one test each, its output shown
# when it fails.
use strict;
use warnings;
use Cwd qw(abs_path);
use Test::More;

my $build = abs_path($ENV{BELFRY_BUILD} // 'build');
my @programs;
open(my $list, '-|', 'meson', 'introspect', $build, '--tests')
    or die "meson introspect: $!";
my $json = do { local $/; <$list> };
close $list;
require JSON::PP;
for my $test (@{ JSON::PP::decode_json($json) }) {
	# Scripts are run as such.
	push @programs, $test unless grep { /\.t$/ } @{ $test->{cmd} };
}
plan tests => scalar @programs || 1;
fail('there are unit tests') unless @programs;
for my $test (@programs) {
	local %ENV = (%ENV, %{ $test->{env} // {} });
	my @command = @{ $test->{cmd} };
	my $pid = open(my $out, '-|') // die "fork: $!";
	if ($pid == 0) {
		open(STDERR, '>&', \*STDOUT);
		chdir($test->{workdir} || $build);
		exec { $command[0] } @command or die "exec: $!";
	}
	my $output = do { local $/; <$out> } // '';
	close $out;
	is($?, 0, $test->{name}) or diag($output);
}
