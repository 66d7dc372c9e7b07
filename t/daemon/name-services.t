#!/usr/bin/perl
# Name services that hang (a directory server that is gone) delay the runs of
# the users whom they do not tell, and nobody and nothing else.
use strict;
use warnings;
use Belfry;
use Test::More;

my $self = getpwuid($>);
plan skip_all => 'we have no name' unless defined $self;

my $d = Belfry->new(jobs => { 'a.ini' => <<"END" });
[job hangs]
command = id -u
user = $self
[job other]
command = id -u
user = $>
[job plain]
command = id -u
END
mkdir $d->path('nss');
$ENV{BELFRY_TEST_NSS} = $d->path('nss');
$ENV{LD_PRELOAD} = "$Belfry::BUILD/t/lib/libnss.so";

sub output {
	my ($run) = @_;
	is($d->finished($run)->{outcome}, 'success', "$run ended well");
	return ($d->belfry('logs', $run))[1];
}

# The run waits for its user, and the daemon knows.
sub waits {
	my ($run) = @_;
	$d->wait_for('it to wait for its user', sub {
		grep { $_->{id} eq $run && ($_->{waits_for} // '') eq
		    "user $self" } @{ $d->json('status')->{line} };
	});
	return 1;
}

sub kill_process {
	my ($role) = @_;
	my ($pid) = @{ $d->processes->{$role} };
	ok(kill('KILL', $pid), "$role killed");
}

$d->start;
$d->write("nss/hang-$self", '');
my $hangs = $d->run('hangs');
ok(waits($hangs), 'while its user cannot be looked up a run waits');
is(output($d->run('other')), "$>\n", 'the run of another does not');
is(output($d->run('plain')), "$>\n", 'nor one without a user');

kill_process('library-launcher');
ok(waits($hangs), 'nor does it mind the end of whoever looks');
unlink $d->path("nss/hang-$self");
is(output($hangs), "$>\n", 'it runs when the answer comes');

# Nobody looks again for a minute: with a new master all is forgotten.
$d->write("nss/die-$self", '');
kill_process('master');
my $run = $d->wait_for('the new master', sub { eval { $d->run('hangs') } });
my $end = $d->finished($run);
is($end->{outcome}, 'launch-failed', 'without any answer it fails');
is($end->{reason}, "the system's name services do not say who user $self is",
    'with the reason');
is(output($d->run('plain')), "$>\n", 'the others go on');
$d->stop;
$d->finish;

# Nor does the daemon that works as such a user need to ask, once it has begun.
SKIP: {
	skip 'needs root', 10 if $> != 0;
	$d = Belfry->new(conf => "user = nobody\n", jobs => {
		'a.ini' => "[job plain]\ncommand = id -u\n"
		    . "[job other]\ncommand = id -u\nuser = daemon\n" });
	mkdir $d->path('nss');
	chmod 0755, $d->path('nss');
	$ENV{BELFRY_TEST_NSS} = $d->path('nss');
	$self = 'nobody';
	$d->start;
	$d->write('nss/groups-nobody', '');
	my $old = $d->processes;
	kill_process($_) for qw(recorder api master);
	$d->wait_for('the next ones', sub {
		my $now = eval { $d->processes } // {};
		!grep { ($now->{$_}[0] // $old->{$_}[0]) == $old->{$_}[0] }
		    qw(recorder api master);
	});
	pass('processes come back');
	$run = $d->run('plain');
	ok(waits($run), 'runs of its own user wait');
	is(output($d->run('other')), getpwnam('daemon') . "\n",
	    'those of others do not');
	unlink $d->path('nss/groups-nobody');
	is(output($run), getpwnam('nobody') . "\n", 'until the answer');
	$d->stop;
	$d->finish;
}
done_testing;
