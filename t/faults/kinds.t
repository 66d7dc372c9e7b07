#!/usr/bin/perl
# Jobs that a library does: whoever passes a point of launcher, worker or job
# is killed there, or the guardian while it works, or all of the daemon, and
# nothing runs twice, nothing is missing in the ledger, every outcome is true.
use strict;
use warnings;
use Faults;
use Httpd;
use Postgres;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;

my $http = Httpd->new;
my %kinds = (
	http => {
		points => ['JOB_HTTP_ASKED'],
		job => sub { 'http = GET ' . $http->url('/probe?file=')
			    . $_[0]->path('probe') . '&slot=${BELFRY_SLOT}'
			    . '&attempt=${BELFRY_ATTEMPT}'
			    . "&run=\${BELFRY_RUN_ID}\n" },
	},
	plugin => {
		points => ['JOB_PLUGIN_LOADED'],
		conf => sub { "plugin-dir = $Belfry::BUILD/t/plugins\n" },
		job => sub { "plugin = probe\nfile = "
			    . $_[0]->path('probe') . "\n" },
	},
);

# What an SQL job did is undone when it fails: a program of the server's writes
# it down.
my $pg = Postgres->new;
if ($pg) {
	$pg->query(<<'END');
CREATE FUNCTION say(file text, line text) RETURNS text AS $$ BEGIN
EXECUTE format('COPY (SELECT %L) TO PROGRAM %L', line, 'cat >>' || file);
RETURN line; END $$ LANGUAGE plpgsql
END
	$kinds{sql} = {
		points => ['JOB_SQL_COMMITTED'],
		conf => sub { "[database main]\nconninfo = " . $pg->conninfo
			    . "\n" },
		job => sub {
			my ($d) = @_;
			my $file = $d->path('probe');
			my $line = ":belfry_slot || ' ' || :belfry_attempt "
			    . "|| ' ' || :belfry_run_id";
			$d->write('probe', '');
			chmod 0666, $file;
			return "database = main\nsql = SELECT say('$file', "
			    . "'b ' || $line); SELECT say('$file', 'e ' || "
			    . "$line); SELECT 1 / (:belfry_attempt::int - 1)\n";
		},
	};
}

my @points = grep { /^(?:LAUNCHER|WORKER|JOB)_/ }
    @Faults::POINTS[0 .. $Faults::RECOVERY - 1];
my @rounds = map {
	my $kind = $_;
	my ($only, $conf, $job) = @{ $kinds{$kind} }{qw(points conf job)};
	my @spec = (kind => $kind, conf => $conf, job => $job, die => 1);
	((map { { @spec, only => $_ } } @points, @$only, 'JOB_WORK_DONE'),
	    map { { @spec, only => $only->[0], whom => $_ } } qw(guardian all));
} sort keys %kinds;
# What the worker does of itself is the same for all, and in crash.t.
my %own = map { $_ => 1 } qw(WORKER_STARTED_TOLD WORKER_RESULT_WRITTEN
    WORKER_DONE_WRITTEN WORKER_UNLOCKED WORKER_DONE_TOLD);
@rounds = grep { $_->{kind} eq 'http' || !$own{ $_->{only} } } @rounds;
# Where memory is watched every third is enough.
@rounds = @rounds[grep { $_ % 3 == 2 } 0 .. $#rounds]
    if $Belfry::BUILD =~ /asan/;
Faults::rounds(
	next => sub { shift @rounds },
	done => sub {
		my ($spec, $round) = @_;
		Faults::ok_round("$spec->{kind}: $spec->{only}"
			. ($spec->{whom} ? ", $spec->{whom} died" : ''), $round);
		is("@{ $round->{died} }", $spec->{only}, 'somebody died there');
	},
);
done_testing;
