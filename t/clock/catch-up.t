#!/usr/bin/perl
# catch-up and start-deadline: what was missed while nobody could run it. The
# outage is made by turning back the mark that the store keeps of each job.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::HiRes qw(time);

my $YEAR = 365 * 86400;
my $d = Belfry->new;
my $dir = $d->dir;
my $text = '';
for my $name (qw(none last all every skip queue later off)) {
	my $schedule = $name eq 'every' ? '@every 1s' : '* * * * * *';
	my $up = $name =~ /^(none|last)$/ ? $1 : 'all';
	my $overlap = $name =~ /^(skip|queue)$/ ? $1 : 'allow';
	my $more = $name eq 'off' ? 'enabled = no' : '';
	$schedule = '0 0 1 1 *', $up = 'none' if $name eq 'later';
	$text .= <<"END";
[job $name]
schedule = $schedule
catch-up = $up
catch-up-limit = 20
start-deadline = 2w
overlap = $overlap
command = echo \$BELFRY_SLOT \$BELFRY_TRIGGER >>$dir/$name
$more
END
}
$d->job('catch-up.ini', $text);
$d->start;
$d->wait_for('each to have run',
    sub { $d->ended('none') && $d->ended('every') });
is_deeply([grep { $_->{trigger} ne 'schedule' } map { $d->ended($_) }
    qw(none last all every)], [], 'a new job has no past');

sub sql { return ($d->command('sqlite3', $d->path('state/belfry.db'), @_))[1] }

# Away for $seconds.
sub outage {
	my ($seconds) = @_;
	$d->stop if $d->{pid};
	my $ms = $seconds * 1000;
	sql("delete from ledger; delete from runs; update jobs set "
	    . "hwm = hwm - $ms, last_end = last_end - $ms");
	for my $memo (split /\n/, sql("select memo from jobs where job='every'")) {
		my ($anchor) = $memo =~ /^(\d+)/ or next;
		my $then = $anchor - $ms;
		sql("update jobs set memo = replace(memo, '$anchor', '$then') "
		    . "where job = 'every'");
	}
	unlink map { $d->path($_) } qw(none last all every skip queue);
}

sub rows {
	my ($job) = @_;
	return map { [split /\|/] } split /\n/, sql("select slot, until, count,"
	    . " reason from ledger where job = '$job' and run is null "
	    . "order by slot");
}

outage($YEAR);
my $begin = time;
$d->start;
$d->wait_for('what is caught up with', sub {
	return $d->ended('all') > 20 && $d->ended('every') > 20 &&
	    $d->ended('last') > 1 && $d->ended('none') >= 1 &&
	    $d->ended('queue') > 20;
});
cmp_ok(time - $begin, '<', 20, 'a year of seconds costs nothing');
sub caught { return grep { $_->{trigger} eq 'catch-up' } reverse $d->ended($_[0]) }
is(scalar caught('none'), 0, 'none: nothing');
is(scalar caught('last'), 1, 'last: one');
for my $job (qw(all every queue)) {
	my @slots = map { $_->{slot} } caught($job);
	cmp_ok(scalar @slots, '>=', 20, "$job: catch-up-limit of them");
	cmp_ok(scalar @slots, '<=', 23, 'and not many more');
	is_deeply(\@slots, [sort @slots], 'the oldest first');
	my %n;
	$n{(split)[0]}++ for $d->lines($job);
	is_deeply([grep { $n{$_} > 1 } keys %n], [], 'each once');
	my $told = grep { /catch-up$/ } $d->lines($job);
	cmp_ok($told, '>=', 20, 'the job is told');
}
cmp_ok(scalar caught('skip'), '>=', 1, 'skip: the overlap rule is kept');
like((rows('skip'))[-1][3] // '', qr/overlap/, 'what it leaves out says so');
for (['none', 'late'], ['last', 'late'], ['all', 'catch-up-limit'],
    ['every', 'catch-up-limit'], ['off', 'late']) {
	my ($job, $reason) = @$_;
	my ($first, @more) = grep { $_->[1] - $_->[0] > 1e9 } rows($job);
	is($first->[3], $reason, "$job: one row of all that is passed over");
	is(scalar @more, 0, 'and no second');
	cmp_ok($first->[1] - $first->[0], '>', ($YEAR - 120) * 1000,
	    'from the first to the last');
}

# A slot within its deadline runs as usual, one beyond it is late.
$d->stop;
sql("delete from ledger; delete from runs; update jobs set hwm = "
    . "(strftime('%s','now','start of year') - 5) * 1000 where job = 'later'");
my $day = (gmtime)[7];
$d->start;
my $row = $d->wait_for('a decision', sub {
	my @r = split /\n/, sql("select coalesce(reason, run) from ledger "
	    . "where job = 'later'");
	return $r[0];
});
if ($day >= 14) {
	is($row, 'late', 'beyond start-deadline');
} else {
	isnt($row, 'late', 'within start-deadline');
}

# kill -9 of everything while it catches up: each slot once.
outage(3600);
$d->spawn;
$d->wait_for('the first to run', sub { $d->lines('all') });
my $pids = eval { $d->processes } // {};
kill 'KILL', $d->{pid}, map { @$_ } values %$pids;
$d->wait_exit;
$d->start;
$d->wait_for('all to run', sub { $d->lines('all') > 20 });
for my $job (qw(all every queue last)) {
	my %n;
	$n{(split)[0]}++ for $d->lines($job);
	is_deeply([grep { $n{$_} > 1 } keys %n], [], "killed: $job ran each once");
}
$d->stop;
$d->finish;
done_testing;
