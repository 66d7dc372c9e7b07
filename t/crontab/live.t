#!/usr/bin/perl
# Crontabs as they are: their lines run as jobs, with cron's environment,
# directory and standard input; comments give keys; bad files are told.
use strict;
use warnings;
use Belfry;
use Cwd qw(abs_path);
use Test::More;

my $d = Belfry->new(conf => <<'END');
[crontab]
files = crontab cron.d missing
spool = spool
END
my $dir = $d->dir;
my $me = getpwuid $>;
my $home = (getpwuid $>)[7];
my $where = abs_path($home);
mkdir $d->path($_) for qw(cron.d spool);
mkdir $d->path('home');
# Not what is set for all of this machine.
my $others = join '', map { "|$_" } grep { !/^(PATH|HOME|SHELL|LOGNAME)$/ }
    map { /^(?:export )?(\w+)=/ ? $1 : () }
    `cat /etc/environment /etc/default/locale 2>/dev/null`;
my $env = "env | grep -Ev '^(BELFRY_\\w*$others)=' | sort";
$d->write('crontab', <<"END");
FOO = " bar "
LOGNAME=somebody
TZ=Asia/Tokyo
CRON_TZ=Europe/Berlin
# belfry: name=first overlap=skip timeout=10m
0 3 * * *\t$me\t($env; pwd) >$dir/first; cat >>$dir/first%one\\%%two
HOME=$dir/home
SHELL=/bin/bash
PATH="/usr/bin:/bin:/opt/bin"
RANDOM_DELAY=7
# belfry: name=second hosts=any
\@daily $me ($env; pwd; echo \${BASH_VERSION:+bash}) >$dir/second; cat >>$dir/second
* * * * $me true
END
$d->write('cron.d/good', "* * * * * $me exit 3\n");
$d->write("cron.d/$_", "* * * * * $me false\n")
    for 'dotted.name', 'old~', '#new#';
$d->write("spool/$me", "\@reboot echo hello\n# belfry: user=$me\n"
    . "\@daily true\n");
$d->write('spool/tmp.abc', "* * * * * false\n");
chmod 0600, $d->path("spool/$me");
chmod 0644, glob "$dir/crontab $dir/cron.d/*";

my ($status, $out) = $d->belfry('check');
is($status, 2, 'check finds what is wrong');
like($out, qr{^$dir/crontab:13: error: column \d+: the command is missing}m,
    'a bad line');
like($out, qr{^$dir/cron\.d/dotted\.name: hint: this is not read}m,
    'a name that cron does not read');
unlike($out, qr{old~}, 'but not of litter');
like($out, qr{^$dir/spool/$me:2: .*user: is not for a user's own crontab}m,
    'a key that is not for users');

$d->start;
my %jobs = map { $_->{name} => $_ } @{ $d->json('list') };
my ($reboot) = grep { /^crontab\.$me\.echo-[0-9a-f]{8}$/ } keys %jobs;
ok($reboot, "a user's own line");
my ($three) = grep { /^cron\.good\.exit-[0-9a-f]{8}$/ } keys %jobs;
ok($three, 'a file of a directory');
is_deeply([sort keys %jobs],
    [sort $reboot, $three, qw(cron.crontab.first cron.crontab.second)],
    'what there is');

# As a login would not have it.
is($d->finished($d->run('cron.crontab.first'))->{outcome}, 'success', 'ran');
is($d->read('first'), <<"END", 'environment, directory and input');
CRON_TZ=Europe/Berlin
FOO= bar
HOME=$home
LOGNAME=$me
PATH=/usr/bin:/bin
PWD=$where
SHELL=/bin/sh
TZ=Asia/Tokyo
$where
one%
two
END
is($d->finished($d->run('cron.crontab.second'))->{outcome}, 'success', 'ran');
my $second = $d->read('second');
like($second, qr/^\Q$_\E$/m, $_) for "HOME=$dir/home", 'SHELL=/bin/bash',
    'PATH=/usr/bin:/bin:/opt/bin', "$dir/home", 'bash', "LOGNAME=$me";
unlike($second, qr/^(USER|LANG)=/m, 'nothing that cron has not');

my $first = $d->json('show', 'cron.crontab.first');
is($first->{file}, "$dir/crontab", 'shows its file');
is($first->{line}, 6, 'and line');
my %keys = map { $_->[0] => $_->[1] } map { [split / = /, $_, 2] }
    map { s/^ +//r } grep { / = / } split /\n/,
    ($d->belfry('show', 'cron.crontab.first'))[1];
is($keys{$_->[0]}, $_->[1], "$_->[0] = $_->[1]") for ['overlap', 'skip'],
    ['timeout', '10m'], ['timezone', 'Europe/Berlin'], ['hosts', 'all'],
    ['user', $me];
%keys = map { $_->[0] => $_->[1] } map { [split / = /, $_, 2] }
    map { s/^ +//r } grep { / = / } split /\n/,
    ($d->belfry('show', 'cron.crontab.second'))[1];
is($keys{$_->[0]}, $_->[1], "$_->[0] = $_->[1]") for ['jitter', '7m'],
    ['hosts', 'any'], ['shell', '/bin/bash'];

# Another mode, and it is not read; what it had been stays.
$d->write('cron.d/good', "* * * * * $me exit 3\n* * * * * $me exit 4\n");
chmod 0644, $d->path('cron.d/good');
chmod 0640, $d->path("spool/$me");
($status, $out) = $d->belfry('reload');
is($status, 1, 'reload says that something is wrong');
like($out, qr{spool/$me\b.*mode is 0640}, 'says what');
is(scalar(grep { /^cron\.good/ } map { $_->{name} } @{ $d->json('list') }), 2,
    'a new line is a new job');
ok((grep { $_->{name} eq $reboot } @{ $d->json('list') }), 'the old one stays');

is($d->stop, 0, 'stopped');
$d->finish;
done_testing;
