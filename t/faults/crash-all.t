#!/usr/bin/perl
# At each point of the path of one run the guardian is killed, or all of the
# daemon at once; somebody starts it again, and it goes on where it was.
use strict;
use warnings;
use Faults;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;

my @rounds = map {
	my $point = $_;
	map { { only => $point, die => 1, whom => $_ } } 'guardian', 'all'
} @Faults::POINTS[0 .. $Faults::RECOVERY - 1];
# Where memory is watched every fourth is enough.
@rounds = @rounds[grep { $_ % 4 == 3 } 0 .. $#rounds]
    if $Belfry::BUILD =~ /asan/;
Faults::rounds(
	next => sub { shift @rounds },
	done => sub {
		my ($spec, $round) = @_;
		Faults::ok_round("$spec->{only}: $spec->{whom} died", $round);
		is("@{ $round->{died} }", $spec->{only}, 'there');
	},
);
done_testing;
