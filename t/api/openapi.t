#!/usr/bin/perl
# The API's document: it is served, it is well formed, it has the routes and
# arguments of the code and no others, and answers are as it says.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Schema;
use Test::More;
use Web;

my $d = Belfry->new(conf => "tags = ssd fast\n"
    . "[notify shell]\ntype = command\ncommand = cat >/dev/null\n", jobs => { 'a.ini' => <<'END' });
[job good]
command = echo "rows=3" >&"${BELFRY_RESULT_FD:-1}"; echo hello
description = x
schedule = */5 * * * *
timezone = Asia/Shanghai
labels = a b=c
owner = me

[job bad]
command = exit 3
notify = shell
schedule = @every 1s
first = now
retries = 1
retry-delay = 1s
environment = SECRET=1

[job child]
command = true
after = good bad
after-when = always
after-join = any

[job killed]
command = sleep 100
overlap = skip
schedule = @every 1s
first = now

[job wrong]
command = true
colour = red
END
$d->start;
my $web = Web->new($d);

my $document = $web->json('/v1/openapi.json');
my $schema = Schema->new($document);
is($document->{openapi}, '3.1.0', 'the document is served');
is_deeply($document, Schema->load('master/api/openapi.json')->document,
    'as it is in the source');

# --- every operation is whole, every reference leads somewhere ---
my (%ids, %used);
sub walk {
	my ($node) = @_;
	if (ref $node eq 'ARRAY') {
		walk($_) for @$node;
	} elsif (ref $node eq 'HASH') {
		if (defined $node->{'$ref'} && !ref $node->{'$ref'}) {
			ok($schema->resolve($node->{'$ref'}), $node->{'$ref'})
			    unless $used{ $node->{'$ref'} }++;
		}
		walk($_) for values %$node;
	}
}
walk($document);
for my $name (sort keys %{ $document->{components}{schemas} }) {
	ok($used{"#/components/schemas/$name"}, "$name is used");
}
my @operations;
for my $path (sort keys %{ $document->{paths} }) {
	for my $method (sort keys %{ $document->{paths}{$path} }) {
		my $o = $document->{paths}{$path}{$method};
		push @operations, [uc $method, $path, $o];
		ok(!$ids{ $o->{operationId} }++, "$method $path has its id");
		ok($o->{summary} && $o->{responses}, "$method $path is told");
		my @named = map { $_->{name} }
		    grep { $_->{in} eq 'path' } @{ $o->{parameters} // [] };
		is("@named", join(' ', $path =~ /\{(\w+)\}/g),
		    "$method $path has the parts of its path");
	}
}

# --- all that the code has, and no more ---
open(my $in, '<', 'master/api/http/http_route.c') or die $!;
my $code = do { local $/; <$in> };
my ($table) = $code =~ /^static const struct route routes\[\] = \{\n(.*?)^\};/ms;
my (%code, %told);
while ($table =~ /\{\s*"(\w+)",\s*"([^"]+)",\s*"[^"]*",\s*\w+,\s*\w+,\s*(\w+),\s*"([^"]*)",\s*"([^"]*)"(?:,\s*\w+)?\s*\}/g) {
	my ($method, $path, $query, $body) = ($1, $2, $4, $5);
	next unless $path =~ m{^/(?:v1/|healthz|readyz|metrics)};
	$code{"$method $path"} = join ' ', sort(split ' ', $query), '|',
	    sort(split ' ', $body);
}
for (@operations) {
	my ($method, $path, $o) = @$_;
	my $body = $o->{requestBody}{content}{'application/json'}{schema};
	$told{"$method $path"} = join ' ', sort(map { $_->{name} }
	    grep { $_->{in} eq 'query' } @{ $o->{parameters} // [] }), '|',
	    sort keys %{ $body->{properties} // {} };
}
is_deeply(\%told, \%code, 'the document has the calls of the code');

# --- the manual has them, too ---
open(my $man, '<', 'man/belfry-api.7') or die $!;
my %manual = map { chomp; $_ => 1 } map { /^\.It Cm ([A-Z]+ \/.*)/ ? $1 : () }
    <$man>;
is_deeply([sort keys %manual], [sort keys %told], 'belfry-api(7) has the calls');

# --- answers: each is held against the document by Web.pm ---
$d->wait_for('runs of all kinds', sub {
	$d->ended('bad') >= 2 && $d->ended('child') >= 1
	    && @{ $d->json('history', 'killed') } >= 1;
});
my ($id) = map { $_->{id} } @{ $d->json('history', 'killed') };
$d->wait_for('a slot that is skipped', sub {
	@{ $web->json('/v1/ledger?outcome=skipped') } });
is(($web->request('POST', '/v1/jobs/good/run',
	    body => '{"params":{"A":"b"}}'))[0], 202, 'run');
$d->wait_for('its end', sub { $d->ended('good') });
(my $accepted, undef, my $submitted) = $web->request('POST', '/v1/submit',
    body => '{"command":"true","in":"1h","key":"k"}');
is($accepted, 202, 'submit');
my $waits = decode_json($submitted)->{run};
my %seen = ('POST /v1/submit' => 1);
for (@operations) {
	my ($method, $path, $o) = @$_;
	next if $method ne 'GET' || $path =~ m{/events$|/crontab$};
	(my $asked = $path) =~ s/\{job\}/good/;
	$asked =~ s/queue\/\{run\}/queue\/$waits/;
	$asked =~ s/\{run\}/good/;
	$asked .= '?jobs=good,bad,killed,none' if $path =~ /strips/;
	my ($status) = $web->request('GET', $asked);
	is($status, 200, "GET $asked");
	$seen{"GET $path"} = 1;
}
is(($web->request('GET', $_))[0], 200, "GET $_") for
    "/v1/runs/$id", '/v1/jobs/bad', '/v1/jobs/killed', '/v1/jobs/child',
    '/v1/runs?outcome=failure', '/v1/runs?chain=' . $id, '/v1/timeline?by=host',
    '/v1/jobs/killed/stats', '/v1/jobs/killed/explain', '/v1/jobs/bad/explain';
is(($web->request('GET', $_->[0]))[0], $_->[1], "GET $_->[0]") for
    ['/v1/jobs/none', 404], ['/v1/jobs?limit=0', 400], ['/v1/runs/none', 404],
    ['/v1/heat?since=x', 400];
for (['/v1/jobs/good/pause', '{"reason":"x","until":"2099-01-01T00:00:00Z"}'],
    ['/v1/pause', '{"reason":"y"}'], ['/v1/jobs/good/pause', '{"reason":1}'],
    ['/v1/overview'], ['/v1/jobs/good/resume', '{}'], ['/v1/resume', '{}'],
    ['/v1/reload', '{}'], ["/v1/runs/$id/kill", '{}'],
    ["/v1/runs/none/kill", '{}'], ["/v1/queue/$waits/cancel", '{}'],
    ['/v1/notify/shell/test', '{}'], ['/v1/session', '{"token":"x"}'],
    ['/v1/tokens/look', '{}']) {
	my ($path, $body) = @$_;
	my ($status) = defined $body
	    ? $web->request('POST', $path, body => $body)
	    : $web->request('GET', $path);
	ok($status, "$path $status");
	my (undef, $pattern) = $schema->operation('POST', $path);
	$seen{"POST $pattern"} = 1 if $pattern && $status < 300;
	$web->request('GET', '/v1/status') if $path =~ /pause/;
}
is(($web->request('DELETE', '/v1/session'))[0], 200, 'log out');
is(($web->request('POST', '/v1/session', body => '{"token":"x.y"}'))[0], 401,
    'log in');
$seen{"$_ /v1/session"} = 1 for 'DELETE', 'POST';
is(($web->request('POST', '/v1/drain', body => '{"x":1}'))[0], 400,
    'an unknown key');
is(($web->request('POST', '/v1/drain', body => '{}'))[0], 202, 'drain');
$seen{'POST /v1/drain'} = 1;
$seen{'POST /v1/jobs/{job}/run'} = 1;
is_deeply([grep { !$seen{$_} && !m{/crontab|/session} } sort keys %told],
    ['GET /v1/events', 'POST /v1/upgrade'],
    'all others were asked for, and are as the document says');
$d->wait_exit;
$d->finish;
done_testing;
