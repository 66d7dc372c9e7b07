#!/usr/bin/perl
# The files of runs that are over are free: a daemon that is started again
# uses them, finds nothing wrong with them, and makes no new ones.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(jobs => { 'a.ini' => "[job quick]\ncommand = true\n" });
my $files = sub { scalar(() = glob $d->path('state/runs/*')) };

$d->start;
$d->finished($d->run('quick')) for 1 .. 3;
$d->stop;
my $made = $files->();
cmp_ok($made, '>=', 1, 'run files were made');

$d->start;
is($d->finished($d->run('quick'))->{outcome}, 'success',
    'a daemon that is started again runs jobs');
is($files->(), $made, 'in the files of before');
$d->stop;
unlike($d->log, qr/run file|cannot free/, 'and complained about none');
$d->finish;
done_testing;
