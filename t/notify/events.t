#!/usr/bin/perl
# Each event of notify-on, notify-repeat, retries, pings, and commands as
# receivers; a job that says nothing is silent.
use strict;
use warnings;
use Belfry;
use Httpd;
use JSON::PP;
use Test::More;

my $h = Httpd->new;
my $d = Belfry->new;
my $dir = $d->dir;
$d->conf(<<"END");
max-running = 4
[notify ops]
type = webhook
url = @{[$h->url('/ok/{job}')]}
rate-limit = 1000/1s
group-wait = 0s
[notify few]
type = webhook
url = @{[$h->url('/ok/few')]}
rate-limit = 2/1h
group-wait = 0s
[notify shell]
type = command
command = cat >$dir/shell.new; echo "\$BELFRY_NOTIFY_JOB \$BELFRY_NOTIFY_EVENT \$BELFRY_NOTIFY_EXIT_CODE" >>$dir/shell.new; mv $dir/shell.new $dir/shell.out
body = {subject}\\n
[notify broken]
type = command
command = echo so nicht; exit 3
retry-delay = 100ms
END
my $all = 'notify-on = start success failure recovery late too-long missed lost';
$d->job('a.ini', <<"END");
[job quiet]
command = false

[job all]
command = test -e $dir/good
notify = ops
$all

[job every]
command = false
notify = ops
notify-repeat = every

[job few]
command = false
notify = few
notify-repeat = every

[job hourly]
command = false
notify = ops
notify-repeat = 1h

[job retried]
schedule = \@every 1h
first = now
command = test \$BELFRY_ATTEMPT = 3
retries = 3
retry-delay = 1ms
notify = ops
notify-on = success failure recovery
ping-start = @{[$h->url('/ok/ping/start/{job}/{attempt}')]}
ping-success = @{[$h->url('/ok/ping/good?code={exit_code}')]}
ping-failure = @{[$h->url('/ok/ping/bad')]}

[job shell]
command = exit 7
notify = shell broken

[job lost]
command = touch $dir/lost; exec sleep 1000
notify = ops
$all

[job stopped]
command = touch $dir/stopped; test -e $dir/go || exec sleep 1000; test -e $dir/good
notify = ops

[job told]
command = touch $dir/told; exec sleep 1000
notify = ops
notify-on = failure killed

[job cleanup]
command = true
after = stopped
after-when = failure

[job long]
command = touch $dir/long; while [ ! -e $dir/long.end ]; do sleep 0.05; done
notify = ops
notify-on = too-long
notify-too-long = 1s

[job auto]
command = while [ -e $dir/auto ]; do sleep 0.05; done
notify = ops
notify-on = too-long
END
$d->start;

sub events {
	my ($job) = @_;
	my @found;
	for my $request ($h->requests) {
		next unless $request =~ m{^POST /ok/\Q$job\E };
		my $json = decode_json($request =~ s/.*?\r\n\r\n//sr);
		push @found, $json;
	}
	return @found;
}

sub wait_events {
	my ($job, @events) = @_;
	my $want = join ' ', sort @events;
	my $got = '';
	eval {
		$d->wait_for("$want of $job", sub {
			$got = join ' ', sort map { $_->{event} } events($job);
			return $got eq $want;
		});
	};
	is($got, $want, "$job: $want");
}

# What happens at the beginning of a run and at its end.
$d->finished($d->run('quiet'));
$d->finished($d->run('all')) for 1 .. 2;
$d->write('good', '');
$d->finished($d->run('all'));
wait_events('all', ('start') x 3, 'failure', 'recovery', 'success');
$d->finished($d->run('every')) for 1 .. 3;
wait_events('every', ('failure') x 3);
$d->finished($d->run('hourly')) for 1 .. 3;
wait_events('hourly', 'failure');

# No more messages than the receiver wants.
$d->finished($d->run('few')) for 1 .. 4;
$d->wait_for('those that may', sub {
	2 == grep { $_->{state} eq 'sent' } @{ $d->json('notifications', '-r', 'few') }
});
is(join(' ', map { "$_->{state} $_->{tries}" } reverse
    @{ $d->json('notifications', '-r', 'few') }),
    'sent 1 sent 1 waiting 0 waiting 0', 'a rate limit');

# Attempts that are followed by another one are no news; each is pinged once.
$d->wait_for('the third attempt', sub { $d->ended('retried') == 3 });
wait_events('retried', 'success');
my @pings = $d->wait_for('pings', sub {
	my @found = map { m{^GET /ok/ping/(\S+)} } $h->requests;
	return @found == 4 ? \@found : undef;
})->@*;
is(join(' ', sort @pings),
    'good?code=0 start/retried/1 start/retried/2 start/retried/3', 'pings');
my ($status, $out) = $d->belfry('show', 'retried');
like($out, qr{ping-start = http://[\d.:]+/\*\*\*$}m,
    'a ping is as good as a password');

# A command, and one that fails.
$d->finished($d->run('shell'));
$d->wait_for('the command', sub { -e $d->path('shell.out') });
like($d->read('shell.out'),
    qr/\Ashell failed on \S+: exited with code 7\nshell failure 7\n\z/,
    'a command');
my $row = $d->wait_for('the other command', sub {
	(grep { $_->{tries} > 1 } @{ $d->json('notifications', '-r', 'broken') })[0]
});
is($row->{error}, 'exit code 3: so nicht ', 'and what it said');

# A worker that is killed; nobody is told twice of one run.
my $run = $d->run('lost');
$d->wait_for('it to run', sub { -e $d->path('lost') });
my ($pid) = map { $_->{pid} } grep { $_->{id} eq $run }
    @{ $d->json('status')->{runs} };
open(my $in, '<', "/proc/$pid/stat") or die "stat: $!";
my ($worker) = <$in> =~ /\) \S (\d+)/;
kill 'KILL', $worker, $pid;
$d->finished($run);
wait_events('lost', 'start', 'lost');

# What a person ends is no failure of the job, unless a job after it asks.
for my $job ('stopped', 'told') {
	$run = $d->run($job);
	$d->wait_for('it to run', sub { -e $d->path($job) });
	is(($d->belfry('kill', $run))[0], 0, 'kill');
	is($d->finished($run)->{outcome}, 'killed', 'it is killed');
}
wait_events('told', 'killed');
is((events('told'))[0]{reason}, 'killed by operator', 'and why');
like((events('told'))[0]{subject}, qr/^told was killed on /, 'in words');
$d->wait_for('what comes after a failure', sub { $d->ended('cleanup') });
$d->write('go', '');
$d->finished($d->run('stopped'));
unlink $d->path('good');
$d->finished($d->run('stopped'));
$d->write('good', '');
wait_events('stopped', 'failure');

# A run that takes too long, by a number and by what is usual.
$d->finished($d->run('auto')) for 1 .. 5;
$run = $d->run('long');
$d->write('auto', '');
my $usual = $d->run('auto');
wait_events('long', 'too-long');
wait_events('auto', 'too-long');
like((events('auto'))[0]{reason}, qr/for more than \S+, which is long/,
    'and why');
$d->write('long.end', '');
unlink $d->path('auto');
$d->finished($_) for $run, $usual;

# All places are taken: what is due is late; while nobody was there: missed.
my @busy = map { "[job busy$_]\ncommand = while [ ! -e $dir/free ]; do sleep 0.05; done\n" } 1 .. 4;
$d->job('b.ini', join '', @busy, <<"END");
[job late]
command = true
notify = ops
notify-on = late
notify-late = 1s
END
$d->belfry('reload');
@busy = map { $d->run("busy$_") } 1 .. 4;
$run = $d->run('late');
wait_events('late', 'late');
$d->write('free', '');
$d->finished($_) for $run, @busy;
$d->job('c.ini', <<"END");
[job missed]
schedule = * * * * * *
command = true
start-deadline = 1s
notify = ops
notify-on = missed
END
$d->belfry('reload');
$d->wait_for('a slot', sub { $d->ended('missed') > 0 });
$d->stop;
my $seen = time;
$d->wait_for("slots that nobody sees", sub { time - $seen > 3 });
$d->start;
$d->wait_for('what was missed', sub { events('missed') });
my ($missed) = events('missed');
is("$missed->{event} $missed->{outcome}", 'missed missed', 'missed');
like($missed->{reason}, qr/^late: nothing could start it in time/, 'and why');

is(scalar(my @none = events('quiet')), 0, 'a job without notify is silent');
$d->finish;
done_testing;
