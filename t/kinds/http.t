#!/usr/bin/perl
# http jobs in a daemon: the launcher that they need, retries, parameters, what
# must stay secret, and that they are in nobody's way.
use strict;
use warnings;
use Belfry;
use Httpd;
use JSON::PP;
use Test::More;

my $h = Httpd->new;
my $d = Belfry->new(jobs => { 'a.ini' => "[job plain]\ncommand = echo plain\n" });
$d->start;

sub launchers {
	my $pids = $d->processes;
	return map { @{ $pids->{$_} // [] } } qw(launcher library-launcher);
}

# Who has no such job has no such process.
my $before = () = launchers();
my @programs = map { readlink "/proc/$_/exe" } launchers();
is(scalar(grep { /-lib$/ } @programs), 0, 'no library launcher');

my $secret = 'hush-hush';
$d->write('env', "TOKEN=$secret-token\n");
$d->write('password', "$secret-password\n");
chmod 0600, $d->path($_) for qw(env password);
$d->job('b.ini', <<"END");
[job get]
description = a request
http = GET @{[$h->url('/ok')]}

[job flaky]
schedule = \@every 1h
first = now
http = GET @{[$h->url('/flaky/2')]}
retries = 5
retry-delay = 1ms
retry-codes = 105

[job secret]
http = POST @{[$h->url('/gate/secret?t=${TOKEN}')]}
http-header = X-Token: \${TOKEN}
http-header = X-Api-Key: $secret-literal
http-query = k=\${TOKEN}
http-body = \${TOKEN}
http-user = me
http-password-file = @{[$d->path('password')]}
environment-file = @{[$d->path('env')]}

[job echo]
http = GET @{[$h->url('/echo/${BELFRY_PARAM_path:-none}')]}
http-query = q=\${BELFRY_PARAM_q:-}
http-header = X-Run: \${BELFRY_JOB} \${BELFRY_TRIGGER} \${BELFRY_ATTEMPT}

[job stuck]
http = GET @{[$h->url('/silent')]}

[job gate]
http = GET @{[$h->url('/gate/gate')]}
END
my ($status, $out, $err) = $d->belfry('reload');
is($status, 0, 'reload') or diag($err);
$d->wait_for('the library launcher', sub {
	return $d->log =~ /library launcher is up/;
});
is(scalar(() = launchers()), $before + 1, 'one launcher more');
my $run = $d->finished($d->run('get'));
is("$run->{outcome} $run->{exit_code}", 'success 0', 'a request');
($status, $out) = $d->belfry('logs', $run->{id});
like($out, qr{^HTTP/1.1 200 OK\r\n.*\r\n\r\nhello\n\z}s, 'its output');

# The same slot until it is well: 500, 500, 200.
my @runs = $d->wait_for('the third try', sub {
	my @ended = $d->ended('flaky');
	return @ended >= 3 ? \@ended : undef;
})->@*;
is(join(' ', map { "$_->{outcome}:$_->{exit_code}" } reverse @runs),
    'failure:105 failure:105 success:0', 'retried by exit code');
is(scalar(keys %{ { map { $_->{slot} => 1 } @runs } }), 1, 'in one slot');

# Parameters.
my ($code, $text) = $d->belfry('run', 'echo', '--wait', '--param', 'path=a b/c',
    '--param', "q=1&2\r\nX: y");
is($code, 0, 'a run with parameters');
like($text, qr{GET /echo/a%20b%2Fc\?q=1%262%0D%0AX%3A%20y HTTP}, 'is asked so');
like($text, qr/^X-Run: echo manual 1\r$/m, 'with what the run is');

# Secrets are sent, and are nowhere else.
my $id = $d->run('secret');
$d->wait_for('the request', sub { $h->last_request =~ /gate.secret/ });
like($h->last_request, qr/\?t=$secret-token&k=$secret-token .*X-Token: $secret-token\r\nX-Api-Key: $secret-literal\r\n.*\r\n\r\n$secret-token\z/s,
    'all is sent');
like($h->last_request, qr/^Authorization: Basic /m, 'the password, too');
my $ps = '';
for my $file (glob '/proc/[0-9]*/{cmdline,environ,comm}') {
	open(my $in, '<', $file) or next;
	local $/;
	my $content = <$in> // next;
	$ps .= $content if $file !~ m{^/proc/$$/};
}
unlike($ps, qr/$secret/, 'not in ps while it runs');
my $shown = join '', map { ($d->belfry(@$_))[1] } ['show', 'secret'],
    ['--json', 'show', 'secret'], ['--json', 'show', $id], ['--json', 'status'];
$h->open_gate('secret');
is($d->finished($id)->{outcome}, 'success', 'a secret request');
$shown .= join '', map { ($d->belfry(@$_))[1] } ['--json', 'show', $id],
    ['--json', 'history', 'secret'], ['logs', $id], ['--json', 'list'];
unlike($shown, qr/$secret/, 'nor shown by the command');
like($shown, qr/"X-Api-Key: \*\*\*"/, 'which has *** for it');
like($shown, qr/"X-Token: \$\{TOKEN\}"/, 'or the variable');
unlike($d->log, qr/$secret/, 'nor in the log');
open(my $db, '<:raw', $d->path('state/belfry.db')) or die "store: $!";
unlike(do { local $/; <$db> }, qr/$secret/, 'nor in the ledger');

# Killed by a person.
$id = $d->run('stuck');
$d->wait_for('it to run', sub {
	my ($live) = grep { $_->{id} eq $id }
	    @{ $d->json('show', 'stuck')->{runs} };
	return $live && $live->{state} eq 'running' && $live->{pid};
});
$d->belfry('kill', $id);
is($d->finished($id)->{outcome}, 'killed', 'killed');

# A launcher that does not move: its runs wait, commands do not.
my ($library) = grep { readlink("/proc/$_/exe") =~ /-lib$/ } launchers();
kill 'STOP', $library;
my @waiting = map { $d->run('get') } 1 .. 60;
is($d->finished($d->run('plain'))->{outcome}, 'success',
    'commands pass by requests that cannot start');
ok(!(grep { defined $d->json('show', $_)->{outcome} } @waiting[0, 59]),
    'which still wait');
kill 'CONT', $library;
is(join(' ', map { $d->finished($_)->{outcome} } @waiting),
    join(' ', ('success') x 60), 'and then run');

# It is killed: what runs goes on, and another one comes.
$id = $d->run('gate');
$d->wait_for('the request', sub { $h->last_request =~ /gate.gate/ });
kill 'KILL', $library;
$h->open_gate('gate');
is($d->finished($id)->{outcome}, 'success', 'a run outlives its launcher');
is($d->finished($d->run('get'))->{outcome}, 'success', 'and there is another');

# The master is killed and comes back with such jobs: it knows whom to ask.
my ($master) = @{ $d->processes->{master} };
kill 'KILL', $master;
$d->wait_for('the next master', sub {
	my $now = eval { $d->processes->{master}[0] };
	return $now && $now != $master;
});
is($d->finished($d->run('get'))->{outcome}, 'success', 'after the master, too');
my @libraries = grep { (readlink("/proc/$_/exe") // '') =~ /-lib$/
    && Httpd::parent($_) == $d->{pid} } map { m{/proc/(\d+)} } glob '/proc/[0-9]*';
is(scalar @libraries, 1, 'by the launcher that was there');
$d->stop;

# And a daemon that has such a job from the start.
$d->start;
is($d->finished($d->run('get'))->{outcome}, 'success', 'at start');
$d->stop;
$d->finish;
done_testing;
