#!/usr/bin/perl
# What a run leaves goes to the jobs after it: in their environment, also when
# they are repeated, or the master died in between.
use strict;
use warnings;
use Belfry;
use File::Copy qw(copy);
use Test::More;

my $d = Belfry->new;
mkdir $d->path('plugins');
my $path = $d->path('plugins/gentle.so');
copy("$Belfry::BUILD/t/plugins/gentle.so", $path) or die "gentle: $!";
chmod 0755, $path;
$d->conf('plugin-dir = ' . $d->path('plugins') . "\n");
my $dir = $d->dir;
my $dump = "env | grep ^BELFRY_RESULT_ | sort";
$d->job('r.ini', <<"END");
[job one]
plugin = gentle
text = of one's

[job two]
plugin = gentle
text = of two's
after = one

[job after]
after = one
retries = 1
retry-delay = 10ms
command = $dump >$dir/after.\$BELFRY_ATTEMPT; test \$BELFRY_ATTEMPT = 2

[job both]
after = one two
after-join = all
overlap = queue
command = $dump >$dir/both

[job late]
after = one
uses = gate:1
command = $dump >$dir/late

[job gate]
uses = gate:1
command = while test ! -e $dir/go; do sleep 0.05; done
END
$d->start;

my $gate = $d->run('gate');
$d->wait_for('the gate', sub {
	grep { $_->{job} eq 'gate' && $_->{state} eq 'running' }
	    @{ $d->json('status')->{runs} } });
is($d->finished($d->run('one'))->{outcome}, 'success', 'a plugin ran');
my $want = ['BELFRY_RESULT_rows=42', "BELFRY_RESULT_said=of one's"];
$d->wait_for('the repetition', sub { -s $d->path('after.2') });
is_deeply([$d->lines('after.1')], $want, 'its results are in the environment');
is_deeply([$d->lines('after.2')], $want, 'of the repetition, too');
$d->wait_for('both', sub { -s $d->path('both') });
is_deeply([$d->lines('both')],
    ['BELFRY_RESULT_rows=42', "BELFRY_RESULT_said=of two's"],
    'of several that of the last end counts');
my ($run) = @{ $d->json('history', 'both') };
is_deeply([map { $_->{results}{said} } @{ $d->json('show', $run->{id})->{parents} }],
    ["of one's", "of two's"], 'the history has those of each');
my ($master) = @{ $d->processes->{master} };
kill 'KILL', $master;
$d->wait_for('another master', sub {
	my ($now) = @{ (eval { $d->processes } // {})->{master} // [] };
	$now && $now != $master && eval { $d->json('status') };
});
$d->write('go', '');
$d->wait_for('the late one', sub { -s $d->path('late') });
is_deeply([$d->lines('late')], $want, 'they survive a master');
$d->finish;
done_testing;
