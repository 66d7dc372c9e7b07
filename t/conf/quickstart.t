#!/usr/bin/perl
# sh conf/quickstart: comes up, the three commands that it prints work as they
# are printed, Ctrl-C ends it. By root and by an ordinary user, from another
# directory, and a second time.
use strict;
use warnings;
use Belfry;
use Cwd qw(getcwd);
use HTTP::Tiny;
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More;

my $tree = getcwd;
my $d = Belfry->new;
my @nobody = ('setpriv', '--reuid', '65534', '--regid', '65534',
    '--clear-groups');

sub quickstart {
	my ($state, @as) = @_;
	open(my $log, '>', $d->path('log')) or die "log: $!";
	my $free = IO::Socket::INET->new(Listen => 1,
	    LocalAddr => '127.0.0.1');
	my $port = $free->sockport;
	close $free;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		setpgrp(0, 0);
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>&', $log);
		open(STDERR, '>&', $log);
		chdir '/';
		delete @ENV{qw(SUDO_UID SUDO_GID XDG_STATE_HOME)};
		$ENV{HOME} = '/nonexistent';
		$ENV{BELFRY_BUILD} = $Belfry::BUILD;
		$ENV{BELFRY_QUICKSTART} = $state;
		$ENV{BELFRY_LISTEN} = "127.0.0.1:$port";
		exec @as, 'sh', "$tree/conf/quickstart" or POSIX::_exit(127);
	}
	$d->{pid} = $pid;
	$d->wait_for('quickstart', sub {
		die "quickstart ended:\n" . $d->log
		    if waitpid($pid, WNOHANG) == $pid;
		return $d->log =~ /belfryd \S+ is up/;
	}, 300);
}

sub ctrl_c {
	kill 'INT', -$d->{pid};
	return $d->wait_exit;
}

sub commands { $d->log =~ /^Try in another terminal:\n\n((?:  \S.*\n)+)/m }

sub try {
	my ($who, @as) = @_;
	my $state = $d->path("state of $who"); # quoting is needed
	mkdir $state;
	chown 65534, 65534, $state if @as;
	for my $time ('first', 'second') {
		quickstart($state, @as);
		pass("$who: it comes up the $time time");
		my $log = $d->log;
		like($log, qr/jobs=\d+ errors=0\n/, 'with jobs, and no errors');
		my ($text) = commands();
		my @commands = split /\n/, $text // '';
		is(scalar @commands, 3, 'it prints three commands');
		s/^  // for @commands;
		my @want = (qr/^clock\b.*^slow\b/ms, qr/^hello from belfry$/m,
		    qr/\bhello\b.*\bsuccess\b/);
		for my $i (0 .. 2) {
			my ($status, $out, $err) = $d->command(@as, 'sh', '-c',
			    $commands[$i]);
			is($status, 0, $commands[$i]) or diag($err);
			like($out, $want[$i], 'prints what it should');
		}
		my ($socket) = $log =~ /^  socket\s+(.*)$/m;
		ok(-S $socket, 'the socket is where it says');
		my ($conf) = $log =~ /^  configuration\s+(.*)$/m;
		ok(-f $conf, 'and the configuration');
		my ($url) = $log =~ /^  in a browser\s+(http:.*)$/m;
		like(HTTP::Tiny->new->get($url // '')->{content} // '',
		    qr/<title>belfry</, 'and its page');
		is(ctrl_c(), 0, 'Ctrl-C: it stops');
		like($d->log, qr/belfryd stopped/, 'and says so');
		ok(!-e $socket, 'the socket is gone');
		is_deeply([$d->leftovers], [], 'nothing is left');
	}
}

is(system('sh', '-n', 'conf/quickstart'), 0, 'its syntax is good');
if ($> == 0) {
	try('root');
	SKIP: {
		skip 'the tree is not for everybody', 1
		    if system(@nobody, 'test', '-x', $Belfry::DAEMON) != 0
		    || system(@nobody, 'test', '-r', "$tree/conf/jobs.d") != 0;
		try('a user', @nobody);
	}
} else {
	try('a user');
}

# What cannot be done is said in a line.
my ($status, $out, $err) = $d->command('env', 'BELFRY_QUICKSTART=/proc/1/x',
    'sh', 'conf/quickstart');
is($status, 1, 'a directory that cannot be written: 1');
like($err, qr/\Aquickstart: cannot write to \/proc\/1\/x; .*\n\z/,
    'and one line');
$d->finish;
done_testing;
