#!/usr/bin/perl
# Jobs at the edge of what a job may be: the daemon lives, and can tell.
use strict;
use warnings;
use Belfry;
use Test::More;

my $x = 'x' x 64000;
my $d = Belfry->new(jobs => {
	'big.ini' => "[job big]\nenvironment = A=$x\ncommand = echo $x\n",
	'long.ini' => "[job long]\ncommand = echo $x | wc -c\n",
	'bytes.ini' => "[job bytes]\ndescription = \xff\xfe\n"
	    . "environment = A=\xff\ncommand = printf '\xff\\0\xfe'\n",
	'none.ini' => "[job none]\ncommand = /none\xff\n",
	"name\xff.ini" => "[job name]\ncommand = true\nno-such\xff = 1\n"
	    . "[job other]\ncommand = true\n",
});
$d->start;
my $master = $d->processes->{master}[0];

my $run = $d->finished($d->run('big'));
is($run->{outcome}, 'launch-failed', 'too big to launch');
like($run->{reason}, qr/too big/, 'and it says why');
$run = $d->run('long');
is($d->finished($run)->{outcome}, 'success', 'a long command');
is(($d->belfry('logs', $run))[1], "64001\n", 'as it stands');

$run = $d->run('bytes');
is($d->finished($run)->{outcome}, 'success', 'bytes that are no UTF-8');
is(($d->belfry('logs', $run))[1], "\xff\0\xfe", 'are kept');
$run = $d->finished($d->run('none'));
like($run->{reason}, qr{^cannot execute /none\x{fffd}: },
    'a reason with such bytes is valid JSON, too');
is_deeply([sort map { $_->{name} } @{ $d->json('list') }],
    [qw(big bytes long none other)], 'every job is in the list');
like($d->json('show', 'bytes')->{keys}{command}, qr/^printf '\x{fffd}/,
    'and shown with what its bytes cannot say replaced');
my $problems = $d->json('status')->{problems};
is(scalar @$problems, 1, 'so is a problem');
like($problems->[0]{file}, qr/name\x{fffd}\.ini$/, 'of such a file');
is($d->processes->{master}[0], $master, 'the master lived through it');
$d->stop;
$d->finish;
done_testing;
