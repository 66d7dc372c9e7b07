#!/usr/bin/perl
# /v1/events: what happens is told as it happens, nothing is missed by who
# comes back, and nobody waits for who does not read.
use strict;
use warnings;
use Belfry;
use IO::Select;
use JSON::PP;
use Test::More;
use Web;

my $d = Belfry->new(jobs => { 'a.ini' => <<'END' });
[job quick]
command = true

[job slow]
command = sleep 100
overlap = skip
schedule = @every 1s
first = now
enabled = no
END
$d->start;
my $web = Web->new($d);

# A listener: its stream so far, and its events, each a hash with id, event
# and data.
sub listen_to {
	my ($extra) = @_;
	my $socket = $web->socket;
	print $socket "GET /v1/events HTTP/1.1\r\nHost: x\r\n" . ($extra // '')
	    . "\r\n";
	return { socket => $socket, text => '', plain => '' };
}

sub take {
	my ($l) = @_;
	my $select = IO::Select->new($l->{socket});
	while ($select->can_read(0)) {
		last unless sysread $l->{socket}, $l->{text}, 65536,
		    length $l->{text};
	}
	if (!$l->{head} && $l->{text} =~ s/\A(.*?)\r\n\r\n//s) {
		$l->{head} = $1;
	}
	while ($l->{head} && $l->{text} =~ /\A([0-9a-f]+)\r\n/) {
		my $n = hex $1;
		last if length($l->{text}) < $+[0] + $n + 2;
		$l->{plain} .= substr $l->{text}, $+[0], $n;
		substr($l->{text}, 0, $+[0] + $n + 2) = '';
	}
	my @events;
	for (grep { /^event: /m } split /\n\n/, $l->{plain}) {
		my %e = /^(\w+): ?(.*)$/mg;
		$e{data} = JSON::PP->new->decode($e{data}) if $e{data};
		push @events, \%e;
	}
	return @events;
}

sub wait_event {
	my ($l, $what, $test) = @_;
	return $d->wait_for($what, sub { (grep { $test->($_) } take($l))[0] });
}

my $a = listen_to();
wait_event($a, 'the beginning', sub { $_[0]{event} eq 'reset' });
like($a->{head}, qr{^Content-Type: text/event-stream\r?$}m, 'of that type');
like($a->{plain}, qr/^retry: \d+$/m, 'says when to come back');
my $id = $d->run('quick');
my $end = wait_event($a, 'the end of a run', sub {
	$_[0]{event} eq 'run' && $_[0]{data}{state} eq 'ended'
	    && $_[0]{data}{id} eq $id;
});
is($end->{data}{outcome}, 'success', 'with its outcome');
ok((grep { $_->{event} eq 'run' && $_->{data}{state} eq 'running'
	    && $_->{data}{id} eq $id } take($a)), 'and its start');

# --- pauses and reloads ---
$d->belfry('pause', 'quick');
wait_event($a, 'a pause', sub { $_[0]{event} eq 'pause'
	    && $_[0]{data}{job} eq 'quick' && $_[0]{data}{paused} });
$d->belfry('resume', 'quick');
wait_event($a, 'its end', sub { $_[0]{event} eq 'pause'
	    && !$_[0]{data}{paused} });
my $text = $d->read('jobs/a.ini');
$d->job('a.ini', $text =~ s/^enabled = no\n//mr);
is(($d->belfry('reload'))[0], 0, 'reload');
wait_event($a, 'a reload', sub { $_[0]{event} eq 'jobs'
	    && $_[0]{data}{changed} == 1 });
my $slot = wait_event($a, 'a slot that is skipped', sub {
	$_[0]{event} eq 'slot' && $_[0]{data}{reason} eq 'overlap' });
is($slot->{data}{outcome}, 'skipped', 'as such');
is($slot->{data}{job}, 'slow', 'of which job');
$d->job('a.ini', $text);
$d->belfry('reload');

# --- who comes back ---
my ($first) = grep { $_->{event} eq 'run' } take($a);
my $b = listen_to("Last-Event-ID: $first->{id}\r\n");
wait_event($b, 'what was missed', sub { $_[0]{event} eq 'slot' });
my @ids = map { $_->{id} } take($b);
is($ids[0], $first->{id} =~ s/(\d+)$/$1 + 1/er, 'from the next on');
is(scalar(grep { $_->{event} eq 'reset' } take($b)), 0, 'without a reset');
my $c = listen_to("Last-Event-ID: 00000000-1\r\n");
wait_event($c, 'a reset for who knows too little', sub {
	$_[0]{event} eq 'reset' });

# --- the master is started again ---
my ($master) = @{ $d->processes->{master} };
kill 'KILL', $master;
my $before = () = $a->{plain} =~ /^event: reset$/mg;
wait_event($a, 'a reset', sub {
	my $n = () = $a->{plain} =~ /^event: reset$/mg;
	$n > $before;
});
$id = $d->wait_for('a master', sub { eval { $d->run('quick') } });
wait_event($a, 'events of the new master', sub {
	$_[0]{event} eq 'run' && $_[0]{data}{state} eq 'ended'
	    && $_[0]{data}{id} eq $id;
});

my ($status, $head) = $web->request('HEAD', '/v1/events');
is($status, 200, 'HEAD has an end');
is(($web->request('POST', '/v1/events'))[0], 405, 'POST is none');
$d->belfry('kill', $_) for map { $_->{id} } grep { $_->{job} eq 'slow' }
    @{ $d->json('status')->{runs} };
$d->finish;
done_testing;
