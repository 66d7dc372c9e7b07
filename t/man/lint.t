#!/usr/bin/perl
# Manuals: correct mdoc, and every key of the code is in them, with its
# default, and no other.
use strict;
use warnings;
use Belfry;
use Manual;
use Test::More;

my @pages = sort glob 'man/*.[1-8]';
ok(@pages >= 4, 'there are manuals');
SKIP: {
	skip 'no mandoc here', scalar @pages if system('command -v mandoc '
	    . '>/dev/null 2>&1') != 0;
	for my $page (@pages) {
		my $out = `mandoc -Tlint -W style $page 2>/dev/null`;
		# Only whether others are installed, which is not the page's.
		$out = join '', grep { !/referenced manual not found/ }
		    split /^/, $out;
		is($out, '', "mandoc -Tlint $page");
	}
}

# "key" => its entry, of the lists in these parts of a page.
sub entries {
	my ($path, $parts) = @_;
	my %found;
	my $text = Manual::slurp($path);
	while ($text =~ /^\.Ss ([^\n]*)\n(.*?)(?=^\.S[sh] )/gms) {
		my ($title, $body) = ($1, $2);
		next unless $title =~ $parts;
		while ($body =~ /^\.It Cm ([a-z-]+)\n(.*?)(?=^\.It Cm |^\.El)/gms) {
			$found{$1} = $2;
		}
	}
	return \%found;
}

my $jobs = entries('man/belfry-job.5',
    qr/^(What to run|Requests|Statements|Rows|When|On which hosts|As whom and where|How it ends|Notifications)$/);
my %keys;
for (split /\n/, `$Belfry::BUILD/t/lib/job-keys`) {
	my ($name, $default, $min, $max) = split /\t/, $_, -1;
	$keys{$name} = [$default, $min, $max];
}
cmp_ok(scalar keys %keys, '>', 10, 'the table of job keys was printed');
is_deeply([sort keys %$jobs], [sort keys %keys],
    'belfry-job(5) has the keys of the code');
for my $key (sort keys %keys) {
	my ($default, $min, $max) = @{ $keys{$key} };
	my $text = $jobs->{$key} // '';
	like($text, qr/default:?\s+\.(?:Cm|Pa) \Q$default\E\b/,
	    "$key: default $default") if $default ne '';
	like($text, qr/from $min to $max\b/, "$key: $min to $max")
	    if $max > 0 && $max <= 1000 && $key ne 'umask'
	    && $key ne 'success-codes';
}

# The sample has every setting: a test of the configuration sees to that.
my $settings = entries('man/belfry.conf.5', qr/^Section (master|api|store|cluster|crontab)$/);
my ($section, %sample) = ('');
for (split /\n/, Manual::slurp('conf/belfry.conf')) {
	$section = $1 if /^\[(\w+)\]/;
	next if $section eq 'defaults';
	next unless /^(?:;|#   )([a-z-]+) = (.*)/;
	$sample{$1} = $2;
}
is_deeply([sort keys %$settings], [sort keys %sample],
    'belfry.conf(5) has the settings of the sample');

# Receivers: the keys of their table.
my $receivers = entries('man/belfry.conf.5', qr/^Sections notify NAME$/);
my @known = Manual::slurp('common/config/section/config_notify_key.c')
    =~ /^    \{"([a-z-]+)", (?:MAIL|HTTP|WEBHOOK|COMMAND|ALL)/mg;
cmp_ok(scalar @known, '>', 20, 'the table of receivers was read');
is_deeply([sort keys %$receivers], [sort @known],
    'belfry.conf(5) has the keys of receivers');

# Nothing is in a page that the program does not know.
my $d = Belfry->new;
for my $key (sort keys %$settings) {
	$d->write('try.conf', join '', map { "[$_]\n$key =\n" }
	    qw(master api store cluster crontab));
	my ($status, $out) = $d->command($Belfry::BELFRY, '-c',
	    $d->path('try.conf'), 'check');
	like($out, qr/\b$key: a value is missing/, "$key is a setting");
}
for my $flag (Manual::slurp('man/belfryd.8') =~ /^\.It Fl (\w)/mg) {
	my ($status, $out) = $d->command($Belfry::DAEMON, '-h');
	like($out, qr/^  -$flag\b/m, "belfryd -$flag");
}
my %flags = map { $_ => 1 }
    Manual::slurp('man/belfryd.8') =~ /^\.It Fl (\w)/mg;
my ($status, $usage) = $d->command($Belfry::DAEMON, '-h');
is_deeply([sort keys %flags], [sort $usage =~ /^  -(\w)/mg],
    'belfryd(8) has the options of belfryd -h');
$d->finish;
done_testing;
