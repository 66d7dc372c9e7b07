#!/usr/bin/perl
# watch with plugin: a plugin handles each row, with the row in its
# environment and its parameters from the job; what it does costs one row.
use strict;
use warnings;
use Belfry;
use File::Copy qw(copy);
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->query('CREATE TABLE t (id int PRIMARY KEY, name text, '
    . "state text DEFAULT 'new', reason text)");
my @names = qw(ann fail bob crash exit eve);
$pg->query("INSERT INTO t SELECT id, name FROM unnest(ARRAY['"
    . join("', '", @names) . "']) WITH ORDINALITY AS x (name, id)");

my $d = Belfry->new;
mkdir $d->path('plugins');
my $path = $d->path('plugins/row.so');
copy("$Belfry::BUILD/t/plugins/row.so", $path) or die "row: $!";
chmod 0755, $path;
$d->conf('plugin-dir = ' . $d->path('plugins') . "\n[database main]\nconninfo = "
    . $pg->conninfo . "\n");
my $watch = <<'END';
database = main
watch = SELECT id, name FROM t WHERE state = 'new' ORDER BY id
watch-done = UPDATE t SET state = 'done' WHERE id = :id::int
END
$d->job('r.ini', <<"END");
[job rows]
plugin = row
greeting = good day
$watch
watch-failed = UPDATE t SET reason = :belfry_reason WHERE id = :id::int
watch-attempts = 1
watch-parallel = 3

[job usual]
plugin = row
$watch
END
$d->job('bad.ini', "[job odd]\nplugin = row\ngreting = x\n$watch");
$d->start;

like(($d->belfry('check'))[1], qr/"greting" is neither a key of jobs nor a parameter of plugin row; did you mean greeting\?/,
    'a parameter that it has not');
my $shown = $d->json('show', 'rows');
is($shown->{keys}{greeting}, 'good day', 'show: its parameter');
is($shown->{plugin}, 'row', 'and the plugin');
like($shown->{keys}{watch}, qr/^SELECT id/, 'and the query');
is($d->json('show', 'usual')->{keys}{greeting}, 'hello', 'and what is usual');

my $run = $d->finished($d->run('rows'));
is($run->{outcome}, 'failure', 'some rows failed');
is_deeply($run->{results}, { rows_done => 3, rows_failed => 3,
    rows_parked => 3 }, 'three did');
my (undef, $out) = $d->belfry('logs', $run->{id});
is_deeply([sort grep { /good day/ } split /\n/, $out],
    ['good day ann', 'good day bob', 'good day eve'], 'the others were handled');
is_deeply([map { $_->[0] } $pg->rows('SELECT reason FROM t WHERE reason '
    . 'IS NOT NULL ORDER BY id')], ['not this one',
    'killed by signal ABRT', 'the plugin ended its process with code 0'],
    'and it is known why not');
$pg->query("UPDATE t SET state = 'new' WHERE id = 1");
$run = $d->finished($d->run('usual'));
is(($d->belfry('logs', $run->{id}))[1] =~ /^hello ann$/m, 1,
    'without its parameter what is usual') or diag(($d->belfry('logs', $run->{id}))[1]);
$d->finish;
done_testing;
