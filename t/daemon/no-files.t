#!/usr/bin/perl
# A guardian that has no descriptor left to start its processes with tries
# again until it has, without haste.
use strict;
use warnings;
use Belfry;
use POSIX qw(WNOHANG);
use Test::More;

my $d = Belfry->new(jobs => { 'a.ini' => "[job one]\ncommand = true\n" });

# Starts it with so few: what stops it, if anything does.
sub start_with {
	my ($n) = @_;
	$d->{through} = ['prlimit', "--nofile=$n:1024"];
	$d->spawn;
	return $d->wait_for("its end, or trouble, with $n", sub {
		return 'end' if waitpid($d->{pid}, WNOHANG) == $d->{pid};
		return 'trouble' if $d->log =~ /cannot start recorder: socketpair/;
		return 0;
	});
}

# How many it needs up to there is its own affair.
my $n = 8;
$n++ while start_with($n) eq 'end' && $n < 40;
cmp_ok($n, '<', 40, "it cannot start anything with $n");
$d->wait_for('further tries', sub {
	return 3 <= (() = $d->log =~ /cannot start recorder/g);
});
is(waitpid($d->{pid}, WNOHANG), 0, 'it goes on');
is(system('prlimit', "--pid=$d->{pid}", '--nofile=1024:1024'), 0,
    'it may have more');
$d->wait_for('it to be up', sub { $d->log =~ /belfryd \S+ is up/ });
is($d->finished($d->run('one'))->{outcome}, 'success', 'it works');
$d->stop;
$d->finish;
done_testing;
