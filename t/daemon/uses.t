#!/usr/bin/perl
# uses: at most so many runs of jobs that use the same semaphore at once; what
# waits is seen, goes on, is killed, ends at its start deadline.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my $wait = "echo \$BELFRY_JOB >>$dir/out; while test ! -e $dir/go.\$BELFRY_JOB;"
    . " do sleep 0.05; done";
$d->job('u.ini', <<"END");
[job one]
uses = db:1
command = $wait

[job two]
uses = db:2
command = $wait

[job both]
uses = db:2 disk:1
command = $wait

[job disk]
uses = disk:1
command = $wait

[job due]
uses = db:1
schedule = \@every 1s
start-deadline = 1s
command = echo due >>$dir/out
enabled = no

[job free]
command = echo free >>$dir/out
END
$d->start;

sub waits { map { "$_->{job}:" . ($_->{waits_for} // '') }
    @{ $d->json('status')->{line} } }
sub running {
	my ($job) = @_;
	$d->wait_for("$job to run", sub {
		grep { $_->{job} eq $job && $_->{state} eq 'running' }
		    @{ $d->json('status')->{runs} };
	});
}

my $one = $d->run('one');
running('one');
my $second = $d->run('one');
is_deeply([waits()], ['one:db'], 'it waits, and says for what');
my ($code, $out) = $d->belfry('status');
like($out, qr/^$second +one +0 +\S+ +db$/m, 'for people, too');
my $two = $d->run('two');
running('two');
pass('a job with a higher number goes on');
my $both = $d->run('both');
my $disk = $d->run('disk');
running('disk');
pass('who waits for one semaphore does not hold another');
$d->finished($d->run('free'));
is_deeply([sort(waits())], ['both:db', 'one:db'],
    'a job that uses none does not wait');

# It lives on, and so does what it has.
my ($master) = @{ $d->processes->{master} };
kill 'KILL', $master;
$d->wait_for('another master', sub {
	my ($now) = @{ $d->processes->{master} // [] };
	$now && $now != $master && eval { $d->json('status') };
});
$d->wait_for('the same to wait', sub { join(' ', sort(waits())) =~
    /^both:(db|disk) one:db$/ });
is_deeply([sort map { $_->{job} } grep { $_->{state} eq 'running' }
    @{ $d->json('status')->{runs} }], [qw(disk one two)],
    'after a restart the same have them');

is(($d->belfry('kill', $second))[0], 0, 'what waits can be killed');
is($d->finished($second)->{outcome}, 'killed', 'and is');
$d->write('go.two', '');
$d->finished($two);
is_deeply([waits()], ['both:disk'], 'both are needed');
$d->write('go.disk', '');
running('both');
pass('and it goes on when both are free');

# A slot waits until its start deadline.
my $job = $d->read('jobs/u.ini');
$job =~ s/^enabled = no\n//m;
$d->job('u.ini', $job);
$d->belfry('reload');
my $row;
$d->wait_for('a slot to be given up', sub {
	($row) = grep { ($_->{outcome} // "") eq "killed" }
	    @{ $d->json('history', 'due') };
});
is($row->{reason}, 'semaphore db was not free within start-deadline',
    'its row says why');
ok(!grep({ $_ eq 'due' } $d->lines('out')), 'it did not run');
$d->write("go.$_", '') for qw(one both);
$d->finished($_) for $one, $both;
$d->wait_for('the next slots to run', sub {
	grep { $_ eq 'due' } $d->lines('out');
});
$d->finish;
done_testing;
