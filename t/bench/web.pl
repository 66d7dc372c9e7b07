#!/usr/bin/perl
# The dashboard under load: how many of its calls are answered in a second
# while a thousand jobs fire at once every ten seconds, and what that does to
# their lateness. Needs wrk (Debian: wrk).
#
#   perl -It/lib t/bench/web.pl [JOBS [SECONDS]]
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Time::HiRes qw(sleep time);
use Web;

my $jobs = $ARGV[0] // 1000;
my $seconds = $ARGV[1] // 30;
my $every = 10;

my $port = do {
	require IO::Socket::INET;
	IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
};
my $d = Belfry->new(conf => "[api]\nlisten = 127.0.0.1:$port\n",
    jobs => { 'a.ini' => join '', map { "[job job$_]\ncommand = true\n"
	. "schedule = */$every * * * * *\n\n" } 1 .. $jobs });
$d->write('belfry.conf', $d->read('belfry.conf') =~ s/^log-level = .*\n//mr);
$d->start;
my $web = Web->new($d);

# What a person who looks at the dashboard asks for, in turn; $pause ms
# between two calls of a connection.
sub script {
	my ($pause) = @_;
	my $some = join ',', map { "job$_" } 1 .. 20;
	my $paths = join ', ', map { "\"$_\"" } '/v1/overview',
	    '/v1/jobs?limit=50', "/v1/strips?n=20&jobs=$some",
	    '/v1/jobs/job1', '/v1/jobs/job1/stats', '/v1/runs?limit=50',
	    '/v1/timeline?jobs=' . $some, '/v1/heat', '/v1/ledger?limit=50',
	    '/metrics';
	$d->write('load.lua', <<"END");
local paths = { $paths }
local n = 0
request = function()
	n = n + 1
	return wrk.format("GET", paths[n % #paths + 1])
end
END
	return unless $pause;
	open(my $out, '>>', $d->path('load.lua')) or die $!;
	print $out "delay = function() return $pause end\n";
}

sub rank {
	my ($percent, @sorted) = @_;
	return $sorted[int($#sorted * $percent / 100 + 0.5)];
}

# Lateness in ms of the runs that begin while $load goes on.
sub measure {
	my ($name, $load) = @_;
	sleep $every - time % $every + 3; # between two slots
	my $since = int(time * 1000);
	my $calls = $load ? $load->() : do { sleep $seconds; 0 };
	my @late;
	$d->wait_for('runs to end', sub {
		@late = sort { $a <=> $b } map { $_->{lateness_ms} }
		    grep { defined $_->{lateness_ms} && defined $_->{outcome} }
		    $web->pages("/v1/runs?since=$since&limit=1000");
		return @late >= $jobs * int($seconds / $every);
	});
	printf "%-24s %8s %8d %8d %8d %8d\n", $name,
	    $calls ? sprintf('%.0f', $calls) : '-', scalar @late,
	    rank(50, @late), rank(99, @late), $late[-1];
}

sub wrk {
	my ($connections, $pause) = @_;
	script($pause);
	my ($status, $out, $err) = $d->command('wrk', '-t1', "-c$connections",
	    "-d${seconds}s", '-s', $d->path('load.lua'),
	    "http://127.0.0.1:$port");
	die "wrk: $err$out" if $status;
	die "answers that are errors:\n$out" if $out =~ /Non-2xx/;
	return $out =~ m{Requests/sec: +([\d.]+)} ? $1 : die $out;
}

printf "%-24s %8s %8s %8s %8s %8s\n", "$jobs jobs, every ${every}s", 'calls/s',
    'runs', 'p50 ms', 'p99 ms', 'max ms';
measure('nobody looks');
measure('10 people, a call a s', sub { wrk(10, 1000) });
measure('100 people, a call a s', sub { wrk(100, 1000) });
measure('as fast as it goes', sub { wrk(20, 0) });
measure('nobody looks, again');
$d->finish;
