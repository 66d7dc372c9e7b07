#!/usr/bin/perl
# A daemon with very many jobs: how soon it is ready, what its master takes for
# each job, how long a reload of one changed job takes.
#
#   perl -It/lib t/bench/million.pl [JOBS [FILES]]
use strict;
use warnings;
use Belfry;
use Time::HiRes qw(time);

my $n = $ARGV[0] // 1_000_000;
my $files = $ARGV[1] // int(($n + 99_999) / 100_000);
my @kinds = ('H H * * *', '*/5 * * * *', '@every 1h', '0 3 * * MON-FRI',
	'H H(1-5) 1 * *');

sub private_kb {
	my ($pid) = @_;
	open(my $in, '<', "/proc/$pid/smaps_rollup") or die "smaps: $!";
	my $kb = 0;
	while (<$in>) {
		$kb += $1 if /^Private_\w+: +(\d+)/;
	}
	return $kb;
}

sub measure {
	my ($count) = @_;
	my $d = Belfry->new(conf => "log-level = warn\n");
	$d->write('belfry.conf', $d->read('belfry.conf') =~
	    s/^log-level = debug\n//mr);
	my $job = 0;
	for my $file (0 .. ($count > 1 ? $files - 1 : 0)) {
		my $text = '';
		for (1 .. ($count > 1 ? int($count / $files) : 1)) {
			$text .= "[job tenant-$job.report]\n"
			    . "description = report of tenant $job\n"
			    . "schedule = $kinds[$job % @kinds]\n"
			    . "command = /usr/local/bin/report $job\n";
			$job++;
		}
		$d->job(sprintf('%04d.ini', $file), $text);
	}
	$Belfry::PATIENCE = 300;
	my $began = time;
	$d->spawn;
	my $status = $d->wait_for('the daemon to be ready', sub {
		return eval { $d->json('status') };
	});
	my $ready = time - $began;
	my ($master) = @{ $d->processes->{master} };
	# The store has heard of all of them.
	$d->wait_for('the recorder', sub {
		return $d->json('status')->{store}{unconfirmed} == 0;
	});
	my $kb = private_kb($master);
	$d->job('zzzz.ini', "[job one]\nschedule = \@daily\ncommand = true\n");
	$began = time;
	$d->belfry('reload');
	my $reload = time - $began;
	# A start that knows them all from the store.
	kill 'KILL', $d->{pid};
	$d->wait_exit;
	$d->wait_for('all to end', sub { return !$d->leftovers });
	$began = time;
	$d->spawn;
	$d->wait_for('the daemon again', sub {
		return eval { $d->json('status') };
	});
	my $again = time - $began;
	$d->stop('KILL');
	return ($status->{jobs}, $kb, $ready, $reload, $again);
}

my ($few, $base) = measure(1);
my ($jobs, $kb, $ready, $reload, $again) = measure($n);
printf "%d jobs in %d files: ready in %.2f s, again in %.2f s; reload of one "
    . "more file %.0f ms; master %.1f MB, %.0f bytes a job\n", $jobs, $files,
    $ready, $again, $reload * 1000, $kb / 1024, ($kb - $base) * 1024 / $jobs;
