#!/usr/bin/perl
# overlap = allow, skip, queue, replace: who runs, and what the ledger says.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $text = '';
for my $overlap (qw(allow skip queue replace)) {
	$text .= <<"END";
[job $overlap]
schedule = * * * * * *
overlap = $overlap
command = echo b >>$dir/$overlap; sleep 2.5; echo e >>$dir/$overlap
END
}
for my $overlap (qw(allow queue)) {
	$text .= <<"END";
[job $overlap-2]
schedule = * * * * * *
overlap = $overlap
overlap-limit = 2
command = echo b >>$dir/$overlap-2; sleep 3.5; echo e >>$dir/$overlap-2
END
}
$d->job('overlap.ini', $text);
$d->start;
$d->wait_for('two ended runs of each', sub {
	return $d->ended('allow') >= 3 && $d->ended('skip') >= 2 &&
	    $d->ended('queue') >= 2 && $d->ended('replace') >= 2;
});

my $depth = sub {
	my ($name) = @_;
	my ($now, $most) = (0, 0);
	for my $line ($d->lines($name)) {
		$now += $line eq 'b' ? 1 : -1;
		$most = $now if $now > $most;
	}
	return $most;
};
cmp_ok($depth->('allow'), '>=', 2, 'allow: runs side by side');
is($depth->('skip'), 1, 'skip: one at a time');
is($depth->('queue'), 1, 'queue: one at a time');

my ($status, $out) = $d->command('sqlite3', $d->path('state/belfry.db'),
    "select distinct outcome, reason from ledger where job = 'skip' "
    . "and reason is not null order by 1");
like($out, qr/skip/, 'skip: left out slots are in the ledger');
like($out, qr/overlap/, 'with their reason');

my $skipped = $d->json('history', 'skip', '--outcome', 'skipped');
cmp_ok(scalar @$skipped, '>=', 1, 'history --outcome skipped lists them');
is($skipped->[0]{reason}, 'overlap', 'with the reason');
($status, $out) = $d->belfry('history', 'skip', '--outcome', 'skipped,missed');
like($out, qr/^skip\s+skipped\s+overlap\s/m, 'as a table too');

my @replaced = grep { $_->{outcome} eq 'killed' } $d->ended('replace');
cmp_ok(scalar @replaced, '>=', 2, 'replace: the older run was ended');
like($replaced[0]{reason}, qr/replaced/, 'and says why');

# What exceeds overlap-limit.
for my $job (qw(allow-2 queue-2)) {
	my $detail = $d->wait_for('a slot that is too many', sub {
		my ($s, $out) = $d->command('sqlite3',
		    $d->path('state/belfry.db'), 'select detail from ledger '
		    . "where job = '$job' and reason = 'overlap'");
		return $out;
	});
	like($detail, qr/overlap-limit/, "$job: what is too many is skipped");
}
is($depth->('allow-2'), 2, 'allow: two side by side and no more');
my $waiting = () = grep { $_->{job} eq 'queue-2' && $_->{state} eq 'queued' }
    @{ $d->json('status')->{runs} };
cmp_ok($waiting, '<=', 2, 'queue: two wait and no more');

# In order, and the slots that waited are still there after the daemon went.
my @queue = reverse $d->ended('queue');
my @sorted = sort { $a->{slot} cmp $b->{slot} } @queue;
is_deeply([map { $_->{slot} } @queue], [map { $_->{slot} } @sorted],
    'queue: in order of slots');
kill 'TERM', $d->{pid};
kill 'TERM', $d->{pid};
$d->wait_exit;
$d->finish;
done_testing;
