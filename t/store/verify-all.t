#!/usr/bin/perl
# belfry verify finds nothing in the ledger of a daemon whose jobs use all that
# decides about slots, through pauses, downtime, clock steps, a gap of the time
# zone, reloads and kills; and finds what somebody changes in it.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Test::More;
use Time::Local qw(timegm);

my $d = Belfry->new(conf => "[calendar sundays]\nweekdays = SUN\n");
my $db = $d->path('state/belfry.db');
my $jobs = <<'END';
[job none]
schedule = */2 * * * * *
command = true

[job last]
schedule = */5 * * * * *
catch-up = last
command = true

[job all]
schedule = */5 * * * * *
catch-up = all
catch-up-limit = 3
command = true

[job queue]
schedule = * * * * * *
overlap = queue
overlap-limit = 2
command = sleep 1.3

[job few]
schedule = * * * * * *
overlap = allow
overlap-limit = 2
command = sleep 2.2

[job replace]
schedule = */3 * * * * *
overlap = replace
retries = 2
retry-delay = 1m
command = exit 1

[job jitter]
schedule = */2 * * * * *
jitter = 1s
command = true

[job gap]
schedule = 30 2 * * *
timezone = Europe/Berlin
dst-gap = skip
command = true

[job deadline]
schedule = */4 * * * * *
start-deadline = 1s
command = true

[job minutes]
schedule = * * * * *
schedule = */7 * * * *
command = true

[job every]
schedule = @every 3s
command = true

[job after]
schedule = @after 2s
command = true

[job paused]
schedule = * * * * * *
command = true

[job until]
schedule = */10 * * * * *
command = true

[job changes]
schedule = */2 * * * * *
command = true

[job free]
schedule = */5 * * * * *
calendar = sundays
command = true

[job off]
schedule = */3 * * * * *
enabled = no
command = true
END
$d->job('a.ini', $jobs);
# Summer time begins at 01:00 UTC.
$d->set_clock(timegm(54, 59, 0, 31, 2, 2030));
$d->start;

my $later = sub {
	my ($seconds, $what) = @_;
	my $end = $d->clock + $seconds;
	$d->wait_for($what // 'time to pass', sub { return $d->clock > $end });
	$d->wait_for('the slots of then', sub {
		my ($row) = (sort { $b->{slot} <=> $a->{slot} }
		    $d->ledger('none'))[0];
		return $row && $row->{until} >= int($end / 2) * 2
		    && defined $row->{outcome};
	});
};
my $clean = sub {
	my ($what) = @_;
	my ($status, $out, $err) = $d->belfry('verify');
	is($status, 0, $what) or diag("$out$err");
};

$later->(6);
$clean->('some slots, a gap among them');
my ($gap) = $d->ledger('gap');
is($gap && $gap->{reason}, 'dst-gap', 'that is in the ledger');
$d->json('pause', 'paused');
$d->json('pause', 'until', '--until', '2030-03-31T01:20:03Z');
$later->(2);
$d->json('resume', 'paused');
$clean->('a pause');

$d->step_clock(1800);
$later->(1);
$clean->('half an hour forward, and a pause that ended in it');

$d->json('pause', '--all');
$d->step_clock(600);
$later->(1);
$clean->('ten minutes in a pause of all');
$d->json('resume', '--all');
$later->(2);
$clean->('and after it');

(my $changed = $jobs) =~ s{(changes\]\nschedule = )\*/2}{$1*/3};
$changed =~ s/\[job every\].*?(?=\[)//s;
$changed =~ s/(overlap = allow\noverlap-limit = )2/${1}1/;
$changed =~ s/jitter = 1s/jitter = 2s/;
$d->job('a.ini', $changed);
$d->json('reload');
$later->(4);
$clean->('schedules changed');

$d->stop;
$d->set_clock($d->clock + 7200);
$d->job('a.ini', $jobs);
$d->start;
$later->(2);
$clean->('it was down for two hours, and schedules changed meanwhile');

kill 'KILL', $d->{pid}, map { @$_ } values %{ $d->processes };
$d->wait_exit;
$d->set_clock($d->clock + 100);
$d->start;
$later->(1);
$clean->('all was killed, and down for a while');
$d->step_clock(-20);
$d->step_clock(30);
$later->(2);
$clean->('the clock back and forward');
$d->stop;

# The same ledger, with one thing changed in it at a time.
$d->job('a.ini', "[job idle]\ncommand = true\n");
sub tampered {
	my ($what, $job, $sql, $kinds) = @_;
	system('cp', $db, "$db.good") == 0 or die "cp: $!";
	my ($status, $out, $err) = $d->command('sqlite3', $db, $sql);
	is($status, 0, $what) or diag($err);
	$d->start;
	($status, $out) = $d->belfry('--json', 'verify', '--job', $job);
	my %kinds = map { $_->{kind} => 1 } @{ JSON::PP::decode_json($out) };
	is(join(' ', sort keys %kinds), $kinds, "$what: found");
	$d->stop;
	unlink glob "$db-*";
	rename "$db.good", $db or die "rename: $!";
}

# A slot that ran, and a range.
my $ran = "(select slot from ledger where job = 'none' and run is not null "
    . 'order by slot limit 1 offset 3)';
my $range = "(select slot from ledger where job = 'none' and count > 10 "
    . 'order by slot limit 1)';
tampered('a row is deleted', 'none', "delete from ledger where job = 'none' "
    . "and slot = $ran", 'disagreement gap');
tampered('a range is deleted', 'none', "delete from ledger where job = 'none' "
    . "and slot = $range", 'gap');
tampered('a row is shifted', 'none', "update ledger set slot = slot + 1000, "
    . "until = until + 1000 where job = 'none' and slot = $ran",
    'disagreement gap phantom');
tampered('a range is cut', 'none', "update ledger set until = until - 2000 "
    . "where job = 'none' and slot = $range", 'disagreement gap');
tampered('a range goes on over others', 'none', "update ledger set until = "
    . "until + 2000, count = count + 1 where job = 'none' and slot = $range",
    'duplicate');
tampered('a row is doubled', 'none', "insert into ledger select job, "
    . "slot + 1, until + 1, count, outcome, reason, detail, run, attempts, "
    . "host from ledger where job = 'none' and slot = $ran",
    'disagreement phantom');
tampered('a run is doubled', 'none', 'create temp table twin as select * from '
    . "runs where job = 'none' and slot = $ran; update twin set id = id || 'x'; "
    . 'insert into runs select * from twin', 'duplicate');
tampered('an outcome is changed', 'none', "update ledger set outcome = "
    . "'failure' where job = 'none' and slot = $ran", 'disagreement');
tampered('a skipped slot is deleted', 'off', "delete from ledger where "
    . "job = 'off' and slot = (select min(slot) + 6000 from ledger where "
    . "job = 'off')", 'gap');
$d->finish;
done_testing;
