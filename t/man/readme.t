#!/usr/bin/perl
# Every command of README works, in a copy of the tree as a newcomer has it.
use strict;
use warnings;
use Belfry;
use Cwd qw(getcwd);
use Manual;
use Postgres;
use Test::More;

my $tree = getcwd;
my $d = Belfry->new;
my $text = Manual::slurp('README');

# The build, in a directory of its own that others share with this one: what
# is built already is taken as built.
my $copy = $d->path('tree');
mkdir $copy;
for my $entry (glob('*')) {
	next if $entry =~ /^(?:build.*|trial)$/;
	symlink "$tree/$entry", "$copy/$entry" or die "$entry: $!";
}
my (@sessions, @build);
for my $block (Manual::indented('README')) {
	next unless Manual::is_session($block);
	my @commands = Manual::commands($block);
	if (grep { $_->[0] =~ /^(?:apt-get|meson|ninja|PATH=)/ } @commands) {
		push @build, @commands;
		next;
	}
	push @sessions, $block;
}

# The packages are those that the quickstart installs.
my ($apt) = grep { $_->[0] =~ /^apt-get/ } @build;
my $words = sub { join ' ', sort grep { !/^[-\\]|^$/ } split /[\s\\]+/, $_[0] };
my ($quick) = Manual::slurp('conf/quickstart')
    =~ /^install_packages (.*?[^\\])\n/ms;
is($words->($apt->[0] =~ s/^apt-get install//r), $words->($quick),
    'the packages are those of the quickstart');
SKIP: {
	skip 'this is not Debian', 1
	    if system('command -v dpkg-query >/dev/null 2>&1') != 0;
	my ($status, $out, $err) = $d->command('sh', '-c',
	    'dpkg-query -W -f "\${db:Status-Status} \${Package}\n" '
	    . $words->($quick));
	is($err . join('', grep { !/^installed / } split /^/m, $out), '',
	    'they have what it takes to build');
}

# "meson setup" twice, once with the prefix.
my @setup = grep { /^meson setup/ } map { $_->[0] } @build;
is(scalar @setup, 2, 'meson setup to try, and to install');
for my $i (0 .. $#setup) {
	my $command = $setup[$i] =~ s/\bbuild$/$d->path("build$i")/er;
	my ($status, $out, $err) = $d->command('sh', '-c',
	    "cd '$tree' && $command");
	is($status, 0, $setup[$i]) or diag($out . $err);
}
my ($status, $out) = $d->command('meson', 'introspect', $d->path('build1'),
    '--installed');
like($out, qr{"/usr/sbin/belfryd"}, 'belfryd goes to /usr/sbin');
like($out, qr{"/usr/bin/belfry"}, 'belfry to /usr/bin');
is_deeply([grep { !/^(?:apt-get|meson setup|ninja -C build$|PATH=\$PWD|meson install -C build$)/ }
    map { $_->[0] } @build], [], 'and nothing else is done to build');
my ($path) = map { $_->[0] } grep { $_->[0] =~ /^PATH=/ } @build;
(my $dirs = $path) =~ s/\$PWD\/build/$Belfry::BUILD/g;
is((scalar grep { -x $_ } map { ("$_/belfryd", "$_/belfry") }
    ($dirs =~ /(?<=[=:])([^:\$]+)/g)), 2, 'PATH has both programs');

# The first job, from top to bottom, in one shell.
symlink $Belfry::BUILD, "$copy/build" or die "build: $!";
my $pg = Postgres->new;
@sessions = grep { !/createdb/ } @sessions unless $pg;
Manual::run_session(join('', @sessions), $copy,
    $pg ? (PGHOST => $pg->dir, PGUSER => 'belfry') : ());
$d->wait_for('it to stop', sub { !-e "$copy/trial/run/belfryd.pid" });

# Whatever file or command it names is there.
for my $file ($text =~ /^    ((?:man|conf)\/\S+)/mg,
    $text =~ /^    sh (\S+)/mg, $text =~ /^    (\w+\/) /mg) {
	ok(-e $file, "$file is there");
}
my %pages = map { $_ => 1 } glob 'man/*.[1-8]';
delete @pages{ $text =~ /^    (man\/\S+)/mg };
is_deeply([keys %pages], [], 'it names all manuals');
$d->finish;
done_testing;
