#!/usr/bin/perl
# A job, one after it and one after both of them; at each point of the path of
# master and recorder, each time that it is passed, somebody is killed: who is
# there, or all of the daemon. Each job runs once, and no end is left over.
use strict;
use warnings;
use Belfry;
use Faults;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(sleep time);

plan skip_all => 'built without faults (meson -Dfaults=true)'
    unless Faults::built;

my $JOBS = 3;

sub jobs {
	my ($dir, $at) = @_;
	my $slot = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $at);
	my $say = "echo \$BELFRY_JOB \$BELFRY_CHAIN >>$dir/probe";
	return "[job first]\nschedule = \@at $slot\ncommand = $say\n"
	    . "[job second]\nafter = first\ncommand = $say; exit 3\n"
	    . "success-codes = 3\n"
	    . "[job last]\nafter = first second\ncommand = $say\n";
}

# What is wrong when all is over.
sub problems {
	my ($d) = @_;
	my @problems;
	my (%ran, %chains);
	for ($d->lines('probe')) {
		my ($job, $chain) = split;
		$ran{$job}++;
		$chains{$chain}++;
	}
	push @problems, "$_ ran " . ($ran{$_} // 0) . ' times'
	    for grep { ($ran{$_} // 0) != 1 } qw(first second last);
	push @problems, 'there are several chains' if keys %chains != 1;
	my $runs = Faults::sql($d, 'select * from runs');
	push @problems, @$runs . ' runs' if @$runs != $JOBS;
	push @problems, "$_->{job} is $_->{outcome}"
	    for grep { $_->{outcome} ne 'success' } @$runs;
	my $ends = Faults::sql($d, 'select * from ends');
	push @problems, @$ends . ' ends are left' if @$ends;
	push @problems, Faults::check_files($d);
	return @problems;
}

sub is_over {
	my ($d) = @_;
	my $rows = Faults::sql($d, 'select count(*) n from runs where job = '
	    . "'last' and outcome is not null");
	return $rows && $rows->[0]{n} > 0 && Faults::is_settled($d);
}

sub watch {
	my ($d) = @_;
	$d->wait_for('the last to be over', sub {
		Faults::keep_up($d);
		sleep 0.1; # a look is a process
		return is_over($d);
	});
	my ($status, $out);
	$d->wait_for('an answer of verify', sub {
		Faults::keep_up($d);
		($status, $out) = $d->belfry('verify');
		return $status == 0 || $out ne '';
	});
	my $died = Faults::passed($d)->{died};
	$d->stop;
	return ($died, problems($d), $status ? "verify: $out" : ());
}

no warnings 'redefine';
*Faults::try_round = sub {
	my (%spec) = @_;
	local $ENV{TMPDIR} = -w '/dev/shm' ? '/dev/shm' : $ENV{TMPDIR} // '/tmp';
	my $d = Belfry->new;
	$d->write('faults', "\0" x Faults::size());
	chmod 0666, $d->path('faults');
	local $ENV{BELFRY_FAULTS} = $d->path('faults');
	$d->start;
	# Time enough for the job to be known before its slot.
	my $at = int(time) + ($Belfry::BUILD =~ /asan/ ? 4 : 2);
	$d->job('jobs.ini', jobs($d->dir, $at));
	$d->json('reload');
	Faults::arm($d, %spec);
	return undef if time >= $at;
	my ($died, @problems) = eval { watch($d) };
	push @problems, $@ if $@;
	push @problems, 'a sanitizer complained'
	    if $d->log =~ /Sanitizer|runtime error:/;
	return { died => $died // [], problems => \@problems,
	    log => $d->log };
};

my @points = ((grep { /^(?:MASTER|RECORDER)_/ }
    @Faults::POINTS[0 .. $Faults::RECOVERY - 1]), @Faults::AFTER);
@points = grep { !/RETRY/ } @points;
my @rounds;
for my $point (@points) {
	push @rounds, map { { only => $point, die => $_ } } 1 .. $JOBS;
	push @rounds, { only => $point, die => 1, whom => 'all' };
}
# Where memory is watched every fourth is enough.
@rounds = @rounds[grep { $_ % 4 == 3 } 0 .. $#rounds]
    if $Belfry::BUILD =~ /asan/;
my %died;
Faults::rounds(
	next => sub { shift @rounds },
	done => sub {
		my ($spec, $round) = @_;
		my $whom = $spec->{whom} // 'who is there';
		$died{$spec->{only}} += @{ $round->{died} };
		Faults::ok_round("$spec->{only} $spec->{die}: $whom", $round);
	},
);
ok($died{$_}, "somebody died at $_") for sort keys %died;
done_testing;
