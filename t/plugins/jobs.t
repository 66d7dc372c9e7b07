#!/usr/bin/perl
# Jobs with plugins in a daemon: what they may say is the plugin's word, asked
# of a worker; a plugin that cannot be used costs its own jobs.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use File::Copy qw(copy);
use Test::More;

my $built = "$Belfry::BUILD/t/plugins";
my $d = Belfry->new(conf => "plugin-dir = PLUGINS\n");
mkdir $d->path('plugins');
sub install {
	my ($name, $as) = @_;
	my $path = $d->path('plugins/' . ($as // $name) . '.so');
	copy("$built/$name.so", "$path.new") or die "$name: $!";
	chmod 0755, "$path.new";
	rename "$path.new", $path or die "$name: $!";
}
install($_) for qw(gentle hostile load-crash bad-key bad-schedule);
$d->conf('plugin-dir = ' . $d->path('plugins') . "\n");
$d->job('good.ini', <<'END');
[job talk]
description = says a few words
plugin = gentle
text = hello
max-count = 12

[job later]
max-count = 13
plugin = gentle
text = later
schedule = 0 3 * * *

[job wait]
plugin = gentle
text = x
word = wait
schedule = 0 4 * * *

[job crash]
plugin = hostile
how = crash-run
END
$d->job('plain.ini', "[job plain]\ncommand = echo plain\n");
$d->job('bad.ini', <<'END');
[job worse]
plugin = load-crash

[job none]
plugin = nowhere

[job key]
plugin = bad-key

[job time]
plugin = bad-schedule

[job range]
plugin = gentle
text = x
max-count = 101

[job misspelt]
plugin = gentle
text = x
max-cuont = 1

[job missing]
plugin = gentle

[job both]
plugin = gentle
command = true

[job base]
plugin = gentle
text = x
database = nowhere

[job odd]
command = true
text = x
END

# "belfry check" knows the same without a daemon.
my ($status, $out) = $d->belfry('check');
is($status, 2, 'check: errors');
sub complains {
	my ($from, $text) = @_;
	my $dir = $d->path('jobs');
	for my $wanted (
	    '2: .*plugin load-crash: it crashes when it is loaded',
	    '5: .*plugin nowhere: there is no .*/plugins/nowhere.so; plugin-dir',
	    '8: .*plugin bad-key has a parameter timeout, which is a key of',
	    '11: .*schedule "every now and then": ',
	    '16: .*max-count "101": write a number from 1 to 100',
	    '21: .*"max-cuont" is neither a key .* gentle; did you mean max-count',
	    '24: .*text is missing, which plugin gentle needs: must be given',
	    '28: .*a job has one of command, http, sql and plugin; plugin is in line 27',
	    '33: .*belfry.conf has no \[database nowhere\]',
	    '37: .*unknown key "text"') {
		like($text, qr/bad\.ini:$wanted/, "$from: line $wanted");
	}
	unlike($text, qr/good\.ini:/, "$from: nothing about the others");
}
complains('check', $out);

$d->start;
complains('log', $d->log);
my %jobs = map { $_->{job} // $_->{name} => $_ } @{ $d->json('list') };
is(join(' ', sort keys %jobs), 'crash later plain talk wait',
    'the good ones are there from the start');
($status, $out) = $d->belfry('show', 'later');
like($out, qr/^  schedule = 0 3 \* \* \*$/m, 'a schedule of its own');
($status, $out) = $d->belfry('show', 'talk');
like($out, qr/^  schedule = \@every 1d$/m, 'or that of the plugin');
like($out, qr/^  max-count = 12$/m, 'show: a parameter');
like($out, qr/^  share = 0.5$/m, 'show: a fallback');

my $run = $d->finished($d->run('talk'));
is($run->{outcome}, 'success', 'it runs');
($status, $out) = $d->belfry('logs', $run->{id});
like($out, qr/^debug: text hello\ninfo: count 12$/m, 'its output');
is_deeply($run->{results}, { rows => 42, said => 'hello' }, 'its results');
($status, $out) = $d->belfry('show', $run->{id});
like($out, qr/^results +rows=42\n +said=hello$/m, 'for people');
for my $case (['max_cont=14', qr/plugin gentle has no parameter max_cont/],
    ['max_count=1000', qr/parameter max_count: /],
    ['word=maybe', qr/parameter word: /]) {
	my ($status, $said, $err) = $d->belfry('run', 'talk', '-p', $case->[0]);
	is($status, 1, "$case->[0] is refused");
	like($err, $case->[1], 'and why');
}
$run = $d->finished($d->json('run', 'talk', '--param', 'max_count=14')->{run});
($status, $out) = $d->belfry('logs', $run->{id});
like($out, qr/^info: count 14$/m, 'a parameter of one run');
$run = $d->finished($d->run('crash'));
is($run->{outcome}, 'failure', 'a crash is a failure');
like($run->{reason}, qr/SEGV.*it was in run/, 'with where');
($status, $out) = $d->belfry('exec', 'talk');
is($status, 0, 'exec');
like($out, qr/^info: count 12$/m, 'exec: its output');

# How far it is.
my $id = $d->run('wait');
$d->wait_for('progress', sub {
	my ($live) = grep { $_->{id} eq $id } @{ $d->json('show', 'wait')->{runs} };
	return $live && $live->{progress};
});
my ($live) = grep { $_->{id} eq $id } @{ $d->json('status')->{runs} // $d->json('show', 'wait')->{runs} };
is("$live->{progress}{done} $live->{progress}{total} $live->{progress}{text}",
    '3 10 rows of some', 'progress');
($status, $out) = $d->belfry('show', 'wait');
like($out, qr/3 of 10 rows of some/, 'show');
($status, $out) = $d->belfry('status');
like($out, qr/3 of 10 rows of some/, 'status');
$d->belfry('kill', $id);
is($d->finished($id)->{outcome}, 'killed', 'it heeds the kill');

# A new plugin, and one that has become better, with a reload.
$d->job('bad.ini', "[job worse]\nplugin = load-crash\n");
install('other-abi', 'gentle');
($status, $out) = $d->belfry('reload');
like($d->log, qr/plugin gentle: .* is for ABI 4711/, 'it has become worse');
is($d->finished($d->run('plain'))->{outcome}, 'success', 'others go on');
is(scalar(@{ $d->json('list') }), 5, 'jobs stay as they were');
install('gentle');
$d->job('bad.ini', "[job new]\nplugin = gentle\ntext = n\n");
($status, $out) = $d->belfry('reload');
is($status, 0, 'reload') or diag($out);
is(scalar(@{ $d->json('list') }), 6, 'the new one is there when it returns');

# Killed at any moment: the start asks again.
kill 'KILL', $d->processes->{master}[0];
is($d->finished($d->run('new'))->{outcome}, 'success', 'after kill -9');
done_testing;
