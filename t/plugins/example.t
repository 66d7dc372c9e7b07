#!/usr/bin/perl
# A plugin that is built outside of the tree, with what is installed.
use strict;
use warnings;
use Belfry;
use File::Temp qw(tempdir);
use Test::More;

my $dest = tempdir('belfry-install.XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $out = `DESTDIR=$dest meson install -C $Belfry::BUILD --no-rebuild 2>&1`;
is($?, 0, 'installed') or diag($out);
my ($pc) = split /\n/, `find $dest -name belfry-plugin.pc`;
ok($pc, 'belfry-plugin.pc') or BAIL_OUT($out);
(my $dir = $pc) =~ s{/[^/]*$}{};
$ENV{PKG_CONFIG_PATH} = $dir;
$ENV{PKG_CONFIG_SYSROOT_DIR} = $dest;
my $flags = `pkg-config --cflags belfry-plugin`;
is($?, 0, 'pkg-config');
chomp(my $plugins = `pkg-config --variable=plugindir belfry-plugin`);
$plugins = "$dest$plugins" unless $plugins =~ /^\Q$dest\E/;
ok(-e "$plugins/clean.so", 'the plugins of ours are in plugindir');

# As its first lines say, in a directory of its own.
my ($source) = split /\n/, `find $dest -name disk.c`;
ok($source, 'the example is installed');
chomp $flags;
$out = `cd $dest && cp $source . && cc -Wall -Wextra -Werror -shared -fPIC $flags -o $plugins/disk.so disk.c 2>&1`;
is($?, 0, 'it compiles') or diag($out);
is($out, '', 'without a word');

my $d = Belfry->new(conf => "plugin-dir = $plugins\n",
	jobs => { 'a.ini' => <<'END' });
[job disk]
plugin = disk
path = /tmp
max-used = 100

[job full]
plugin = disk
max-used = 0

[job wrong]
plugin = disk
path = /nonexistent
END
my $status;
($status, $out) = $d->belfry('check');
is($status, 0, 'belfry check') or diag($out);
$d->start;
my $run = $d->finished($d->run('disk'));
is($run->{outcome}, 'success', 'it runs') or diag($run->{reason});
$run = $d->finished($d->run('full'));
like($run->{reason}, qr/^[0-9.]+ % used, at most 0 are good$/, 'it fails');
$run = $d->finished($d->run('wrong'));
is("$run->{outcome}: $run->{reason}",
    'failure: /nonexistent: No such file or directory', 'init fails');
($status, $out) = $d->belfry('show', 'disk');
like($out, qr/^  schedule = \@every 10m$/m, 'its schedule');
done_testing;
