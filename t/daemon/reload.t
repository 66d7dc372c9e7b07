#!/usr/bin/perl
# Reload: what did not change goes on, what broke stays as it was.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::Piece ();

my $d = Belfry->new;
my $dir = $d->dir;
$d->job('keep.ini', <<"END");
[job keep]
schedule = \@every 3s
command = date +%s%3N >>$dir/keep

[job long]
command = sleep 3
END
$d->job('other.ini', "[job other]\nschedule = 0 4 * * *\ncommand = true\n");
$d->job('gone.ini', "[job gone]\ncommand = true\n");
$d->start;
my $long = $d->run('long');
$d->wait_for('the long run to start', sub {
	return grep { $_->{id} eq $long && $_->{started} }
	    @{ $d->json('status')->{runs} };
});
my $next = (grep { $_->{name} eq 'keep' } @{ $d->json('list') })[0]{next};

$d->job('new.ini', "[job new]\nschedule = \@daily\ncommand = true\n");
$d->job('other.ini', "[job other]\nschedule = 0 5 * * *\ncommand = true\n");
unlink $d->path('jobs/gone.ini');
my $change = $d->json('reload');
is_deeply($change->{added}, ['new'], 'added');
is_deeply($change->{removed}, ['gone'], 'removed');
is_deeply($change->{changed}, ['other'], 'changed');
is_deeply([grep { $_->{error} } @{ $change->{problems} }], [], 'no errors');
my %jobs = map { $_->{name} => $_ } @{ $d->json('list') };
# Some of its fires may have come meanwhile.
my ($before, $after) = map {
	Time::Piece->strptime($_, '%Y-%m-%dT%H:%M:%SZ')->epoch
} $next, $jobs{keep}{next};
is(($after - $before) % 3, 0, 'an unchanged interval keeps its phase');
ok(!$jobs{gone}, 'a job that was removed is gone');

# A broken file keeps its last good version; others are read.
$d->job('other.ini', "[job other]\nschedule = 0 99 * * *\ncommand = true\n");
$d->job('new.ini', "[job new]\nschedule = \@hourly\ncommand = true\n");
my ($status, $out, $err) = $d->belfry('reload');
is($status, 1, 'reload with an error: 1');
like($out . $err, qr/other\.ini:2\b.*hour/i, 'names file, line and what is wrong');
%jobs = map { $_->{name} => $_ } @{ $d->json('list') };
is_deeply($jobs{other}{schedule}, ['0 5 * * *'], 'the good version stays');
is_deeply($jobs{new}{schedule}, ['@hourly'], 'the others are read');

# By signal too.
$d->job('other.ini', "[job other]\nschedule = 0 6 * * *\ncommand = true\n");
kill 'HUP', $d->{pid};
$d->wait_for('SIGHUP to reload', sub {
	my %now = map { $_->{name} => $_ } @{ $d->json('list') };
	return $now{other}{schedule}[0] eq '0 6 * * *';
});

# A broken configuration stays as it was, and says so.
my $good = $d->read('belfry.conf');
$d->write('belfry.conf', $good . "\nnonsense\n");
($status, $out, $err) = $d->belfry('--socket', $d->path('run/belfry.sock'),
    'reload');
is($status, 1, 'reload of a broken configuration: 1');
like($out . $err, qr/belfry\.conf:\d+/, 'with its line');
$d->write('belfry.conf', $good);

is($d->finished($long)->{outcome}, 'success', 'a run goes on over reloads');
$d->wait_for('two more fires', sub { $d->lines('keep') >= 2 });
my @times = $d->lines('keep');
cmp_ok(abs($times[1] - $times[0] - 3000), '<', 900, 'in their phase');
$d->stop;
$d->finish;
done_testing;
