#!/usr/bin/perl
# belfry run --param: in the job's environment, in the history, and kept when
# the master is killed before it could start the run.
use strict;
use warnings;
use Belfry;
use IO::Socket::UNIX;
use Test::More;

my $d = Belfry->new(conf => "max-running = 1\n");
my $dir = $d->dir;
$d->job('params.ini', <<"END");
[job count]
command = env | grep -c ^BELFRY_PARAM_

[job show]
command = env | grep ^BELFRY_PARAM_ | sort

[job hold]
command = while test ! -e $dir/go; do sleep 0.05; done
END
$d->start;

sub output { return ($d->belfry('logs', $_[0]))[1] }

my $id = $d->json('run', 'show', '--param', 'A=1', '-p', 'B_2=x y=$z',
    '--param', "C=\x{c3}\x{bc}\nline")->{run};
my $run = $d->finished($id);
is(output($id), "BELFRY_PARAM_A=1\nBELFRY_PARAM_B_2=x y=\$z\n"
    . "BELFRY_PARAM_C=\x{c3}\x{bc}\n", 'the job has them');
is_deeply($run->{params}, { A => '1', B_2 => 'x y=$z', C => "\x{fc}\nline" },
    'show tells them');
my ($row) = grep { $_->{id} eq $id } @{ $d->json('history', 'show') };
is_deeply($row->{params}, $run->{params}, 'and history');
like(($d->belfry('show', $id))[1], qr/^params +A=1\n/m, 'for people');
is($d->finished($d->run('show'))->{params}, undef, 'a run without has none');
is(scalar(glob "$dir/state/runs/*.params"), undef, 'no file is left');

# Killed while it waits: master, then all.
my $hold = $d->run('hold');
$d->wait_for('it to run', sub { $d->json('status')->{running} });
my @ids = map { $d->json('run', 'show', '-p', "N=$_")->{run} } 1, 2;
my $line = sub { return scalar @{ $d->json('status')->{line} } };
is($line->(), 2, 'two wait');
kill 'KILL', @{ $d->processes->{master} };
$d->wait_for('the master', sub { eval { $line->() } // 0 });
my $pids = $d->processes;
kill 'KILL', $d->{pid}, map { @$_ } values %$pids;
$d->wait_exit;
$d->start;
$d->write('go', '');
for my $n (1, 2) {
	my $run = $d->finished($ids[$n - 1]);
	is_deeply($run->{params}, { N => $n }, "run $n: kept");
	is(output($run->{id}), "BELFRY_PARAM_N=$n\n", 'and given to the job');
}

# More variables than anybody needs: none is left out.
my @small = map { ('-p', "p$_=1") } 1 .. 1200;
my (undef, $count) = $d->belfry('run', 'count', '--wait', @small);
is($count, "1200\n", '1,200 parameters reach the job');

# What cannot be.
for (['1A=1', 'digit'], ['A' x 65 . '=1', 'longer'],
    ['A-B=1', 'stands for "-", too'], ['A=' . 'x' x 4097, '4096 bytes']) {
	my ($param, $want) = @$_;
	my ($status, $out, $err) = $d->belfry('run', 'show', '-p', $param);
	is($status, 2, substr($param, 0, 10));
	like($err, qr/$want/, 'says why');
}
my @many = map { ('-p', "V$_=" . 'x' x 4096) } 1 .. 5;
my ($status, $out, $err) = $d->belfry('run', 'show', @many);
like($err, qr/at most 16384/, 'too many bytes');

# The daemon does not rely on who asks.
my $socket = IO::Socket::UNIX->new($d->path('run/belfry.sock')) or die "$!";
my $body = '{"params":{"1A":"1"}}';
printf $socket "POST /v1/jobs/show/run HTTP/1.0\r\n"
    . "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
    length $body, $body;
my $answer = do { local $/; <$socket> };
like($answer, qr{\AHTTP/1\.\d 400 .*parameter \\"1A\\": a name has}s,
    'the daemon refuses them, too');
$d->stop;
$d->finish;
done_testing;
