#!/usr/bin/perl
# PostgreSQL as the store: the recorder, or all of the daemon, is killed at each
# step of a record on its way there, each time that it is passed: it is there
# once, and nothing waits any more.
use strict;
use warnings;
use Faults;
use JSON::PP;
use Postgres;
use Test::More;

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;
my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';

my $databases = 0;
sub conf {
	my ($d) = @_;
	$d->{database} = "round_$$" . '_' . ++$databases;
	return "[store]\ntype = postgres\nconninfo = "
	    . $pg->create($d->{database}) . "\n";
}

# Once all is sent: what waits may be anything.
sub sql {
	my ($d, $text) = @_;
	my ($status, $waiting) = $d->command('sqlite3', '-readonly',
	    $d->path('state/spool.db'), 'select count(*) from outbox');
	return undef if $status || $waiting != 0;
	$text =~ s/\bfrom (ledger|runs)\b/from belfry.$1/g;
	return decode_json($pg->query("SELECT coalesce(jsonb_agg(t), '[]') "
		    . "FROM ($text) t", $d->{database}));
}

my @points = ((grep { /^RECORDER_/ }
    @Faults::POINTS[0 .. $Faults::RECOVERY - 1]), @Faults::STORE);
my @rounds;
for my $point (@points) {
	push @rounds, map { { only => $point, die => $_ } } 1, 3;
	push @rounds, { only => $point, die => 1, whom => 'all' };
}
# Where memory is watched every third is enough.
@rounds = @rounds[grep { $_ % 3 == 2 } 0 .. $#rounds]
    if $Belfry::BUILD =~ /asan/;
my %died;
Faults::rounds(
	jobs => 8,
	next => sub {
		my $spec = shift @rounds;
		return $spec && { %$spec, conf => \&conf, sql => \&sql };
	},
	done => sub {
		my ($spec, $round) = @_;
		my $whom = $spec->{whom} // 'who is there';
		$died{$spec->{only}} += @{ $round->{died} };
		Faults::ok_round("$spec->{only} $spec->{die}: $whom", $round);
	},
);
ok($died{$_}, "somebody died at $_") for sort keys %died;
done_testing;
