#!/usr/bin/perl
# What a job is given in confidence is nowhere but in the job; and what each
# process of the daemon has given up.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
my ($file_secret, $stdin_secret) = ('in-the-file-8417', 'on-stdin-2069');
$d->write('secret.env', "TOKEN=$file_secret\n");
chmod 0600, $d->path('secret.env');
$d->job('a.ini', <<"END");
[job quiet]
command = $dir/check
environment-file = $dir/secret.env
stdin = $stdin_secret\\n
END
$d->write('check', <<"END");
#!/bin/sh
read line
test "\$TOKEN" = $file_secret && test "\$line" = $stdin_secret || exit 9
while test ! -e $dir/go; do sleep 0.05; done
exec false
END
chmod 0755, $d->path('check');
# Nor is it in what is said of jobs that are wrong.
my $wrong = 'mistyped-5530';
$d->job('wrong.ini', <<"END");
[job wrong1]
http = GET http://user:$wrong\@localhost/
[job wrong2]
http = GET http://localhost/
http-user = user
http-password = \${$wrong
http-header = Authorization Bearer $wrong
http-proxy = user:$wrong\@localhost
[job wrong3]
command = cat
stdin = $wrong\\
END
$d->start;

sub field {
	my ($pid, $name) = @_;
	local (@ARGV, $/) = "/proc/$pid/status";
	return (<> =~ /^$name:\s*(\d+)/m)[0];
}

my $pids = $d->processes;
is(field($_->[1], 'NoNewPrivs'), 1, "$_->[0] gains no privileges")
    for map { [$_, $pids->{$_}[0]] } qw(master recorder api);
is(field($_->[1], 'NoNewPrivs'), 0, "$_->[0] starts who may")
    for ['guardian', $d->{pid}], ['launcher', $pids->{launcher}[0]];
is(field($_->[1], 'Seccomp'), 0, "nothing of $_->[0] is inherited")
    for ['guardian', $d->{pid}], ['launcher', $pids->{launcher}[0]];
SKIP: {
	skip 'seccomp is not permitted here', 1
	    if $d->log =~ /going on without a sandbox: \S/;
	is(field($pids->{api}[0], 'Seccomp'), 2, 'api is in its sandbox');
}

my $run = $d->run('quiet');
$d->wait_for('it to run', sub { $d->json('show', 'quiet')->{running} });
my @told = ([show => ($d->belfry('show', 'quiet'))[1]],
    ['show, JSON' => ($d->belfry('--json', 'show', 'quiet'))[1]]);
my $ps = '';
for my $name (map { glob "/proc/[0-9]*/$_" } 'cmdline') {
	open(my $in, '<', $name) or next;
	local $/;
	my $text = <$in> // '';
	$ps .= $text if index($text, $dir) >= 0;
}
like($ps, qr/belfryd/, 'ps shows the daemon');
push @told, [ps => $ps];
for my $pid ($d->{pid}, map { @$_ } values %$pids) {
	open(my $in, '<', "/proc/$pid/environ") or next;
	local $/;
	push @told, ["environment of $pid" => <$in> // ''];
}
$d->write('go', '');
is($d->finished($run)->{exit_code}, 1, 'the job had both');
push @told, ["$_->[0]" => ($d->belfry('--json', @$_))[1]]
    for ['show', $run], ['history', 'quiet'], ['explain', 'quiet'],
    ['logs', $run], ['status'], ['check'];
is(() = $told[-1][1] =~ m{"file": "$dir/jobs/wrong.ini"}g, 5,
    'all mistakes are told');
$d->stop;
push @told, [log => $d->log];
for my $file (glob("$dir/state/*"), glob("$dir/state/runs/*")) {
	open(my $in, '<', $file) or next;
	binmode $in;
	local $/;
	push @told, [$file => <$in> // ''];
}
ok(scalar(@told) > 10, 'looked at ' . @told . ' places');
for (@told) {
	my ($place, $text) = @$_;
	fail("a secret in $place")
	    if $text =~ /$file_secret|$stdin_secret|$wrong/;
}
like($told[1][1], qr/"stdin": ?"\(not shown\)"/, 'there is a standard input');
$d->finish;
done_testing;
