#!/usr/bin/perl
# SIGQUIT while runs are put off by jitter and others wait for their retry:
# every role ends by itself, and the next start finds them all.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
$d->job('a.ini', <<'END' . join '', map { <<"END" } 1 .. 4);
[job late]
schedule = * * * * * *
jitter = 1h
command = true

END
[job again$_]
schedule = \@every 1d
first = now
command = exit 1
retries = 1
retry-delay = 1h

END
$d->start;
my $waiting = sub {
	return grep { $_->{state} eq 'waiting' } @{ $d->json('status')->{runs} };
};
$d->wait_for('runs that are put off', sub { return $waiting->() >= 3 });
my @retrying = map { "again$_" } 1 .. 4;
$d->wait_for('retries', sub {
	return @retrying ==
	    grep { $d->json('show', $_)->{state} eq 'retrying' } @retrying;
});
my %before = map { $_->{id} => 1 } $waiting->();
$d->stop('QUIT');
unlike($d->log, qr/killed by signal|exited with status [^0]/,
    'all ended by themselves');
$d->start;
is((scalar grep { $before{ $_->{id} } } $waiting->()), scalar keys %before,
    'the runs are put off as they were');
is((scalar grep { $d->json('show', $_)->{state} eq 'retrying' } @retrying),
    4, 'the retries wait');
$d->stop;
$d->finish;
done_testing;
