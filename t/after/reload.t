#!/usr/bin/perl
# Jobs that come after others, in reloads and restarts: cycles in one and
# several files, parents that go and come, rounds that are open, children that
# are to run when the daemon drains.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;

sub reload {
	return JSON::PP->new->utf8->decode(($d->belfry('--json', 'reload'))[1]);
}

sub errors { return join("\n", map { $_->{text} } @{ $_[0]{problems} }) }
sub known { return join(' ', map { $_->{name} } @{ $d->json('list') }) }

sub job {
	my ($name, $after) = @_;
	return "[job $name]\n" . ($after ? "after = $after\n" : '')
	    . "command = echo $name >>$dir/ran\n";
}

# As often as these have run, nothing else.
sub ran {
	my ($job) = @_;
	return scalar grep { $_ eq $job } $d->lines('ran');
}

sub run_all {
	$d->finished($d->run($_)) for @_;
}

$d->job('cycle.ini', job('x', 'y') . job('y', 'x') . job('fine'));
$d->job('a.ini', job('a'));
$d->job('b.ini', job('b'));
$d->job('c.ini', job('c', 'a b'));
$d->start;
is(known(), 'a b c fine', 'a cycle is left out, the others run');
my ($status, $out) = $d->belfry('check');
is($status, 2, 'belfry check finds it');
like($out, qr/cycle: x \(\S+cycle\.ini:1\) -> y \(\S+cycle\.ini:4\) -> x/,
    'and names it');
($status, $out) = $d->command($Belfry::DAEMON, '-t', '-c',
    $d->path('belfry.conf'));
is($status, 2, 'belfryd -t');
like($out, qr/cycle: x .* -> y .* -> x/, 'too');

# A file that is checked alone may come after jobs of others.
$d->write('alone.ini', job('alone', 'a'));
($status, $out) = $d->belfry('check', $d->path('alone.ini'));
is($status, 0, 'a parent in the jobs-dir') or diag($out);
$d->write('alone.ini', job('alone', 'nobody'));
($status, $out) = $d->belfry('check', $d->path('alone.ini'));
is($status, 2, 'a parent that is nowhere');
like($out, qr/after "nobody": there is no such job/, 'is told');

# Over several files, by a reload: the file stays as it was.
$d->job('a.ini', job('a', 'c'));
like(errors(reload()), qr/cycle: a .*a\.ini:1\) -> c .* -> a/,
    'a cycle over files');
is(known(), 'a b c fine', 'the file stays as it was');
$d->job('a.ini', job('a'));
reload();

# A round over reload and restart.
run_all('a');
reload();
is(ran('c'), 0, 'half a round');
$d->stop;
$d->start;
is(ran('c'), 0, 'still half');
run_all('b');
$d->wait_for('the round', sub { ran('c') == 1 });
pass('a round goes on after a restart');

# Another plan: the round begins anew.
run_all('a');
$d->job('c.ini', job('c', 'a b fine'));
reload();
run_all('b', 'fine');
$d->job('c.ini', job('c', 'b fine'));
reload();
is(ran('c'), 1, 'a reload begins no run');
run_all('fine', 'b');
$d->wait_for('the new round', sub { ran('c') == 2 });
pass('the round begins anew');

# The same while the daemon is away.
run_all('b');
$d->stop;
$d->job('c.ini', job('c', 'b'));
$d->start;
run_all('fine');
is(ran('c'), 2, 'what another plan had waited for is gone');
run_all('b');
$d->wait_for('the parent that is left', sub { ran('c') == 3 });

# A parent is renamed, and comes back.
$d->job('b.ini', job('bb'));
like(errors(reload()), qr/after "b": there is no such job/, 'renamed');
is(known(), 'a bb fine', 'the child is left out');
$d->job('c.ini', job('c', 'bb'));
reload();
run_all('bb');
$d->wait_for('the child', sub { ran('c') == 4 });
pass('under its new name');

# A child that goes forgets, and hears of nothing.
$d->job('c.ini', job('c', 'a bb'));
reload();
run_all('a');
unlink $d->path('jobs/c.ini');
reload();
run_all('bb');
$d->job('c.ini', job('c', 'a bb'));
reload();
run_all('bb');
is(ran('c'), 4, 'it has forgotten');
run_all('a');
$d->wait_for('the child', sub { ran('c') == 5 });

# Parent and child go together while runs of the parent wait.
$d->job('pair.ini', "[job behind]\nafter = line\nafter-when = always\n"
    . "command = echo behind >>$dir/ran\n[job line]\noverlap = queue\n"
    . "schedule = * * * * * *\ncommand = sleep 600\n");
reload();
$d->wait_for('one that waits', sub { $d->json('show', 'line')->{queued} });
unlink $d->path('jobs/pair.ini');
reload();
$d->belfry('kill', $_->{id})
    for grep { $_->{state} eq 'running' } @{ $d->json('status')->{runs} };
is((scalar grep { $_->{restarts} } @{ $d->json('status')->{processes} }), 0,
    'the master has not minded');

# While the daemon drains nothing begins; the next one does that.
$d->job('slow.ini', "[job slow]\ncommand = touch $dir/begun; "
    . "while ! test -e $dir/go; do sleep 0.05; done\n" . job('late', 'slow'));
reload();
my $slow = $d->run('slow');
$d->wait_for('it to run', sub { -e "$dir/begun" });
kill 'TERM', $d->{pid};
$d->wait_for('the drain', sub { $d->log =~ /draining, 1 runs/ });
$d->write('go', '');
$d->wait_exit;
is(ran('late'), 0, 'nothing begins while it drains');
# Its plan is changed meanwhile: what was to run already does.
$d->job('slow.ini', "[job slow]\ncommand = true\n" . job('late', 'slow a'));
$d->start;
$d->wait_for('the child', sub { ran('late') == 1 });
my ($run) = @{ $d->json('history', 'late') };
is($run->{parent}, $slow, 'the next one begins it');
$d->stop;
$d->start;
($status, $out) = $d->belfry('verify');
is($status, 0, 'verify finds nothing') or diag($out);
is(ran('late'), 1, 'once');
$d->stop;
$d->finish;
done_testing;
