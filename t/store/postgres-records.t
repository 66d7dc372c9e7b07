#!/usr/bin/perl
# What records leave in PostgreSQL: the unit tests of the store, once more.
use strict;
use warnings;
use Belfry;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->unit(qw(notices postgres sequences records sweep));
done_testing;
