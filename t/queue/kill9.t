#!/usr/bin/perl
# What was submitted survives the death of any process, and of the daemon:
# each runs once.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => "[queue one]\n\n[queue four]\nworkers = 4\n");
my $dir = $d->dir;
$d->start;

sub submit {
	my (@args) = @_;
	my ($status, $out, $err) = $d->belfry('submit', @args);
	die "submit @args: $err" if $status;
	chomp $out;
	return $out;
}
sub dies {
	my ($role) = @_;
	my ($old) = @{ $d->processes->{$role} };
	kill 'KILL', $old;
	$d->wait_for("another $role", sub {
		my $p = eval { $d->processes } or return 0;
		my ($now) = @{ $p->{$role} // [] };
		$now && $now != $old;
	});
}

my $first = submit('-q', 'one', '--', "echo 1 >>$dir/out; "
    . "while test ! -e $dir/go; do sleep 0.05; done");
my @ids = ($first, map { submit('-q', 'one', '--', "echo $_ >>$dir/out") }
    2 .. 5);
$d->wait_for('the first', sub { ($d->lines('out'))[0] });
dies('master');
dies('recorder');
$d->write('go', '');
$d->finished($_) for @ids;
is_deeply([$d->lines('out')], [1 .. 5], 'each once and in order');
is($d->json('show', $first)->{outcome}, 'success', 'the first went on');

# The whole daemon, while some run and some wait, again and again.
unlink $d->path('out');
@ids = map { submit('-q', 'four', '--', "sleep 0.1; echo $_ >>$dir/out") }
    1 .. 30;
for (1 .. 3) {
	$d->wait_for('some to have run', sub { $d->lines('out') >= $_ * 6 });
	my @all = map { @$_ } values %{ $d->processes };
	kill 'KILL', $d->{pid}, @all;
	waitpid $d->{pid}, 0;
	$d->start;
}
my %outcomes;
$outcomes{$d->finished($_)->{outcome}}++ for @ids;
my %seen;
$seen{$_}++ for $d->lines('out');
is(scalar(grep { $_ > 1 } values %seen), 0, 'none ran twice');
is(scalar(keys %seen) + ($outcomes{lost} // 0) >= 30, 1,
    'none was forgotten') or diag(explain(\%outcomes, \%seen));
is($outcomes{lost} // 0, 0, 'workers live on, and so nothing is lost');
is(scalar(@{ $d->json('queue', 'list') }), 0, 'nothing waits');
is(scalar(grep { !/^\.\.?$/ && (length > 3 || /\.job$/) }
    do { opendir(my $h, $d->path('state/runs')); readdir $h }), 0,
    'no file of them is left');
is(($d->belfry('verify'))[0], 0, 'verify finds nothing');
$d->finish;
done_testing;
