#!/usr/bin/perl
# A host with other job files than the others, and one whose clock is off: each
# is told once.
use strict;
use warnings;
use Cluster;
use Httpd;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

my $h = Httpd->new;
my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b)],
    times => { heartbeat => '200ms', 'session-ttl' => '1s' }, conf => <<"END");
[notify ops]
type = webhook
url = @{[$h->url('/ok/hook')]}
group-wait = 0s
events = clock-skew jobs-differ
END
my ($a, $b) = $c->all;
$_->job('j.ini', "[job j]\ncommand = true\n") for $a, $b;
$_->set_clock(time) for $a, $b;
$c->start;

# What was told, by whom: "HOST EVENT: why".
sub told {
	return map { "$_->{host} $_->{event}: $_->{reason}" }
	    map { decode_json(s/.*?\r\n\r\n//sr) } $h->requests;
}
sub tells {
	my ($n, $like, $name) = @_;
	$a->wait_for($name, sub { told() >= $n });
	my @told = told();
	is(scalar @told, $n, "$name: one is told");
	like($told[-1], $like, $name);
}
sub differ {
	my ($whether) = @_;
	my @others = map { $_->{jobs_differ} ? 1 : 0 }
	    grep { !$_->{self} } @{ $a->json('nodes') };
	return "@others" eq $whether;
}

$b->job('k.ini', "[job k]\ncommand = true\n");
is(($b->belfry('reload'))[0], 0, 'another file on b');
my $n = 1;
tells($n, qr/^a jobs-differ: b: job files other than those of a$/,
    'job files that differ');
ok(differ(1), 'belfry nodes, too');
unlink $b->path('jobs/k.ini');
is(($b->belfry('reload'))[0], 0, 'and away');
$a->wait_for('both to have the same', sub { differ(0) });

for ([$b, 5, 'the clock of b is \d{4} ms ahead of that of Redis'],
    [$a, -5, 'the clock of a is \d{4} ms behind that of Redis']) {
	my ($d, $seconds, $what) = @$_;
	$d->step_clock($seconds);
	tells(++$n, qr/^[ab] clock-skew: $what$/, $what);
}
$_->stop for $a, $b;
is(scalar(my @all = told()), 3, 'and nothing else');
$c->finish;
done_testing;
