#!/usr/bin/perl
# Somebody dies, and the recovery from that is interrupted by another death, at
# each point in turn.
use strict;
use warnings;
use Faults;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;

# The first to die: a master whose job runs, a recorder in a transaction.
my @firsts = ('MASTER_STARTED_HEARD', 'RECORDER_WRITTEN');
my @rounds = map {
	my $point = $_;
	map { { after => $_, only => $point, die => 1 } } @firsts
} @Faults::POINTS;
# Where memory is watched, recovery's own points are enough.
my $asan = $Belfry::BUILD =~ /asan/;
my %recovery = map { $_ => 1 } @Faults::POINTS[$Faults::RECOVERY
    .. $#Faults::POINTS];
@rounds = grep { $recovery{ $_->{only} } && $_->{after} eq $firsts[0] } @rounds
    if $asan;
my %died;
Faults::rounds(
	next => sub { shift @rounds },
	done => sub {
		my ($spec, $round) = @_;
		my ($first, $second) = @{ $round->{died} };
		$died{$second}++ if $second;
		is($first, $spec->{after}, "$spec->{after} died");
		Faults::ok_round('then ' . ($second // 'nobody'), $round);
	},
);
ok($died{$_}, "$_ was among them") for sort keys %recovery;
done_testing;
