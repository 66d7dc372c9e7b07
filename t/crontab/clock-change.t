#!/usr/bin/perl
# Debian's cron and belfryd when clocks go forward and back: what is due in the
# hour that is not there runs after it, and what ran is not run again.
use strict;
use warnings;
use Cron;
use Test::More;
use Time::Local;

my $why_not = Cron::why_not();
plan skip_all => $why_not if defined $why_not;
my $debian = Cron::fetch('cron')
    // plan skip_all => 'no cron from Debian: no network?';

my $tab = <<'END';
* * * * * root REC every
*/2 * * * * root REC even
59 * * * * root REC wild-hour
0 * * * * root REC hourly
30 2 * * * root REC gap
15 2 * * 0 root REC gap-sunday
15 2 * * 1 root REC gap-monday
*/15 2 * * * root REC wild-in-gap
30 */2 * * * root REC wild-gap
0 3 * * * root REC after
59 1 * * * root REC before
0 1 * * * root REC one
1 1 * * * root REC one-past
1 */1 * * * root REC wild-one-past
END

for my $case (
    ['forward', timegm(30, 56, 6, 14, 2, 2027)], # 01:56:30 EST
    ['back', timegm(30, 56, 5, 7, 10, 2027)]) { # 01:56:30 EDT
	my ($what, $start) = @$case;
	my $c = Cron->new(zone => 'America/New_York');
	$c->file('etc/crontab', "MAILTO=\"\"\n" . $tab =~ s/REC/$c->{dir}\/rec/gr);
	$c->start_both("$debian/usr/sbin/cron", $start);
	for my $i (1 .. 6) {
		$c->minute($start + 60 * $i - 28, "minute-$i");
	}
	my @want = sort keys %{ $c->results('cron') };
	my @have = sort keys %{ $c->results('belfry') };
	is_deeply(\@have, \@want, "$what: the same runs")
	    or diag("cron: @want\nbelfryd: @have");
	ok((grep { /minute-4\.gap$/ } @want) == ($what eq 'forward' ? 1 : 0),
	    'there was a change of clocks');
	is($c->stop_both, 0, 'stopped');
	$c->finish;
}
done_testing;
