# Without a cluster this host is the only one there is: what is for another
# has no host.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(
    conf => "node-name = alpha\ntags = web, fast\n");
my %hosts = (mine => 'alpha', tagged => 'tag:web & !tag:slow',
    every => 'all', two => '2 of any', other => 'beta',
    none => '!tag:fast');
$d->job("$_.ini", "[job $_]\nhosts = $hosts{$_}\n"
    . "schedule = * * * * * *\ncommand = true\n") for keys %hosts;
$d->start;
for my $job (qw(mine tagged every two)) {
	$d->wait_for("$job to run", sub { scalar $d->ended($job) });
}
for my $job (qw(other none)) {
	my @rows = $d->wait_for("$job to be missed", sub {
		my @rows = $d->ledger($job);
		return @rows ? \@rows : undef;
	})->@*;
	is_deeply([grep { $_->{reason} ne 'no-host' } @rows], [],
	    "$job: no host");
	like($rows[0]{detail}, qr/no host is one of \Q$hosts{$job}\E/,
	    'said in words');
}
$d->stop;
$d->finish;
done_testing;
