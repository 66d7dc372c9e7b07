#!/usr/bin/perl
# Three hosts tell as one: of a job that fails and recovers on any of them, of a
# host that is down and back, of Redis.
use strict;
use warnings;
use Cluster;
use Httpd;
use JSON::PP;
use Test::More;

my $h = Httpd->new;
my $redis = Cluster::Redis->new;
my $c = Cluster->new(redis => [$redis], nodes => [qw(a b c)], conf => <<"END");
[notify ops]
type = webhook
url = @{[$h->url('/ok/hook')]}
group-wait = 0s
rate-limit = 1000/1s
retry-delay = 100ms
END
my $dir = $c->node('a')->dir;
my $probe = $c->probe;
$_->job('j.ini', <<"END") for $c->all;
[job j]
schedule = * * * * * *
place = spread
command = $probe; test -e $dir/good
notify = ops
END
my $d = $c->node('a');
$d->write('good', '');
$c->start;

# What was told, each with who told it.
sub told {
	my ($event) = @_;
	return grep { $_->{event} eq $event }
	    map { decode_json(s/.*?\r\n\r\n//sr) } $h->requests;
}

sub hosts { my %on; $on{ $_->{node} } = 1 for $c->runs('j'); return keys %on }

$d->wait_for('runs on two hosts', sub { hosts() >= 2 });
unlink $d->path('good');
my $runs = $c->runs('j');
$d->wait_for('failures', sub { $c->runs('j') >= $runs + 4 });
is(scalar(my @all = told('failure')), 1, 'a failure is told once');
$d->write('good', '');
$d->wait_for('a recovery', sub { told('recovery') });
$runs = $c->runs('j');
$d->wait_for('more runs', sub { $c->runs('j') >= $runs + 4 });
is(scalar(@all = told('recovery')), 1, 'and so is its recovery');
is(scalar(@all = told('failure')), 1, 'nothing else failed');

$c->kill_node('c');
$d->wait_for('c to be missed', sub { told('node-down') });
my ($down) = told('node-down');
is("$down->{host}: $down->{reason}", 'a: node c is down',
    'the first host by name tells that one is down');
unlink $d->path('good');
$d->wait_for('another failure', sub { told('failure') == 2 });
$c->node('c')->start;
$d->wait_for('c to be back', sub { told('node-up') });
$runs = $c->runs('j');
$d->wait_for('runs on c', sub {
	my @runs = $c->runs('j');
	grep { $_->{node} eq 'c' } @runs[$runs .. $#runs]
});
is(scalar(@all = told('failure')), 2, 'who comes back knows what was told');
is(scalar(@all = told('node-down')), 1, 'a host is down once');

$redis->stop;
$d->wait_for('Redis to be missed', sub { told('redis-down') });
my ($redis_down) = told('redis-down');
like("$redis_down->{host}: $redis_down->{reason}", qr/^a: redis redis:\S+: /,
    'one host tells that Redis is down');
$redis->start;
$d->wait_for('Redis to be back', sub { told('redis-up') });
is(scalar(@all = told('redis-down')), 1, 'once');
$c->finish;
done_testing;
