#!/usr/bin/perl
# What is asked of PostgreSQL: the unit tests of the store, once more.
use strict;
use warnings;
use Belfry;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->unit(qw(charts lists queues verify questions explain));
done_testing;
