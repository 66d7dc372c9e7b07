#!/usr/bin/perl
# Watch jobs on a PostgreSQL of their own, with the settings that a server has
# when nobody changed them: rows a second through a command that does nothing,
# and how long after a NOTIFY the command for the row starts.
#
# The limit is what a row costs at least: a fork and exec of that command, and
# the commit of its end, one after the other. The limit of a NOTIFY is a fork
# and exec of the same command by hand.
#
#   perl t/bench/watch.pl [-n ROWS] [-r ROUNDS]
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Belfry;
use Getopt::Std;
use Postgres;
use Time::HiRes qw(time);

getopts('n:r:', \my %opt) or die "usage: watch.pl [-n ROWS] [-r ROUNDS]\n";
my ($n, $rounds) = ($opt{n} // 1000, $opt{r} // 5);
my $pg = Postgres->new(durable => 1)
    or die "no PostgreSQL server is installed\n";
$pg->query('CREATE TABLE t (id serial PRIMARY KEY, state text)');
$pg->query("CREATE INDEX ON t (id) WHERE state = 'new'");
$pg->query('CREATE PROCEDURE done(n int) LANGUAGE plpgsql AS $$BEGIN '
    . "FOR i IN 1..n LOOP UPDATE t SET state = 'done' WHERE id = i; COMMIT; "
    . 'END LOOP; END$$');

sub job {
	my ($name, $command, $more) = @_;
	return <<"END";
[job $name]
database = main
watch = SELECT id FROM t WHERE state = 'new' ORDER BY id
command = $command
watch-done = UPDATE t SET state = 'done' WHERE id = :id::int
watch-limit = 1000000
$more
END
}

my $d = Belfry->new(
	conf => "[database main]\nconninfo = " . $pg->conninfo . "\n");
my $stamp = $d->path('stamp');
my $write = "date +%s.%N > $stamp.new; mv $stamp.new $stamp";
$d->job('a.ini', job('one', '/bin/true', '')
    . job('eight', '/bin/true', 'watch-parallel = 8')
    . job('told', $write, "watch-notify = news\nwatch-wait = 1h"));
$d->start;

sub middle {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[$#sorted / 2];
}

sub fill {
	$pg->query('TRUNCATE t RESTART IDENTITY');
	$pg->query("INSERT INTO t (state) SELECT 'new' "
	    . "FROM generate_series(1, $n)");
	$pg->query('VACUUM ANALYZE t');
}

# Seconds that a run of the job took for n rows.
sub through {
	my ($job) = @_;
	fill();
	my $run = $d->finished($d->run($job));
	die "$job: $run->{outcome}\n" if $run->{outcome} ne 'success'
	    || $pg->query("SELECT count(*) FROM t WHERE state = 'new'") != 0;
	return $run->{duration_ms} / 1000;
}

sub limit {
	fill();
	my $from = time;
	for (1 .. $n) {
		my $pid = fork // die "fork: $!";
		exec '/bin/true' or die if $pid == 0;
		waitpid($pid, 0);
	}
	$pg->query("CALL done($n)");
	return time - $from;
}

sub stamped {
	my ($from) = @_;
	$d->wait_for('the command', sub { -e $stamp });
	my $at = $d->read('stamp');
	unlink $stamp;
	return ($at - $from) * 1000;
}

my (%took, @notify, @bare);
for (1 .. $rounds) {
	push @{ $took{limit} }, limit();
	push @{ $took{$_} }, through($_) for qw(one eight);
}
my $limit = middle(@{ $took{limit} });
printf "limit: fork, exec and commit %8.0f rows/s\n", $n / $limit;
for my $job (qw(one eight)) {
	my $time = middle(@{ $took{$job} });
	printf "watch-parallel = %d           %8.0f rows/s  ratio %.2f\n",
	    $job eq 'one' ? 1 : 8, $n / $time, $limit / $time;
}

# The server says when it notified, the command when it started.
fill();
$pg->query('TRUNCATE t');
my $id = $d->run('told');
$d->wait_for('it listens', sub {
	$pg->query('SELECT count(*) FROM pg_stat_activity WHERE '
	    . "query LIKE 'WITH belfry%' AND state = 'idle'") == 1;
});
for (1 .. 10 * $rounds) {
	my ($from) = map { $_->[0] =~ /^([\d.]+)$/ } $pg->rows("INSERT INTO t "
	    . "(state) VALUES ('new'); NOTIFY news; "
	    . 'SELECT extract(epoch FROM clock_timestamp())');
	push @notify, stamped($from);
	$from = time;
	system('sh', '-c', $write);
	push @bare, stamped($from);
}
$d->belfry('kill', $id);
$d->finished($id);
printf "NOTIFY to the command %15.1f ms      limit %.1f ms\n",
    middle(@notify), middle(@bare);
