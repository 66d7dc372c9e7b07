#!/usr/bin/perl
# belfry check --heat: which hours of a week are full, which second is the
# fullest, and what would spread it; and hints about times.
use strict;
use warnings;
use Belfry;
use Test::More;

$ENV{TZ} = 'Europe/Berlin';
my $d = Belfry->new(conf => "[calendar all]\nweekdays = SUN-SAT\n");
my $text = join '', map { "[job night$_]\nschedule = 0 3 * * *\n"
    . "command = true\n" } 1 .. 30;
$d->job('herd.ini', $text . <<'END');
[job named]
schedule = @daily
schedule = 0 3 * * *
command = true
[job often]
schedule = @every 5m
command = true
[job rare]
schedule = @every 5h
command = true
[job spread]
schedule = 0 3 * * *
jitter = 1h
command = true
[job off]
schedule = 0 3 * * *
enabled = no
command = true
[job hashed]
schedule = H 3 * * *
command = true
END
my ($status, $out, $err) = $d->belfry('check', '--heat');
is($status, 0, 'good jobs: 0') or diag($out, $err);
is((sort { $b <=> $a } map { length } split /\n/, $out)[0] <= 80, 1,
    'it fits into 80 columns');
like($out, qr/by the clock of Europe\/Berlin/, 'it says whose clock');
my @hours = $out =~ /^(\d\d):00 +(.*)/mg;
is(scalar @hours, 48, '24 hours');
like($out, qr/^03:00( +34){7}$/m, 'jobs at 03:00 on each day');
like($out, qr/^00:00( +2){7}$/m, 'at midnight');
like($out, qr/^04:00( +1){7}$/m, 'and the one that runs all the time');
like($out, qr/busiest second: \S+T03:00:00\+0[12]:00, 31 jobs/,
    'the busiest second');
like($out, qr/H would spread 31 of them/, 'what would spread it');
like($out, qr/^  night1: 0 3 \* \* \* -> H 3 \* \* \*$/m, 'and how');
like($out, qr/and 21 more/, 'not all are named');
like($out, qr/not counted: 1 job/, 'the phase of an interval is not known');

my $heat = $d->json('check', '--heat')->{heat};
is($heat->{zone}, 'Europe/Berlin', 'JSON: zone');
is_deeply([map { $_->{hours}[3] } @{ $heat->{days} }], [(34) x 7], 'hours');
is($heat->{busiest}{jobs}, 31, 'the busiest second');
is(scalar @{ $heat->{busiest}{spread} }, 31, 'all that H would spread');
ok(!exists $d->json('check')->{heat}, 'not without --heat');

unlink $d->path('jobs/herd.ini');
my %hints = (
	"schedule = \@daily\ncalendar = all" => qr/leave no slot/,
	"schedule = \@daily\nend-at = 2020-01-01" => qr/end-at is past/,
	"schedule = * * * * *\njitter = 2m" => qr/jitter is longer/,
	"schedule = \@daily\ncalendar-mode = next" => qr/without a calendar/,
	"schedule = \@daily\nfirst = now" => qr/first = now has no meaning/,
	"schedule = 0 0 13 * 5" => qr/day-match = both/,
	"schedule = 0 0 13 * 5\nday-match = both" => undef,
	"schedule = \@every 1h\nfirst = now\njitter = 59m" => undef,
	"schedule = 0 0 * * MON\ncalendar = all\ncalendar-mode = include"
	    => undef,
);
for my $keys (sort keys %hints) {
	$d->job('hint.ini', "[job j]\ncommand = true\ntimezone = UTC\n$keys\n");
	($status, $out) = $d->belfry('check');
	is($status, 0, "$keys: no error") or diag($out);
	if (defined $hints{$keys}) {
		like($out, qr/hint: .*$hints{$keys}/, 'a hint');
	} else {
		unlike($out, qr/hint:/, 'no hint');
	}
}
$d->finish;
done_testing;
