#!/usr/bin/perl
# queue = NAME: runs of jobs go through a queue, as many at once as it has
# workers, the others in order; what comes when it is full is refused.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => "[queue mail]\nlimit = 2\n\n"
    . "[queue pair]\nworkers = 2\n");
my $dir = $d->dir;
my $wait = "echo \$BELFRY_JOB >>$dir/out; while test ! -e $dir/go.\$BELFRY_JOB;"
    . " do sleep 0.05; done";
$d->job('q.ini', <<"END");
[job one]
queue = mail
command = $wait

[job two]
queue = mail
command = $wait

[job three]
queue = mail
priority = 5
command = $wait

[job often]
queue = mail
schedule = \@every 1s
start-deadline = 1s
enabled = no
command = true

[job left]
queue = pair
command = $wait

[job right]
queue = pair
command = $wait
END
$d->start;

sub states {
	my %state = map { $_->{job} => $_->{state} }
	    @{ $d->json('status')->{runs} };
	return \%state;
}
sub running {
	my ($job) = @_;
	$d->wait_for("$job to run",
	    sub { (states()->{$job} // '') eq 'running' });
}

my $one = $d->run('one');
running('one');
$d->run('two');
$d->run('three');
my @line = @{ $d->json('status')->{line} };
is_deeply([map { "$_->{job} $_->{waits_for}" } @line],
    ['three queue/mail', 'two queue/mail'], 'they wait, by priority');

my ($status, $out, $err) = $d->belfry('run', 'two');
is($status, 1, 'a run by hand is refused when it is full');
like($err, qr/queue mail is full: 2 wait/, 'and says so');

$d->job('q.ini', $d->read('jobs/q.ini') =~ s/^enabled = no$//mr);
$d->belfry('reload');
my $row = $d->wait_for("a slot to be skipped", sub {
	(grep { $_->{reason} ne "disabled" } $d->ledger("often"))[0] });
is("$row->{outcome} $row->{reason}", 'skipped queue-full',
    'a slot is skipped, and why');
like($d->json('explain', 'often')->{text}[0]
	// '', qr/./, 'explain has words for it');

$d->run('left');
$d->run('right');
running('left');
running('right');
pass('two workers run two');

# Who has the queue keeps it over the death of the master.
my ($master) = @{ $d->processes->{master} };
kill 'KILL', $master;
$d->wait_for('another master', sub {
	my ($now) = @{ $d->processes->{master} // [] };
	$now && $now != $master && eval { $d->json('status') };
});
is(states()->{two}, 'waiting', 'after a restart it waits still');
$d->write('go.one', '');
$d->finished($one);
running('three');
isnt(states()->{two}, 'running', 'one at a time');
$d->write("go.$_", '') for qw(two three left right);
$d->wait_for('all to end', sub { !grep { !/often/ } keys %{ states() } });
is_deeply([grep { !/left|right/ } $d->lines('out')], [qw(one three two)],
    'one after the other');

$d->job('bad.ini', "[job lost]\ncommand = true\nqueue = mall\n");
($status, $out, $err) = $d->belfry('check');
like($out, qr{bad.ini:3: job lost: error: belfry.conf has no \[queue mall\]; did you mean mail\?},
    'a queue that is not there');
for my $case (["[queue]\n", 'a queue without a name; write [queue NAME]'],
    ["[queue a/b]\n", 'bad name of a queue "a/b"'],
    ["[queue a]\n[queue a]\n", '[queue a] is given twice'],
    ["[queue a]\nlimt = 1\n", 'unknown key "limt" in [queue]; did you mean limit?'],
    ["[queue a]\nworkers = 0\n", 'workers: "0": write a number from 1 to 10000'],
    ["[queue a]\nlimit = x\n", 'limit: "x": write a number from 1 to 100000']) {
	$d->write('bad.conf', "[master]\nrun-dir = r\n$case->[0]");
	($status, $out, $err) = $d->command($Belfry::BELFRY, 'check',
	    $d->path('bad.conf'));
	ok(index("$out$err", $case->[1]) >= 0, $case->[1]) or diag("$out$err");
}
$d->finish;
done_testing;
