#!/usr/bin/perl
# The three kinds of schedule, as they really fire.
use strict;
use warnings;
use Belfry;
use Test::More;
use Time::Piece ();

my $d = Belfry->new;
$d->job('kinds.ini', <<"END");
[job fixed]
schedule = */2 * * * * *
command = sleep 3

[job every]
schedule = \@every 2s
command = sleep 3

[job after]
schedule = \@after 2s
command = sleep 1

[job hand]
schedule = \@manual
command = true
END
$d->start;
$d->wait_for('runs of all kinds', sub {
	return (grep { $d->ended($_) >= 3 } qw(fixed every after)) == 3;
});

# A moment of a record in ms.
sub ms {
	my ($seconds, $ms) = $_[0] =~ /^([^.]*?)(?:\.(\d+))?Z$/;
	return Time::Piece->strptime($seconds, '%Y-%m-%dT%H:%M:%S')->epoch
	    * 1000 + ($ms // 0);
}
my (%slot, %begin, %end);
for my $job (qw(fixed every after)) {
	my @runs = sort { $a->{slot} cmp $b->{slot} } $d->ended($job);
	$slot{$job} = [map { ms($_->{slot}) } @runs];
	$begin{$job} = [map { ms($_->{started}) } @runs];
	$end{$job} = [map { ms($_->{finished}) } @runs];
	ok(!(grep { $begin{$job}[$_] < $slot{$job}[$_] } 0 .. $#runs),
	    "$job: none before its time");
}

sub steps {
	my ($job) = @_;
	return map { $slot{$job}[$_] - $slot{$job}[$_ - 1] }
	    1 .. $#{ $slot{$job} };
}

ok(!(grep { $_ % 2000 != 0 } @{ $slot{fixed} }),
    'fixed-time: on even seconds') or diag("@{ $slot{fixed} }");
cmp_ok($slot{fixed}[1], '<', $end{fixed}[0],
    'fixed-time fires though the last run has not ended');
ok(!(grep { $_ != 2000 } steps('every')),
    'fixed-rate: counts from the start') or diag("@{ $slot{every} }");
my @pauses = map { $slot{after}[$_] - $end{after}[$_ - 1] }
    1 .. $#{ $slot{after} };
ok(!(grep { $_ != 2000 } @pauses), 'fixed-delay: counts from the end')
    or diag("@pauses");

for my $job (qw(fixed every after)) {
	my @runs = $d->ended($job);
	my %seen;
	$seen{ $_->{slot} }++ for @runs;
	is((scalar grep { $_ > 1 } values %seen), 0, "$job: a slot runs once");
	is((scalar grep { $_->{trigger} ne 'schedule' } @runs), 0,
	    "$job: by its schedule");
}
my %next = map { $_->{name} => $_->{next} } @{ $d->json('list') };
is($next{hand}, undef, '@manual has no next fire');
$d->stop;
$d->finish;
done_testing;
