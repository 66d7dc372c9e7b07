#!/usr/bin/perl
# The files of runs that are over are free: a daemon that is started again
# uses them, finds nothing wrong with them, and makes no new ones. So are those
# that were made and could not be written.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(jobs => { 'a.ini' => "[job quick]\ncommand = true\n" });
my $files = sub { scalar(() = glob $d->path('state/runs/*')) };

$d->start;
$d->finished($d->run('quick')) for 1 .. 3;
# Those that are made ahead come a few at a time.
# The place of a run may lie beyond them, so there may be more.
$d->wait_for('all files to be made ahead', sub { $files->() >= 640 });
$d->stop;
my $made = $files->();
cmp_ok($made, '>=', 1, 'run files were made');

$d->start;
is($d->finished($d->run('quick'))->{outcome}, 'success',
    'a daemon that is started again runs jobs');
is($files->(), $made, 'in the files of before');
$d->stop;
unlike($d->log, qr/run file|cannot free/, 'and complained about none');
$d->finish;

my $mounted;
END {
	my $status = $?;
	system('umount', '-l', $mounted) if defined $mounted;
	$? = $status;
}

SKIP: {
	skip 'a full disk needs root', 4 if $> != 0;
	my $full = Belfry->new(jobs => {
		'a.ini' => "[job quick]\ncommand = true\n"
	});
	my $state = $full->path('state');
	mkdir $state;
	skip 'cannot mount a tmpfs', 4
	    if system('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', $state);
	$mounted = $state;
	$full->start;
	$full->finished($full->run('quick'));
	# Places of new files: each run of before keeps its own.
	system("dd if=/dev/zero of=$state/filler bs=4k 2>/dev/null");
	$full->belfry('run', 'quick') for 1 .. 6;
	kill 'KILL', $full->{pid};
	$full->wait_exit;
	unlink "$state/filler";
	system('mount', '-o', 'remount,size=10m', $state);
	$full->start;
	is($full->finished($full->run('quick'))->{outcome}, 'success',
	    'with space again, jobs run');
	$full->stop;
	unlike($full->log, qr/damaged/, 'what was not written is not damaged');
	$full->finish;
	system('umount', $state);
	$mounted = undef;
}
done_testing;
