# Slow, idle and many clients. The fake's patience is 3 s, not 30.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(time sleep);
use POSIX ();
use Fake;

my $f = Fake->new('status.json' => '{"state":"running"}');
my $get = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";

sub closed_after {
	my ($s, $feed) = @_;
	my $begin = time;
	local $SIG{PIPE} = 'IGNORE';
	while (time - $begin < 10) {
		my $select = IO::Select->new($s);
		if ($select->can_read($feed ? 0.1 : 10)) {
			last unless sysread($s, my $some, 1000);
		}
		$s->syswrite($feed) if $feed;
	}
	return time - $begin;
}

my $t = closed_after($f->connect);
cmp_ok($t, '>', 2, 'a client that says nothing has its time');
cmp_ok($t, '<', 6, 'and is closed then');
my $s = $f->connect;
$s->syswrite("GET /v1/status HTTP/1.1\r\nX: ");
cmp_ok(closed_after($s, 'x'), '<', 6, 'a head that never ends');
$s = $f->connect;
$s->syswrite("POST /v1/reload HTTP/1.1\r\nHost: x\r\n"
    . "Content-Length: 60000\r\n\r\n");
cmp_ok(closed_after($s, ' '), '<', 6, 'a body that never ends');
$s = $f->connect;
$s->syswrite($get);
cmp_ok(closed_after($s), '<', 6, 'a connection that is kept for nothing');

# One user has so many connections, others have the rest.
SKIP: {
	skip 'only root can be somebody else', 5 if $> != 0;
	pipe(my $from, my $to) or die "pipe: $!";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		POSIX::setgid(65534);
		POSIX::setuid(65534);
		my @held = map { $f->connect } 1 .. 200;
		my ($good, $refused) = (0, 0);
		for my $c (@held) {
			local $SIG{PIPE} = 'IGNORE';
			syswrite $c, $get;
			sysread $c, my $answer, 10000;
			$good++ if ($answer // '') =~ /running/;
			$refused++ if ($answer // '')
			    =~ m{^HTTP/1.1 429 .*^Retry-After: 1\r}ms;
		}
		syswrite $to, "$good $refused\n";
		sleep 2; # old enough to be given up
		my $c = $f->connect;
		syswrite $c, $get;
		sysread $c, my $answer, 10000;
		syswrite $to, ($answer // '') =~ /running/ ? "good\n" : "bad\n";
		POSIX::_exit(0);
	}
	close $to;
	my ($good, $refused) = split ' ', scalar <$from>;
	is($good, 128, 'a user has 128 connections');
	is($refused, 72, 'and is told so of the others');
	is(($f->request(GET => '/v1/status'))[0], 200, 'others go on');
	is(scalar <$from>, "good\n", 'in place of an old one, there is a new');
	waitpid $pid, 0;
	is($?, 0, 'all went well');
}

# Idle connections beyond the limit are let go for those who want something.
my @idle;
while (@idle < 700) {
	my $c = $f->connect or last;
	push @idle, $c;
}
cmp_ok(scalar @idle, '>=', 512, 'many connect');
my $begin = time;
is(($f->request(GET => '/v1/status'))[0], 200, 'one more is answered');
cmp_ok(time - $begin, '<', 2.5, 'before the idle ones have run out');
@idle = ();

# A thousand at once, who all want something.
my @children;
for my $child (1 .. 10) {
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		my $good = 0;
		my @sockets = map { $f->connect // die "connect: $!" } 1 .. 100;
		$_->syswrite($get) for @sockets;
		for my $c (@sockets) {
			my $n = sysread($c, my $answer, 10000) // 0;
			$good++ if $n && $answer =~ /running/;
			close $c;
		}
		POSIX::_exit($good == 100 ? 0 : 1);
	}
	push @children, $pid;
}
my $bad = 0;
for (@children) {
	waitpid($_, 0);
	$bad++ if $?;
}
is($bad, 0, '1000 connections at once are all answered');

# Idle means idle: nothing wakes the process when there is nothing to do.
$f->wait_for('all to be closed', sub {
	opendir(my $dir, '/proc/' . $f->pid . '/fd') or die;
	my @fds = readdir $dir;
	return @fds < 20;
});
sub switches {
	open(my $in, '<', '/proc/' . $f->pid . '/status') or die;
	my ($n) = map { /^voluntary_ctxt_switches:\s+(\d+)/ ? $1 : () } <$in>;
	return $n;
}
sleep 1; # the listener's timer, the last, has run out
my $n = switches();
sleep 1.5;
is(switches() - $n, 0, 'no wake-ups when idle');

$f->finish;
done_testing;
