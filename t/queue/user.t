#!/usr/bin/perl
# Who submits what: a daemon of root's runs a command as whoever submitted it,
# and what root submits as the jobs are; any other daemon takes commands of its
# own user and of root alone.
use strict;
use warnings;
use Belfry;
use POSIX ();
use Test::More;

plan skip_all => 'needs root' if $> != 0;
my ($daemon, $daemons) = (getpwnam('daemon'))[2, 3];
my ($nobody) = (getpwnam('nobody'))[2];

# As another user: status, what it printed on both.
sub as {
	my ($uid, $d, @args) = @_;
	pipe(my $in, my $out) or die;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDOUT, '>&', $out);
		open(STDERR, '>&', $out);
		($(, $)) = ($daemons, "$daemons $daemons");
		($<, $>) = ($uid, $uid);
		exec $Belfry::BELFRY, '--socket', $d->path('run/belfry.sock'),
		    @args or POSIX::_exit(127);
	}
	close $out;
	local $/;
	my $text = <$in>;
	waitpid($pid, 0);
	return ($? >> 8, $text);
}
sub ids {
	my ($d, $id) = @_;
	$d->finished($id);
	return [split ' ', ($d->belfry('logs', $id))[1]];
}

my $command = 'id -u; id -g; echo $USER';
my $d = Belfry->new(
    conf => "user = nobody\n[api]\nsocket-mode = 0666\n" .
	"[defaults]\ngroup = tty\nenvironment = PASSPHRASE=hush\n");
$d->start;
my ($status, $id) = as($daemon, $d, 'submit', '--', $command);
chomp $id;
is($status, 0, 'a user submits') or diag($id);
my $env = (as($daemon, $d, 'submit', '--', 'env'))[1];
chomp $env;
$d->finished($env);
unlike(($d->belfry('logs', $env))[1], qr/hush/,
    'the environment of defaults is not for them');
is_deeply(ids($d, $id), [$daemon, $daemons, 'daemon'], 'and it is run by them');
is($d->json('queue', 'show', $id)->{user}, $daemon, 'queue show says so');
($status, $id) = $d->belfry('submit', '--', $command);
chomp $id;
is(ids($d, $id)->[0], $nobody, "what root submits is run as jobs are");
# A key is of whoever gave it: nobody takes the place of another's command.
my ($first) = (as($daemon, $d, 'submit', '--key', 'k', '--', $command))[1];
my ($again) = (as($daemon, $d, 'submit', '--key', 'k', '--', $command))[1];
is($again, $first, 'a key twice is one run');
my (undef, $other) = $d->belfry('submit', '--key', 'k', '--', $command);
chomp $other;
isnt("$other\n", $first, "another user's is another");
is(ids($d, $other)->[0], $nobody, 'and runs');
($status, $id) = as($daemon, $d, 'submit', '--in', '1h', '--', 'x');
chomp $id;
is((as($nobody, $d, 'queue', 'cancel', $id))[0], 0,
    'whoever may run jobs may cancel');

my $own = Belfry->new(conf => "[api]\nsocket-mode = 0666\n");
system('chown', '-R', "daemon:", $own->dir);
{
	# As an ordinary user all along.
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		($(, $)) = ($daemons, "$daemons $daemons");
		($<, $>) = ($daemon, $daemon);
		open(STDERR, '>>', $own->path('log'));
		exec $Belfry::DAEMON, '-c', $own->path('belfry.conf'), '-f'
		    or POSIX::_exit(127);
	}
	$own->{pid} = $pid;
}
$own->wait_for('the daemon to be ready', sub { $own->log =~ /is up, pid=\d+ node/ });
($status, my $text) = as($nobody, $own, 'submit', '--', $command);
is($status, 1, 'another user is refused');
like($text, qr/can run commands as uid $daemon only/, 'and told why');
($status, $id) = as($daemon, $own, 'submit', '--', $command);
chomp $id;
is(ids($own, $id)->[0], $daemon, 'its own user is not');
($status, $id) = $own->belfry('submit', '--', $command);
chomp $id;
is(ids($own, $id)->[0], $daemon, 'nor is root');

# A crontab's lines run in the group of their user, as cron's do.
my $tab = Belfry->new(
    conf => "[crontab]\nfiles = crontab\n[defaults]\ngroup = tty\n"
	. "environment = PASSPHRASE=hush\n");
$tab->write('crontab', "A=b\n# belfry: name=who\n\@yearly daemon $command\n"
    . "# belfry: name=env environment=C=d\n\@yearly daemon env\n");
$tab->start;
my $who = 'cron.crontab.who';
is(ids($tab, $tab->json('run', $who)->{run})->[1], $daemons,
    'the group of defaults is not for crontabs');
my $run = $tab->json('run', 'cron.crontab.env')->{run};
$tab->finished($run);
my ($printed) = ($tab->belfry('logs', $run))[1];
like($printed, qr/^A=b$/m, 'the environment of a crontab');
like($printed, qr/^C=d$/m, 'and of a line');
unlike($printed, qr/hush/, 'but not that of defaults');
$_->finish for $d, $own, $tab;
done_testing;
