#!/usr/bin/perl
# Every zone of tzdata against zdump: the instants at which the offset changes,
# and the offsets. Files with the same bytes count once. From 1970 to 2040,
# which is beyond all tables; and for one zone of each rule in a footer, which
# is all there is to later years, to 2500.
#
# Asks the program that was built from zones.c.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use File::Find;
use POSIX qw(tzset);
use Time::Local qw(timegm_nocheck);

my $program = ($ENV{BELFRY_BUILD} // 'build') . '/t/schedule/t-zones';
my $dir = '/usr/share/zoneinfo';
my %months;
@months{qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec)} = 0 .. 11;

# Names of all zones; of one for each content; of one for each rule.
sub zone_names {
	my (%by_digest, %by_rule, @names);
	my $magic;

	find({ no_chdir => 1, wanted => sub {
		return unless -f $_ && open(my $fh, '<:raw', $_);
		return unless read($fh, $magic, 4) && $magic eq 'TZif';
		seek($fh, 0, 0);
		return if m{/right/|/localtime$|/posixrules$};
		push @names, substr($_, length("$dir/"));
		my $text = do { local $/; <$fh> };
		my ($rule) = $text =~ /\n([^\n]*)\n\z/;
		$by_digest{md5_hex($text)} //= $names[-1];
		$by_rule{$rule} //= $names[-1];
	} }, $dir);
	# Where a content is under several names, take the same of both lists.
	my %chosen = map { $_ => 1 } values %by_digest, values %by_rule;
	return ([sort @names], [sort keys %chosen], [sort values %by_rule]);
}

# "Zone  Sun Nov  1 06:00:00 2499 UT = ... gmtoff=-18000"
sub zdump_changes {
	my ($end, @zones) = @_;
	my (%changes, %old);

	$ENV{TZDIR} = $dir;
	open(my $fh, '-|', 'zdump', '-v', '-c', "1970,$end", @zones)
	    or die "zdump: $!";
	while (<$fh>) {
		my ($zone, $mon, $day, $h, $m, $s, $year, $off) =
		    /^(\S+)\s+\w+ (\w+)\s+(\d+) (\d+):(\d+):(\d+) (\d+) UT = .* gmtoff=(-?\d+)/
		    or next;
		my $t = timegm_nocheck($s, $m, $h, $day, $months{$mon}, $year);

		$changes{$zone} .= "$t $off\n"
		    if defined $old{$zone} && $old{$zone} != $off;
		$old{$zone} = $off;
	}
	close($fh) or die "zdump failed\n";
	return \%changes;
}

sub our_changes {
	my (@zones) = @_;
	my (%changes, %first, $zone);

	open(my $fh, '-|', $program, $dir, @zones) or die "$program: $!";
	while (<$fh>) {
		chomp;
		if (/^0 (-?\d+)$/) { $first{$zone} = $1; }
		elsif (/^(-?\d+ -?\d+|error .*)$/) { $changes{$zone} .= "$_\n"; }
		else { $zone = $_; }
	}
	close($fh) or die "$program failed\n";
	return (\%changes, \%first);
}

sub offset_of_epoch {
	local $ENV{TZ} = shift;

	tzset();
	my ($s, $m, $h, $day, $mon, $year) = localtime(0);
	return timegm_nocheck($s, $m, $h, $day, $mon, $year + 1900);
}

unless (-e "$dir/Europe/Berlin" && grep { -x "$_/zdump" } split /:/, $ENV{PATH}) {
	print "1..0 # SKIP no tzdata or no zdump\n";
	exit 0;
}
my ($all, $distinct, $rules) = zone_names();
my %is_rule = map { $_ => 1 } @$rules;
my @short = grep { !$is_rule{$_} } @$distinct;
# Where memory is watched, less of the same will do: one of so many.
sub one_of {
	my ($n, @all) = @_;
	return @all[grep { $_ % $n == 0 } 0 .. $#all];
}
my $least = 30_000;
if (($ENV{BELFRY_BUILD} // '') =~ /-asan$/) {
	$least = 5_000;
	@short = one_of(16, @short);
	$rules = [one_of(4, @$rules)];
	$distinct = [sort @short, @$rules];
}
my @half = ([], []);

push @{$half[$_ % 2]}, $rules->[$_] for 0 .. $#$rules;
# zdump is slow: two of them at a time.
my $pid = open(my $child, '-|') // die "fork: $!";
if ($pid == 0) {
	my $changes = zdump_changes(2500, @{$half[1]});

	print map { my $z = $_; map { "$z $_\n" } split /\n/, $changes->{$z} }
	    sort keys %$changes;
	exit 0;
}
my $want = zdump_changes(2500, @{$half[0]});
my $early = zdump_changes(2040, @short);
$want->{$_} = $early->{$_} for keys %$early;
while (<$child>) {
	my ($zone, $rest) = split / /, $_, 2;
	$want->{$zone} .= $rest;
}
close($child) or die "child failed\n";
my ($got, $first) = our_changes(@$all);
my $failed = 0;
my $end_of_short = timegm_nocheck(0, 0, 0, 1, 0, 2040);

print "1..3\n";
for my $zone (@$distinct) {
	my $ours = $got->{$zone} // '';
	$ours =~ s/^(\d+) .*\n/$1 < $end_of_short ? $& : ''/gme
	    unless $is_rule{$zone};
	next if $ours eq ($want->{$zone} // '');
	print "# $zone differs from zdump\n";
	$failed++;
}
print $failed ? 'not ' : '', 'ok 1 - ', scalar(@$distinct),
    " zones change when zdump says so\n";
$failed = 0;
for my $zone (@$all) {
	next if $first->{$zone} == offset_of_epoch($zone);
	print "# $zone starts with another offset\n";
	$failed++;
}
print $failed ? 'not ' : '', 'ok 2 - ', scalar(@$all),
    " zones start with the right offset\n";
my $errors = grep { /error/ } values %$got;
my $changes = () = join('', values %$want) =~ /\n/g;
print $errors == 0 && $changes > $least ? '' : 'not ',
    "ok 3 - $changes changes were compared, $errors zones were not read\n";
exit 0;
