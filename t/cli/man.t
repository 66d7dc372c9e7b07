# belfry(1): every command and option that exists and nothing else, no
# complaint of mandoc, examples that run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fake;

my $page = "$FindBin::Bin/../../man/belfry.1";
open(my $in, '<', $page) or die "$page: $!";
my $source = do { local $/; <$in> };

my $lint = `mandoc -Tlint $page 2>&1`;
$lint =~ s/^.*(?:referenced manual not found|outdated mandoc\.db).*\n//mg;
is($lint, '', 'mandoc -Tlint');

my $f = Fake->new(
    'show.backup.json' => '{"id":"01k3aaaaaaaaaaaa","outcome":"success",'
	. '"job":"backup","exit_code":0}',
    'show.01k3aaaaaaaaaaaa.json' => '{"id":"01k3aaaaaaaaaaaa",'
	. '"outcome":"success","job":"backup","exit_code":0}',
    'job.backup.json' => '{"name":"backup"}',
    'runs.json' => '[{"id":"01k3aaaaaaaaaaaa","job":"backup",'
	. '"outcome":"failure"}]',
    'run.backup.json' => '{"run":"01k3aaaaaaaaaaaa","job":"backup"}',
    'output.01k3aaaaaaaaaaaa' => "hello\n",
    'explain.backup.json' => '{"job":"backup","text":["it ran"]}',
    'verify.json' => '[]',
    'reload.json' => '{"added":[]}',
    'submit.json' => '{"run":"01k3aaaaaaaaaaaa","known":false}',
);
mkdir "$f->{dir}/jobs";
$f->write('belfry.conf', "[master]\nrun-dir = $f->{dir}\n"
    . "jobs-dir = $f->{dir}/jobs\n[api]\nsocket = $f->{dir}/socket\n");
$ENV{BELFRY_CONFIG} = "$f->{dir}/belfry.conf";
$ENV{PATH} = "$Fake::BUILD/master/cli:$ENV{PATH}";

# What the command says of itself.
my ($status, $help) = $f->command('belfry', '--help');
my (%commands, %options);
for my $command ($help =~ /^  ([a-z]+) /mg) {
	$commands{$command} = 1;
	my ($code, $text) = $f->command('belfry', $command, '--help');
	$options{"$command $1"} = 1
	    while $text =~ /(?<![\w-])(--?[a-z][a-z-]*|-[A-Z])\b/g;
}
my %global;
$global{$1} = 1 while $help =~ /^  +(?:-\w, )?(--[a-z-]+)/mg;
$global{$1} = 1 while $help =~ /^  (-\w), /mg;

# What the page says.
my ($described) = $source =~ /^\.Ss Commands\n(.*?)^\.Sh/ms;
my (%told, %told_options, $command);
for my $line (split /\n/, $described) {
	if ($line =~ /^\.It Cm (\w+)/) {
		$command = $1;
		$told{$command} = 1;
	}
	next unless $line =~ /^\.It Fl/;
	while ($line =~ /Fl (-?[a-zA-Z-]+)/g) {
		$told_options{"$command -$1"} = 1;
	}
}
is_deeply([sort keys %told], [sort keys %commands], 'every command');
my ($globals) = $source =~ /^\.Ss Options\n(.*?)^\.Ss/ms;
my %told_global;
$told_global{"-$1"} = 1 while $globals =~ /Fl (-?[a-zA-Z-]+)/g;
is_deeply([sort keys %told_global], [sort keys %global],
    'every global option');
my @own = grep { my ($option) = / (.*)/; !$global{$option} }
    sort keys %options;
is_deeply([sort keys %told_options], \@own, 'every option of a command');

# The synopsis: a form of each, with each of its options.
my ($synopsis) = $source =~ /^\.Sh SYNOPSIS\n(.*?)^\.Sh/ms;
my (%form, @missing);
for my $form (split /^\.Nm\n/m, $synopsis) {
	$form{$1} .= $form if $form =~ /^\.Cm (\w+)/m;
}
is_deeply([sort keys %form], [sort keys %commands], 'synopsis: every command');
for (@own) {
	my ($of, $option) = /^(\w+) -(-?.*)/;
	# One that has a letter stands there with that.
	push @missing, $_
	    unless length $option > 1 || $form{$of} =~ /Fl \Q$option\E\b/;
}
is_deeply(\@missing, [], 'synopsis: every letter');

# The examples, as they stand there.
my @examples = $source =~ /^\.Dl \$ (.*)/mg;
cmp_ok(scalar @examples, '>=', 5, 'there are examples');
for my $example (@examples) {
	my ($code, $out, $err) = $f->command('sh', '-c', $example);
	is($code, 0, $example) or diag("$out$err");
}

$f->finish;
done_testing;
