#!/usr/bin/perl
# Many jobs that come after others: a fan-out of 200, joined again; a chain of
# 50; a diamond whose join waits for both sides.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $text = "[job start]\ncommand = true\n";
$text .= "[job f$_]\nafter = start\ncommand = echo $_ >>$dir/fan\n"
    for 1 .. 200;
$text .= "[job join]\nafter = " . join(' ', map { "f$_" } 1 .. 100) . "\n"
    . "command = echo join >>$dir/fan\n";
$text .= "[job c1]\ncommand = echo 1 >>$dir/chain\n";
$text .= "[job c$_]\nafter = c" . ($_ - 1)
    . "\ncommand = echo $_ >>$dir/chain\n" for 2 .. 50;
$text .= <<"END";
[job top]
command = true

[job fast]
after = top
command = echo fast >>$dir/diamond

[job slow]
after = top
command = while ! test -e $dir/go; do sleep 0.05; done; echo slow >>$dir/diamond

[job bottom]
after = fast slow
command = echo bottom >>$dir/diamond
END
$d->job('many.ini', $text);
$d->start;
my $fan = $d->run('start');
my $chain = $d->run('c1');
my $top = $d->run('top');
$d->wait_for('the fast side', sub { $d->ended('fast') });
$d->write('go', '');

my @runs;
$d->wait_for('the fan-out', sub {
	@runs = grep { $_->{outcome} }
	    @{ $d->json('history', '--chain', $fan, '-n', 1000) };
	return @runs >= 202;
});
my %n;
$n{$_}++ for $d->lines('fan');
is_deeply([grep { $n{$_} != 1 } keys %n], [], 'each child ran once');
is(scalar keys %n, 201, 'all of them');
my %seen = map { ($d->lines('fan'))[$_] => $_ } 0 .. 200;
is((scalar grep { $seen{$_} > $seen{join} } 1 .. 100), 0,
    'the join after all its parents');
is((scalar grep { $_->{outcome} ne 'success' } @runs), 0, 'all were good');

$d->wait_for('the chain', sub { $d->ended('c50') });
is_deeply([$d->lines('chain')], [1 .. 50], 'a chain of 50, in order');
@runs = @{ $d->json('history', '--chain', $chain, '-n', 1000) };
is(scalar @runs, 50, 'all with one id');
my %id = map { $_->{job} => $_->{id} } @runs;
is((scalar grep { ($_->{parent} // '') ne
    ($_->{job} eq 'c1' ? '' : $id{ 'c' . (substr($_->{job}, 1) - 1) }) } @runs),
    0, 'each has the one before it as parent');
my ($status, $out) = $d->belfry('show', 'c1');
like($out, qr/\n {2}c2 .*\n {4}c3 .*\n {6}c4 .*\n(?s:.*) {98}c50 /,
    'and is drawn');

$d->wait_for('the diamond', sub { $d->ended('bottom') });
is_deeply([$d->lines('diamond')], [qw(fast slow bottom)],
    'the join waits for both');
is($d->json('show', 'bottom')->{runs}[0], undef, 'and ran once');
is(scalar @{ $d->json('history', '--chain', $top) }, 4, 'four runs');
($status, $out) = $d->belfry('verify');
is($status, 0, 'verify finds nothing') or diag($out);
($status, $out) = $d->command('sqlite3', $d->path('state/belfry.db'),
    'select count(*) from ends');
is($out, "0\n", 'all ends are used up');
$d->stop;
$d->finish;
done_testing;
