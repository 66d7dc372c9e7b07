#!/usr/bin/perl
# Runs that wait behind one that cannot be launched, and room for all at once.
use strict;
use warnings;
use Belfry;
use Test::More;

my $x = 'x' x 64000;
my $d = Belfry->new(conf => "max-running = 1\n", jobs => {
	'a.ini' => "[job hold]\ncommand = sleep 60\n\n"
	    . "[job quick]\ncommand = true\n",
	'big.ini' => "[job big]\nenvironment = A=$x\ncommand = echo $x\n",
});
$d->start;
my $hold = $d->run('hold');
my @runs = map { [$_, $d->run($_)] } qw(big quick big big quick quick);
my $master = $d->processes->{master}[0];
$d->conf("max-running = 50\n");
$d->belfry('reload');
for (@runs) {
	my ($job, $id) = @$_;
	is($d->finished($id)->{outcome},
	    $job eq 'big' ? 'launch-failed' : 'success', "$job ended");
}
is($d->processes->{master}[0], $master, 'the master lived through it');
$d->belfry('kill', $hold);
$d->finished($hold);
$d->stop;
$d->finish;
done_testing;
