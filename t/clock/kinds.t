#!/usr/bin/perl
# The three kinds of schedule, as they really fire.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new;
my $dir = $d->dir;
# Each run notes when it began and ended, in ms.
my $note = sub {
	my ($name, $sleep) = @_;
	return "date +%s%3N >>$dir/$name.begin; sleep $sleep; "
	    . "date +%s%3N >>$dir/$name.end";
};
$d->job('kinds.ini', <<"END");
[job fixed]
schedule = */2 * * * * *
command = @{[ $note->('fixed', 3) ]}

[job every]
schedule = \@every 2s
command = @{[ $note->('every', 3) ]}

[job after]
schedule = \@after 2s
command = @{[ $note->('after', 1) ]}

[job hand]
schedule = \@manual
command = true
END
$d->start;
my $started = time;
$d->wait_for('runs of all kinds', sub {
	return (grep { scalar($d->lines("$_.end")) >= 3 } qw(fixed every after)) == 3;
});

my @fixed = $d->lines('fixed.begin');
ok(!(grep { ($_ / 1000) % 2 != 0 } @fixed), 'fixed-time: on even seconds')
    or diag("@fixed");
my @fixed_end = $d->lines('fixed.end');
cmp_ok($fixed[1], '<', $fixed_end[0],
    'fixed-time fires though the last run has not ended');

my @every = $d->lines('every.begin');
my @gaps = map { $every[$_] - $every[$_ - 1] } 1 .. $#every;
ok(!(grep { abs($_ - 2000) > 900 } @gaps),
    'fixed-rate: counts from the start') or diag("@gaps");

my @after = $d->lines('after.begin');
my @after_end = $d->lines('after.end');
my @pauses = map { $after[$_] - $after_end[$_ - 1] } 1 .. $#after;
ok(!(grep { $_ < 2000 - 20 } @pauses),
    'fixed-delay: counts from the end') or diag("@pauses");
ok(!(grep { $_ > 2900 } @pauses), 'and not much longer') or diag("@pauses");

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
