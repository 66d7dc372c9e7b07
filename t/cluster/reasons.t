#!/usr/bin/perl
# A host that cannot reach Redis when it starts: the log has each server's
# name, and why.
use strict;
use warnings;
use Cluster;
use Test::More;

package Url {
	sub new { my ($class, $url) = @_; return bless { url => $url }, $class }
	sub url { $_[0]{url} }
}

my $locked = Redis->new(password => 'secret');
my @wrong = (
    [Url->new('redis://127.0.0.1:' . Redis::free_port()),
	qr/Connection refused/, 'nobody listens'],
    [Url->new('redis://:wrong@127.0.0.1:' . $locked->port),
	qr/WRONGPASS/, 'a wrong password'],
    [Url->new('redis://127.0.0.1:' . $locked->port),
	qr/NOAUTH/, 'no password'],
    [Url->new('unix:/nonexistent/redis.sock'),
	qr/No such file/, 'no socket'],
);
for (@wrong) {
	my ($redis, $why, $name) = @$_;
	my $c = Cluster->new(redis => [$redis], nodes => ['a'],
	    jobs => { 'j.ini' => "[job j]\ncommand = true\n" });
	my $d = $c->node('a');
	$d->start;
	my $shown = $redis->url =~ s/:wrong\@//r;
	$d->wait_for("$name in the log", sub { $d->log =~ /$why/ });
	like($d->log, qr{warn .* redis \Q$shown\E(/0)?: down: .*$why},
	    "$name: with the server's name");
	like($d->json('status')->{cluster}{servers}[0]{why}, $why,
	    "$name: in the status");
	$c->finish;
}
done_testing;
