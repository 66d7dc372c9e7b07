#!/usr/bin/perl
# The same crontabs under Debian's cron and under belfryd, by one clock that
# goes from minute to minute: the same runs, as the same users, with the same
# environment, directory, standard input, and mail.
use strict;
use warnings;
use Cron;
use Test::More;
use Time::Local;

my $why_not = Cron::why_not();
plan skip_all => $why_not if defined $why_not;
my $debian = Cron::fetch('cron')
    // plan skip_all => 'no cron from Debian: no network?';
my $c = Cron->new;
my $dir = $c->dir;
my $rec = "$dir/rec";

$c->file('etc/environment', "EVERYWHERE=\"so be it\"\nLC_TIME=C # not\n");
$c->file('etc/default/locale', "LANG=C.UTF-8\n");
$c->file('etc/crontab', <<"END");
# the system's
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
LOGNAME=nobody

* * * * *\troot\t$rec every
*/2 * * * * root $rec even
1-59/3 * * * * root $rec third
57,59,0,3 * * * * bin $rec list
58-59 23 * * * root $rec range
0 * * * * root $rec hour
\@hourly root $rec hourly
\@daily root $rec daily
\@midnight root $rec midnight
\@weekly root $rec weekly
\@monthly root $rec monthly
\@yearly root $rec yearly
\@reboot root $rec reboot
0 0 1 * 3 root $rec either-1
0 0 2 * 1 root $rec either-2
0 0 2 * 3 root $rec neither
0 0 */2 * 1 root $rec both-1
0 0 */2 * 2 root $rec both-2
0 0 1,* * 3 root $rec star-1
0 0 5,*/2 * 3 root $rec star-2
0 0 *,5 * 3 root $rec star-3
0 0 5 * 3,* root $rec star-4
0 0 5 * */2 root $rec star-5
0,* 0 * * * root $rec star-6
0 0 1 feb * root $rec feb
0 0 1 JAN * root $rec jan
0 0 * * mon root $rec mon
59 23 * * 7 root $rec sun-7
59 23 * * 0 root $rec sun-0
59 23 * * Fri-Sat root $rec fri
1 0 * * 1-5 root cd /tmp && $rec cd; echo to the mail; exit 3
END
$c->file('etc/cron.d/vars', <<"END");
A = plain
B="quoted "
C='  single "inner"  '
D = " 'both' "
"E" = trailing\t
F=with=equals # and no comment
G=\$A
H=""
A=again
MAILTO=ops,root\@example.org
MAILFROM=cron\@example.org
0 0 * * * root $rec vars; echo a mail
HOME=/usr
SHELL=/bin/bash
PATH=/bin
CONTENT_TYPE="text/html; charset=x"
1 0 * * * bin $rec bash; echo "\$BASH"
HOME=/does/not/exist/but/tried
MAILTO=""
2 0 * * * root $rec quiet; echo nothing
MAILTO="-X/x"
2 0 * * * root $rec unsafe; echo nothing
END
# cron stays where it is when there is no such home; that is a place of its own.
$c->file('etc/cron.d/vars', $c->read('etc/cron.d/vars') =~ s/HOME=.*but.*\n//r);
$c->file('etc/cron.d/input', <<"END");
57 23 * * * root $rec one%line
57 23 * * * root $rec more%first%%third%
57 23 * * * root $rec \\% escaped%in \\% it \\x \\\\%end
57 23 * * * root $rec "a \\\\ b" 'c \\n d'
57 23 * * * root $rec none%
58 23 * * * root printf 'no end'
58 23 * * * root echo out; echo err >&2; printf '\\303\\244'
58 23 * * * root true
END
$c->file("etc/cron.d/$_", "* * * * * root $rec $_\n")
    for 'dotted.name', 'tilde~', 'Under_score-9';
$c->file('etc/cron.d/writable', "* * * * * root $rec writable\n");
chmod 0664, $c->path('etc/cron.d/writable');
$c->file('etc/cron.d/others', "* * * * * root $rec others\n");
chown 1, 0, $c->path('etc/cron.d/others');
$c->file('linked', "59 23 * * * root $rec linked\n");
symlink "$dir/linked", $c->path('etc/cron.d/link');
$c->tab('root', "# root's own\nX=1\n57 23 * * * $rec roots%input\n");
$c->tab('bin', "*/2 * * * * $rec bins; echo to bin\n\@reboot $rec bin-boot\n");

my $start = timegm(30, 55, 23, 31, 0, 2027); # a Sunday
$c->start_both("$debian/usr/sbin/cron", $start);
for my $i (1 .. 9) {
	my ($min, $hour) = (gmtime $start + 60 * $i)[1, 2];
	$c->minute($start + 60 * $i - 28, sprintf '%02d%02d', $hour, $min);
	# The crontabs of two users are others from now on.
	next unless $i == 7;
	$c->tab('root', "5 0 * * * $rec other\n");
	$c->tab('sys', "4-5 0 * * * $rec new; echo new\n");
	Time::HiRes::sleep(1.1); # a change within its second cron does not see
}

my $want = $c->results('cron');
my $have = $c->results('belfry');
cmp_ok(scalar(grep { /^runs/ } keys %$want), '>', 60, 'cron ran a lot');
cmp_ok(scalar(grep { /^mail/ } keys %$want), '>', 5, 'and sent mail');
is_deeply([sort keys %$have], [sort keys %$want], 'the same runs and mails')
    or diag(join "\n", (map { "only cron: $_\n$want->{$_}" }
	    grep { !exists $have->{$_} } sort keys %$want),
	(map { "only belfryd: $_\n$have->{$_}" }
	    grep { !exists $want->{$_} } sort keys %$have));
is($have->{$_}, $want->{$_}, $_)
    for grep { exists $have->{$_} } sort keys %$want;
is($c->stop_both, 0, 'stopped');
$c->finish;
done_testing;
