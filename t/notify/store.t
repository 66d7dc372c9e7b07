#!/usr/bin/perl
# Notifications with PostgreSQL as the store: they are there for everybody;
# while it is gone they are sent as ever, that it is gone among them; and what
# waited then is told when it is back.
use strict;
use warnings;
use Belfry;
use Httpd;
use JSON::PP;
use Postgres;
use Test::More;

my $pg = Postgres->new
    or plan skip_all => 'no PostgreSQL server is installed';
$pg->create('told');
my $h = Httpd->new;
my $d = Belfry->new(conf => "[store]\ntype = postgres\nconninfo = "
    . $pg->conninfo('told') . <<"END", jobs => { 'a.ini' => <<'JOBS' });

[notify ops]
type = webhook
url = @{[$h->url('/ok/hook')]}
group-wait = 0s
END
[job one]
command = false
notify = ops
[job two]
command = false
notify = ops
JOBS
$d->start;

# The job runs at once, and its records may be there before the tables.
$d->wait_for('the tables', sub {
	($pg->rows("SELECT to_regclass('belfry_notifications')", 'told'))[0][0];
});

sub told {
	my ($event) = @_;
	return grep { $_->{event} eq $event }
	    map { decode_json(s/.*?\r\n\r\n//sr) } $h->requests;
}

sub rows {
	my ($job) = @_;
	return map { join ' ', map { $_ // '-' } @$_ } $pg->rows(
	    'SELECT receiver, event, job, state, tries FROM '
	    . "belfry_notifications WHERE job = '$job'", 'told');
}

$d->finished($d->run('one'));
$d->wait_for('it to be in PostgreSQL', sub {
	grep { $_ eq 'ops failure one sent 1' } rows('one')
});
is(scalar(my @all = rows('one')), 1, 'one notification, one row');
my ($row) = @{ $d->json('notifications', '-j', 'one') };
is("$row->{state} $row->{facts}{outcome}", 'sent failure', 'and in the list');

$pg->crash;
$d->finished($d->wait_for('a run', sub { eval { $d->run('two') } }));
$d->wait_for('what happens meanwhile', sub {
	grep { $_->{job} eq 'two' } told('failure')
});
$d->wait_for('word of it', sub { told('store-down') });
my ($down) = told('store-down');
like($down->{reason}, qr/^the store cannot be used: PostgreSQL: /, 'its end');
($row) = @{ $d->json('notifications', '-j', 'two') };
is($row->{state}, 'sent', 'the list has those of this host');

$pg->start;
$d->wait_for('word of its return', sub { told('store-up') });
$d->wait_for('what waited', sub {
	grep { $_ eq 'ops failure two sent 1' } rows('two')
});
is(scalar(@all = rows('two')), 1, 'what waited is there once');
is(scalar(@all = told('store-down')), 1, 'told once');
$d->finish;
done_testing;
