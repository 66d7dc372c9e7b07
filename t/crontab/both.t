#!/usr/bin/perl
# belfryd warns when it and cron would both run the crontabs: cron holds a lock
# on the file of its pid.
use strict;
use warnings;
use Cron;
use Fcntl qw(:flock);
use Test::More;

my $why_not = Cron::why_not();
plan skip_all => $why_not if defined $why_not;

my $c = Cron->new;
$c->file('etc/crontab', '');
$c->set_clock(time);
$c->write('crond.pid', "1\n");
$c->start;
unlike($c->log, qr/cron is running/, 'cron has ended');
open(my $pid, '<', $c->path('crond.pid')) or die;
flock $pid, LOCK_EX or die;
$c->json('reload');
like($c->log, qr{warn master\S+ cron is running, too, and has /run/crond\.pid},
    'cron runs');
is($c->stop, 0, 'stopped');
$c->finish;
done_testing;
