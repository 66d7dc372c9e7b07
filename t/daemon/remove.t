#!/usr/bin/perl
# Jobs that leave the files while their runs wait or run, and come back.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => "max-running = 1\n");
my $dir = $d->dir;
$d->job('hold.ini', "[job hold]\ncommand = sleep 60\n");
$d->job('gone.ini', "[job gone]\ncommand = echo ran >>$dir/gone\n");
$d->start;

# Two runs wait; the reload that removes their job makes room for them.
my $hold = $d->run('hold');
my @waiting = map { $d->run('gone') } 1 .. 3;
my $master = $d->processes->{master}[0];
$d->conf("max-running = 50\n");
unlink $d->path('jobs/gone.ini');
is(($d->belfry('reload'))[0], 0, 'reloaded');
for my $id (@waiting) {
	my $run = $d->finished($id);
	is($run->{outcome}, 'killed', 'a run that waited is not started');
	like($run->{reason}, qr/removed/, 'for its job was removed');
}
is($d->processes->{master}[0], $master, 'the master lived through it');
is_deeply([$d->lines('gone')], [], 'none of them ran');
$d->belfry('kill', $hold);

# Out of the files and back again: overlap still knows what runs.
my $one = <<"END";
[job one]
schedule = * * * * * *
overlap = skip
command = echo b >>$dir/one; sleep 6; echo e >>$dir/one
END
my $count = sub {
	my ($what) = @_;
	return scalar grep { $_ eq $what } $d->lines('one');
};
$d->job('one.ini', $one);
$d->belfry('reload');
$d->wait_for('it to run', sub { $count->('b') == 1 });
unlink $d->path('jobs/one.ini');
$d->belfry('reload');
is(scalar(grep { $_->{name} eq 'one' } @{ $d->json('list') }), 0, 'removed');
$d->job('one.ini', $one);
$d->belfry('reload');
$d->wait_for('a slot of the job that came back', sub {
	return $d->log =~ /job one: slot=\S+ skipped reason=overlap/
	    || $count->('b') > 1;
});
is($count->('b'), 1, 'the job that came back is busy with its run');
$d->wait_for('its end', sub { $count->('e') == 1 });
$d->wait_for('the next', sub { $count->('b') == 2 });
pass('and goes on after it');
kill 'TERM', $d->{pid};
kill 'TERM', $d->{pid};
$d->wait_exit;
$d->finish;
done_testing;
