#!/usr/bin/perl
# A crontab that is edited, added, removed or given back counts at once, as
# with cron, and job files wait for their reload; jobs keep their history.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => <<'END');
[crontab]
files = etc/crontab etc/cron.d
spool = var/spool
END
my $me = getpwuid $>;
mkdir $d->path($_) for qw(etc etc/cron.d var);
$d->write('etc/crontab', "# belfry: name=a\n* * * * * $me true\n");
chmod 0644, $d->path('etc/crontab');
$d->job('file.ini', "[job file]\ncommand = true\n");
$d->start;

sub jobs { join ' ', sort map { $_->{name} } @{ $d->json('list') } }

sub becomes {
	my ($what, @want) = @_;
	my $want = join ' ', sort 'file', @want;
	$d->wait_for($what, sub { jobs() eq $want });
	pass($what);
}

sub put {
	my ($name, $text, $mode) = @_;
	$d->write('new', $text);
	chmod $mode // 0644, $d->path('new');
	rename $d->path('new'), $d->path($name) or die "$name: $!";
}

becomes('what there is', 'cron.crontab.a');
my $run = $d->run('cron.crontab.a');
$d->finished($run);

# Written in place, while a job file has changed, too.
$d->job('later.ini', "[job later]\ncommand = true\n");
$d->write('etc/crontab', "# belfry: name=b\n* * * * * $me true\n"
    . "# belfry: name=a\n0 3 * * * $me true\n");
becomes('in place', map { "cron.crontab.$_" } qw(a b));
is_deeply((grep { $_->{name} eq 'cron.crontab.a' } @{ $d->json('list') })[0]
    {schedule}, ['0 3 * * *'], 'its new time');
is($d->json('history', 'cron.crontab.a')->[0]{id}, $run,
    'and its history');

put('etc/cron.d/more', "# belfry: name=c\n* * * * * $me true\n");
becomes('a new file', map { "cron.$_" } qw(crontab.a crontab.b more.c));
unlink $d->path('etc/crontab');
becomes('a file less', 'cron.more.c');
put('etc/crontab', "# belfry: name=a\n* * * * * $me true\n");
becomes('a file again', 'cron.crontab.a', 'cron.more.c');

# The directory of the users' own comes later, and goes.
mkdir $d->path('var/spool');
put("var/spool/$me", "# belfry: name=d\n* * * * * true\n", 0640);
$d->wait_for('its mode to be told',
    sub { $d->log =~ m{spool/$me:0: its mode is 0640} });
chmod 0600, $d->path("var/spool/$me");
becomes('a mode that is right', 'cron.crontab.a', 'cron.more.c',
    "crontab.$me.d");
rename $d->path('var/spool'), $d->path('var/away');
becomes('no spool', 'cron.crontab.a', 'cron.more.c');
rename $d->path('var/away'), $d->path('var/spool');
becomes('the spool again', 'cron.crontab.a', 'cron.more.c',
    "crontab.$me.d");

# A mistake leaves what was.
put('etc/cron.d/more', "# belfry: name=c\n* * * $me true\n");
$d->wait_for('the mistake to be told', sub { $d->log =~ m{cron\.d/more:2: } });
is(jobs(), "cron.crontab.a cron.more.c crontab.$me.d file", 'it stays');

# Other places, with a reload.
rename $d->path('etc'), $d->path('opt');
my $conf = $d->read('belfry.conf');
$conf =~ s/etc\//opt\//g;
$conf =~ s/^spool.*\n//m;
$d->write('belfry.conf', $conf);
$d->belfry('reload');
is(jobs(), 'cron.crontab.a file later', 'other places, and the job file');
put('opt/cron.d/new', "# belfry: name=e\n* * * * * $me true\n");
becomes('are watched', 'cron.crontab.a', 'cron.new.e', 'later');

is($d->stop, 0, 'stopped');
$d->finish;
done_testing;
