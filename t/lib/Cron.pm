# Debian's cron beside belfryd: both read the same crontabs, at the places where
# cron has them, each in a mount namespace of its own, by one clock that the
# test sets. What their jobs write goes to a directory of each daemon.
#
#   my $c = Cron->new($why_not_r) or plan skip_all => ...;
#   $c->file('etc/crontab', $text); $c->tab($user, $text);
#   $c->start($time);
#   $c->minute($time, $label);
#
package Cron;

use strict;
use warnings;
use parent 'Belfry';
use Belfry;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More ();
use Time::HiRes ();

our @NAMES = qw(cron belfry);

# Why it is not possible here; undef.
sub why_not {
	return 'not root' if $> != 0;
	return 'no mount namespaces' if system('unshare', '-m', 'true') != 0;
	return undef;
}

# Packages of Debian, unpacked in a directory that goes with the test; undef:
# there is no network.
sub fetch {
	my (@packages) = @_;
	my $dir = tempdir('belfry.XXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $dir;
	return undef if system("cd $dir && timeout 60 apt-get download @packages "
	    . '>/dev/null 2>&1') != 0;
	for my $deb (glob "$dir/*.deb") {
		system('dpkg-deb', '-x', $deb, $dir) == 0 or die $deb;
	}
	return $dir;
}

sub new {
	my ($class, %arg) = @_;
	my $self = Belfry::new($class, conf => <<'END');
[crontab]
files = /etc/crontab /etc/cron.d
spool = /var/spool/cron/crontabs
END
	my $dir = $self->dir;
	system("cp -a /etc $dir/etc") == 0 or die;
	make_path(map { $self->path($_) } 'etc/cron.d', 'sbin', 'out');
	unlink glob "$dir/etc/cron.d/*";
	$self->file('etc/pam.d/cron', <<'END');
auth required pam_permit.so
account required pam_permit.so
session required pam_env.so
session required pam_env.so envfile=/etc/default/locale
END
	if (my $zone = $arg{zone}) {
		unlink $self->path('etc/localtime');
		symlink "/usr/share/zoneinfo/$zone", $self->path('etc/localtime');
	}
	for my $name (@NAMES) {
		make_path(map { $self->path("$_.$name") } 'out',
		    'spool');
		make_path($self->path("spool.$name/crontabs"));
		for (qw(runs mail)) {
			mkdir $self->path("out.$name/$_");
			chmod 01777, $self->path("out.$name/$_");
		}
	}
	$self->scripts;
	return $self;
}

sub scripts {
	my ($self) = @_;
	my $dir = $self->dir;
	$self->write('enter', <<"END");
set -e
mount --bind $dir/etc /etc
mount --bind $dir/out.\$1 $dir/out
mount --bind $dir/sbin /usr/sbin
mount --bind $dir/spool.\$1 /var/spool
mkdir -p /var/spool/cron
mount --bind $dir/spool.\$1 /var/spool/cron
mount -t tmpfs none /run
! test -e $dir/crond.pid || { >/run/crond.pid
mount --bind $dir/crond.pid /run/crond.pid; }
test ! -e $dir/boot_id || mount --bind $dir/boot_id /proc/sys/kernel/random/boot_id
shift
exec "\$@"
END
	# What a job finds, each run at the end of a file of its name and minute.
	$self->write('rec', <<"END");
#!/bin/sh
label=\$(cat $dir/out/now)
{ env | grep -v ^BELFRY_ | sort; pwd; id; umask; echo "args: \$*"; cat; } \\
    >>$dir/out/runs/\$label.\$1
END
	$self->write('sbin/sendmail', <<"END");
#!/bin/sh
cd $dir/out/mail
{ id; echo "args: \$*"; cat; } >tmp.\$\$
mv tmp.\$\$ \$(cat ../now).\$(md5sum <tmp.\$\$ | cut -c1-32)
END
	chmod 0755, map { $self->path($_) } 'rec', 'sbin/sendmail';
}

# A file below the directory, as root's crontabs are.
sub file {
	my ($self, $name, $text) = @_;
	$self->write($name, $text);
	chmod 0644, $self->path($name);
}

# A user's own crontab, put in place as crontab(1) does.
sub tab {
	my ($self, $user, $text) = @_;
	for my $name (@NAMES) {
		my $new = $self->path("spool.$name/new");
		$self->write("spool.$name/new", $text);
		chown +(getpwnam $user)[2], 0, $new;
		chmod 0600, $new;
		rename $new, $self->path("spool.$name/crontabs/$user") or die;
	}
}

sub spawn {
	my ($self, @args) = @_;
	return $self->enter('belfry', { LD_PRELOAD =>
	    "$Belfry::BUILD/t/lib/libclock.so" }, $Belfry::DAEMON, '-c',
	    $self->path('belfry.conf'), '-f', @args);
}

# A program in the namespace of one of the two.
sub enter {
	my ($self, $name, $env, @command) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', $self->path($name eq 'cron' ? 'cron.log' : 'log'));
		open(STDERR, '>&', \*STDOUT);
		setpgrp(0, 0);
		exec 'unshare', '-m', 'sh', $self->path('enter'), $name, 'env',
		    '-i', 'PATH=/usr/bin:/bin', 'LC_ALL=C.UTF-8',
		    'BELFRY_TEST_CLOCK=' . $self->path('clock'),
		    (map { "$_=$env->{$_}" } keys %$env), @command
		    or POSIX::_exit(127);
	}
	$self->{$name eq 'cron' ? 'cron' : 'pid'} = $pid;
	return $pid;
}

# As after a boot of the machine: belfryd was there before it.
sub start_both {
	my ($self, $cron, $time) = @_;
	$self->label('before');
	$self->set_clock($time - 10);
	$self->start;
	$self->stop;
	$self->write('boot_id', "00000000-1111-2222-3333-444444444444\n");
	$self->write('log', ''); # start() looks for what is new in it
	$self->label('start');
	$self->set_clock($time);
	$self->enter('cron', {
	    LD_PRELOAD => "$Belfry::BUILD/t/lib/libclock.so:"
		. "$Belfry::BUILD/t/lib/libcronsleep.so",
	    BELFRY_TEST_SLEEP => $self->path('sleep'),
	}, $cron, '-f');
	$self->start;
	$self->settle('start');
}

sub label {
	my ($self, $label) = @_;
	$self->write("out.$_/now", "$label\n") for @NAMES;
}

# It is this time now: what is due runs, and is over when this returns.
sub minute {
	my ($self, $time, $label) = @_;
	$self->label($label);
	$self->set_clock($time);
	$self->settle($label);
}

# cron sleeps until the next minute and has no children, belfryd has no runs,
# and both have written as much.
sub settle {
	my ($self, $label) = @_;
	my $ok = eval {
		$self->wait_for("cron at $label", sub { $self->cron_rests });
		$self->wait_for("belfryd at $label", sub {
			my $status = $self->json('status');
			return 0 if @{ $status->{runs} };
			return $self->files('belfry') >= $self->files('cron');
		}, 10);
		1;
	};
	Test::More::diag("$label: $@") unless $ok;
}

sub cron_rests {
	my ($self) = @_;
	my $pid = $self->{cron};
	die "cron ended:\n" . $self->read('cron.log')
	    if waitpid($pid, POSIX::WNOHANG()) == $pid;
	my $until = unpack 'q', $self->read('sleep') // return 0;
	return 0 if $until <= $self->clock;
	open(my $in, '<', "/proc/$pid/task/$pid/children") or return 0;
	return !defined scalar <$in>;
}

sub files {
	my ($self, $name) = @_;
	return my @files = map { s/.*?\/out\.$name\///r }
	    glob $self->path("out.$name/{runs,mail}/*");
}

# "runs/LABEL.JOB" and "mail/LABEL.SUM" => what is in it.
sub results {
	my ($self, $name) = @_;
	return { map { ($_ => $self->read("out.$name/$_")) }
	    $self->files($name) };
}

sub stop_both {
	my ($self) = @_;
	kill 'KILL', $self->{cron};
	waitpid $self->{cron}, 0;
	return $self->stop;
}

1;
