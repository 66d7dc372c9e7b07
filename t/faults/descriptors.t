#!/usr/bin/perl
# A thousand runs leave no open file and no process behind in any role.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $many = join '', map { <<"END" } 1 .. 100;
[job j$_]
schedule = * * * * * *
command = echo out
END
my $one = "[job one]\ncommand = true\n";
$d->job('a.ini', $one);
$d->start;

my $runs = sub {
	my ($status, $out) = $d->command('sqlite3', '-readonly',
	    $d->path('state/belfry.db'),
	    'select count(*) from runs where outcome is not null');
	return $status ? 0 : $out + 0;
};

# Open files of each process, once nothing runs.
my $count = sub {
	$d->wait_for('all to be over', sub {
		return !@{ $d->json('status')->{runs} };
	});
	my %files;
	my $pids = $d->processes;
	for my $role (sort keys %$pids) {
		for my $pid (@{ $pids->{$role} }) {
			opendir(my $dir, "/proc/$pid/fd") or die "$pid: $!";
			$files{"$role $pid"} = grep { /^\d+$/ } readdir $dir;
		}
	}
	return \%files;
};

$d->finished($d->run('one')) for 1 .. 3;
my $before = $count->();
cmp_ok(scalar keys %$before, '>=', 5, 'each role is looked at');
$d->job('a.ini', $many);
$d->json('reload');
$d->wait_for('a thousand runs', sub { return $runs->() >= 1000 }, 60);
$d->job('a.ini', $one);
$d->json('reload');
is($d->finished($d->run('one'))->{outcome}, 'success', 'one more');
my $after;
# What answered us a moment ago may not be closed yet.
eval {
	$d->wait_for('as many files as before', sub {
		$after = $count->();
		return !grep { $after->{$_} > $before->{$_} } keys %$before;
	}, 5);
};
for my $process (sort keys %$before) {
	cmp_ok($after->{$process}, '<=', $before->{$process},
	    "$process: no file more than before");
}
my ($launchers, @left) = join('|', @{ $d->processes->{launcher} });
for my $path (glob '/proc/[0-9]*/stat') {
	open(my $in, '<', $path) or next;
	my ($ppid) = (split ' ', (<$in> // '') =~ s/.*\)//r)[1];
	push @left, $path if defined $ppid && $ppid =~ /^(?:$launchers)$/;
}
is("@left", '', 'no worker is left');
$d->stop;
$d->finish;
done_testing;
