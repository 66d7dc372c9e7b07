#!/usr/bin/perl
# "meson install" puts things where they belong, what is there in /etc stays,
# and what is installed works.
use strict;
use warnings;
use Belfry;
use File::Find;
use Test::More;

my $d = Belfry->new;
my $root = $d->path('root');
sub install {
	my ($status, $out, $err) = $d->command('env', "DESTDIR=$root", 'meson',
	    'install', '--no-rebuild', '-C', $Belfry::BUILD);
	is($status, 0, 'meson install') or diag($out . $err);
}
my ($prefix) = `meson introspect $Belfry::BUILD --buildoptions`
    =~ /"name": "prefix", "value": "([^"]*)"/;
my $usr = "$root$prefix";
install();
for my $file (qw(bin/belfry sbin/belfryd libexec/belfry/belfry-worker
    libexec/belfry/belfry-worker-lib
    share/man/man8/belfryd.8 share/man/man1/belfry.1
    share/man/man5/belfry.conf.5 share/man/man5/belfry-job.5
    share/man/man7/belfry-schedule.7 lib/systemd/system/belfry.service
    share/belfry/belfry.conf share/belfry/jobs.d/after.ini)) {
	ok(-s "$usr/$file", $file);
}
my @etc = qw(belfry/belfry.conf default/belfry init.d/belfry
    logrotate.d/belfry);
ok(-s "$root/etc/$_", "/etc/$_") for @etc;
ok(-d "$root/etc/belfry/jobs.d", 'a directory for job files');
ok(-x "$root/etc/init.d/belfry", 'the init script can be executed');
my $left = '';
find(sub {
	return unless -f;
	open(my $in, '<', $_) or return;
	local $/;
	$left .= "$File::Find::name: $1\n" if <$in> =~ /(\@\w+dir\@)/;
}, "$root/etc", "$usr/lib/systemd");
is($left, '', 'no path is left open');

# A second time: what somebody has changed is theirs.
for my $file (@etc) {
	open(my $out, '>>', "$root/etc/$file") or die "$file: $!";
	print $out "# mine\n";
}
install();
for my $file (@etc) {
	open(my $in, '<', "$root/etc/$file") or die "$file: $!";
	like(do { local $/; <$in> }, qr/^# mine$/m, "/etc/$file stays");
}

# The installed programs work, and find one another.
$d->job('a.ini', "[job hello]\ncommand = echo hello\n");
{
	local $Belfry::DAEMON = "$usr/sbin/belfryd";
	local $Belfry::BELFRY = "$usr/bin/belfry";
	# The launchers are looked for where they will be, not below DESTDIR.
	SKIP: {
		skip 'belfry-worker has another place', 2
		    unless symlink("$usr/libexec/belfry/belfry-worker",
		    "$usr/sbin/belfry-worker")
		    && symlink("$usr/libexec/belfry/belfry-worker-lib",
		    "$usr/sbin/belfry-worker-lib");
		$d->start;
		my ($status, $out) = $d->belfry('run', 'hello', '--wait');
		is($status, 0, 'an installed daemon runs a job');
		like($out, qr/^hello$/m, 'and the command shows its output');
		$d->stop;
	}
}
SKIP: {
	skip 'no logrotate here', 1
	    if system('command -v logrotate >/dev/null 2>&1') != 0;
	chmod 0644, "$root/etc/logrotate.d/belfry";
	my ($status, $out, $err) = $d->command('logrotate', '-d', '-s',
	    $d->path('logrotate.state'), "$root/etc/logrotate.d/belfry");
	is($status, 0, 'logrotate takes its file') or diag($out . $err);
}
$d->finish;
done_testing;
