#!/usr/bin/perl
# Recorded runs a second with PostgreSQL: bench-record-postgres on a server of
# its own, with the settings that a server has when nobody changed them.
#
#   perl t/bench/record-postgres.pl [-n RUNS] [-r ROUNDS]
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Belfry;
use Postgres;

my $pg = Postgres->new(durable => 1)
    or die "no PostgreSQL server is installed\n";
system("$Belfry::BUILD/t/bench/bench-record-postgres", @ARGV,
    $pg->create('bench')) == 0 or die "status $?\n";
