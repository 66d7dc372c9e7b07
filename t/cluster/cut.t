#!/usr/bin/perl
# One host cannot reach Redis while the others can: what it says of slots
# meanwhile is taken back. And explain and verify, which know one host.
use strict;
use warnings;
use Cluster;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Test::More;

my $redis = Cluster::Redis->new;
my $port = Redis::free_port();

# Passes bytes on; killed, it cuts who connects through it off.
sub relay {
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	# It must not outlive the test, nor hold its output open.
	$SIG{ALRM} = sub { POSIX::_exit(0) if getppid == 1; alarm 1 };
	alarm 1;
	open(STDOUT, '>', '/dev/null');
	open(STDERR, '>', '/dev/null');
	my $listener = IO::Socket::INET->new(Listen => 5, ReuseAddr => 1,
	    LocalAddr => '127.0.0.1', LocalPort => $port) or exit 1;
	my $select = IO::Select->new($listener);
	my %peer;
	for (;;) {
		for my $ready ($select->can_read) {
			if ($ready == $listener) {
				my $in = $listener->accept or next;
				my $out = IO::Socket::INET->new(
				    PeerAddr => '127.0.0.1',
				    PeerPort => $redis->{port}) or next;
				@peer{$in, $out} = ($out, $in);
				$select->add($in, $out);
			} elsif (sysread $ready, my $bytes, 65536) {
				syswrite $peer{$ready}, $bytes;
			} else {
				$select->remove($ready, $peer{$ready});
				close $peer{$ready};
				close $ready;
			}
		}
	}
}
my $relay = relay();
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)]);
my $probe = $c->probe;
$_->job('j.ini', "[job tick]\nschedule = * * * * * *\ncommand = $probe\n")
    for $c->all;
# The host that has the job goes through the relay.
my $first = 'a';
$c->start;
my $d = $c->node('b');
$d->wait_for('runs', sub { $c->runs('tick') >= 2 });
$first = ($c->runs('tick'))[-1]{node};
my $other = $first eq 'a' ? 'b' : 'a';
$c->node($first)->stop;
{
	local $redis->{port} = $port;
	$c->conf($first, '');
}
$c->node($first)->start;
$c->settled;
$d->wait_for('runs there again', sub {
	($c->runs('tick'))[-1]{node} eq $first;
});

kill 'KILL', $relay;
waitpid $relay, 0;
$d->wait_for('the host that is cut off to say so', sub {
	grep { ($_->{reason} // '') eq 'redis-down' }
	    $c->node($first)->ledger('tick');
});
$d->wait_for('the other to run it', sub {
	($c->runs('tick'))[-1]{node} eq $other;
});
my $n = $c->runs('tick');
$d->wait_for('and go on', sub { $c->runs('tick') > $n + 3 });
$relay = relay();
$c->settled;
$d->wait_for('it to be taken back', sub {
	my %ran = map { Cluster::seconds($_->{slot}) => 1 } $c->runs('tick');
	return !grep { $_->{outcome} && $_->{outcome} eq 'missed'
		&& $ran{ int $_->{slot} } } $c->ledger('tick');
});
$n = $c->runs('tick');
$d->wait_for('runs afterwards', sub { $c->runs('tick') > $n + 2 });
my %slots;
$slots{ $_->{slot} }++ for $c->runs('tick');
is(scalar(grep { $_ > 1 } values %slots), 0, 'no slot twice');
my %rows;
$rows{ int $_->{slot} }++ for $c->ledger('tick');
is(scalar(grep { $_ > 1 } values %rows), 0, 'no row twice');
is_deeply([$c->unaccounted('tick')], [], 'every slot has its row');

my ($status, $out) = $c->node($other)->belfry('verify');
is($status, 0, 'verify finds nothing wrong where others ran most')
    or diag $out;
my ($run) = grep { $_->{node} eq $first } $c->runs('tick');
($status, $out) = $c->node($other)->belfry('explain', 'tick', '--at',
    $run->{slot});
like($out, qr/, run \w+ on $first: started/, 'explain knows what others ran');
$c->finish;
kill 'KILL', $relay;
waitpid $relay, 0;
done_testing;
