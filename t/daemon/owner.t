#!/usr/bin/perl
# root does not take over the state directory of somebody else.
use strict;
use warnings;
use Belfry;
use Test::More;

plan skip_all => 'needs root' if $> != 0;
my $d = Belfry->new(jobs => { 'a.ini' => "[job a]\ncommand = true\n" });
my $state = $d->path('state');
mkdir $state;
my ($uid, $gid) = (getpwnam 'nobody')[2, 3];
chown $uid, $gid, $state;
$d->spawn;
is($d->wait_exit >> 8, 1, 'root does not start on the state of nobody');
like($d->log, qr/state belongs to uid $uid, .*user in \[master\]/,
    'and says what to do');
is((stat $state)[4], $uid, 'whose it stays');

$d->conf("user = nobody\n");
chown $uid, $gid, $d->path('run') if -e $d->path('run');
$d->start;
my $run = $d->finished($d->run('a'));
is($run->{outcome}, 'success', 'with user = nobody it does');
$d->stop;
$d->finish;
done_testing;
