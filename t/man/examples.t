#!/usr/bin/perl
# The EXAMPLES of the manuals run and print what they say they do.
use strict;
use warnings;
use Belfry;
use Httpd;
use Manual;
use Test::More;

# Examples of the terminal: all of a page in one directory, as a reader would.
# Each page must leave no daemon behind.
for my $page (sort glob 'man/*.[1-8]') {
	my $d = Belfry->new;
	my $dir = $d->path('page');
	mkdir $dir;
	my @sessions = grep { Manual::is_session($_) } Manual::examples($page);
	note($page);
	Manual::run_session($_, $dir, HOME => $dir) for @sessions;
	$d->finish;
}

# Job files: all are good, and every job ends well when it is run.
my $d = Belfry->new;
my (@jobs, $n);
my $h = Httpd->new;
$d->write('token', "example\n");
chmod 0600, $d->path('token');
for my $block (Manual::examples('man/belfry-job.5')) {
	next if Manual::is_session($block);
	# Our own server, and our own file.
	$block =~ s{https://example\.org}{$h->url('/echo')}ge;
	$block =~ s{^http-password-file = \K.*}{$d->path('token')}gem;
	$d->job(sprintf('example%d.ini', ++$n), $block);
	push @jobs, $block =~ /^\[job (\S+)\]/mg;
}
cmp_ok(scalar @jobs, '>=', 5, 'belfry-job(5) has examples');
my ($status, $out) = $d->belfry('check');
is($status, 0, 'its jobs are good') or diag($out);
unlike($out, qr/\berror\b(?!s)/, 'without any error');
$d->start;
for my $job (@jobs) {
	my $run = $d->finished($d->run($job));
	is($run->{outcome}, 'success', "job $job")
	    or diag($run->{reason});
}
$d->stop;
$d->finish;

# Configurations: each is taken, and a daemon comes up on it.
$n = 0;
for my $block (Manual::examples('man/belfry.conf.5')) {
	next if Manual::is_session($block);
	my $c = Belfry->new;
	local $ENV{BELFRY_LOG_LEVEL} = 'debug';
	mkdir $c->path('jobs');
	$n++;
	$block =~ s/^jobs-dir = .*\n/$&state-dir = state\nrun-dir = run\n/m
	    unless $block =~ /^state-dir/m;
	$c->write('belfry.conf', $block);
	($status, $out) = $c->belfry('check');
	is($status, 0, "configuration $n is good") or diag($out);
	# It may log to a file of its own.
	$c->spawn;
	$c->wait_for('the daemon to answer', sub {
		return eval { $c->json('status')->{state} eq 'running' };
	});
	pass('a daemon runs on it');
	is($c->stop, 0, 'and stops');
	$c->finish;
}
cmp_ok($n, '>=', 2, 'belfry.conf(5) has examples');
done_testing;
