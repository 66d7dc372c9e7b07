#!/usr/bin/perl
# The crontabs that Debian's packages ship: each is read without an error, has
# a job for each of its lines, and can be a job file.
use strict;
use warnings;
use Cron;
use Test::More;

# Those with a file in /etc/cron.d, and the one with /etc/crontab.
my @packages = qw(
    amavisd-new anacron awstats backupninja certbot cron-apt
    cron-daemon-common dirvish dma e2fsprogs inn2 logcheck mdadm munin
    munin-node php-common rsnapshot sysstat);

my $debian = Cron::fetch(@packages)
    // plan skip_all => 'no packages from Debian: no network?';
my $d = Belfry->new(conf => <<"END");
[crontab]
files = tabs $debian/etc/crontab
END
my $dir = $d->dir;
mkdir "$dir/tabs";
system("cp $debian/etc/cron.d/* $dir/tabs") == 0 or die;
chmod 0644, glob "$dir/tabs/*";
my @tabs = (glob("$dir/tabs/*"), "$debian/etc/crontab");
cmp_ok(scalar @tabs, '>=', @packages, 'each package has a crontab');

my ($status, $out) = $d->belfry('check');
unlike($out, qr/: error: /, 'no errors') or diag $out;
my ($jobs) = $out =~ /^(\d+) jobs, 0 errors/m;

# What looks like a line of times and a user, without the parser's help.
my $lines = 0;
for my $tab (@tabs) {
	my $text = `cat $tab`;
	my $n = () = $text =~ /^[ \t]*(?:(?:[\d*][\d*,\/a-z-]*[ \t]+){4}[\w*,\/-]+|\@\w+)[ \t]+[a-z_-]+[ \t]+\S/mg;
	$lines += $n;
	my ($code, $ini, $err) = $d->belfry('import', 'crontab', '--system', $tab);
	is($code, 0, "import $tab") or diag $err;
	is(scalar(() = $ini =~ /^\[job /mg), $n, "its $n lines");
	$d->write('tab.ini', $ini);
	($code, $out) = $d->belfry('check', "$dir/tab.ini");
	unlike($out, qr/: error: /, 'are jobs');
}
is($jobs, $lines, "$lines lines are as many jobs");
cmp_ok($lines, '>=', 25, 'which are some');
$d->finish;
done_testing;
