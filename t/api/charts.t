#!/usr/bin/perl
# What a dashboard asks: overview, lists, and charts of what was recorded.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Test::More;
use Web;

my $d = Belfry->new(conf => "node-name = here\n", jobs => {
	'a.ini' => <<'END',
[job good]
description = counts Sheep
command = true
labels = team=data nightly
schedule = */10 * * * *

[job bad]
command = exit 3
schedule = 0 12 31 12 *

[job child]
command = true
after = good
owner = someone

[job grandchild]
command = true
after = child
after-when = always

[job slow]
command = sleep 100
labels = nightly

[job off]
command = true
enabled = no
schedule = 30 * * * *

[job elsewhere]
command = true
hosts = there
END
});
$d->start;
my $web = Web->new($d);

my %ids;
$ids{good} = [map { $d->run('good') } 1 .. 3];
$ids{bad} = [map { $d->run('bad') } 1 .. 2];
my $slow = $d->run('slow');
$d->finished($_) for @{ $ids{good} }, @{ $ids{bad} };
$d->wait_for('children to end', sub { $d->ended('grandchild') >= 3 });
$d->wait_for('slow to run', sub {
	$d->json('show', $slow)->{started};
});

subtest overview => sub {
	my $o = $web->json('/v1/overview');
	is($o->{jobs}, 7, 'counts jobs');
	is($o->{enabled}, 6, 'those that are enabled');
	is($o->{running}, 1, 'what runs');
	is($o->{runs}[0]{id}, $slow, 'and shows it');
	is($o->{failing}{count}, 1, 'what fails');
	is($o->{failing}{jobs}[0]{name}, 'bad', 'by name');
	is($o->{failing}{jobs}[0]{failures}, 2, 'how often');
	is($o->{late}{count}, 0, 'nothing is late');
	my $h = $o->{next_hour};
	is(scalar @{ $h->{starts} }, 60, 'the next hour by minutes');
	my $sum = 0;
	$sum += $_ for @{ $h->{starts} };
	is($sum, 6, 'has the slots, but of what is disabled');
	ok(!$h->{estimated}, 'exactly');
	is($h->{fires}[0]{job}, 'good', 'what comes next');
};

sub names {
	return join ' ', map { $_->{name} } $web->pages("/v1/jobs?$_[0]");
}

subtest jobs => sub {
	is(names(''), 'bad child elsewhere good grandchild off slow', 'all');
	is(names('limit=2'), 'bad child elsewhere good grandchild off slow',
	    'in pages');
	is(names('sort=-name&limit=3'),
	    'slow off grandchild good elsewhere child bad', 'backwards');
	is(names('search=sheep'), 'good', 'by description');
	is(names('search=CHILD'), 'child grandchild', 'by name');
	is(names('search=someone'), 'child', 'by owner');
	is(names('search=team'), 'good', 'by label text');
	is(names('label=nightly'), 'good slow', 'by label');
	is(names('state=running'), 'slow', 'what runs');
	is(names('state=disabled'), 'off', 'what is disabled');
	is(names('state=failing'), 'bad', 'what fails');
	is(names('outcome=failure'), 'bad', 'by outcome');
	is(names('outcome=success&limit=1'), 'child good grandchild',
	    'in pages of one');
	is(names('outcome=none'), 'elsewhere off slow', 'what never ended');
	is(names('host=there&label=nightly'), 'good slow', 'any host');
	unlike(names('host=here'), qr/elsewhere/, 'not on this one');
	like(names('host=there'), qr/elsewhere/, 'on that one');
	is((split / /, names('sort=next'))[0], 'good', 'by next slot');
	is(names('sort=failures&limit=2'),
	    'bad child elsewhere good grandchild off slow', 'by failures');
	is((split / /, names('sort=-failures'))[-1], 'bad', 'and back');
	my @last = split / /, names('sort=last&limit=1');
	is("@last[4, 5, 6]", 'elsewhere off slow', 'by end, none last');
	is(scalar @last, 7, 'each once');
	for (['sort=colour', 'sort'], ['state=odd', 'state'],
	    ['outcome=skipped', 'outcome'], ['host=a%20b', 'host'],
	    ['after=x&sort=next', 'after'], ['label=%20', 'label'],
	    ['search=' . 'x' x 101, 'search']) {
		my ($status, undef, $json) = $web->get("/v1/jobs?$_->[0]");
		is($status, 400, "$_->[0] is refused");
		like($json->{error}{message}, qr/^$_->[1]: expected/,
		    'with what would be right');
	}
};

subtest graph => sub {
	my $g = $web->json('/v1/jobs/child/graph');
	is(join(' ', sort map { $_->{job} } @{ $g->{nodes} }),
	    'child good grandchild', 'nodes');
	is_deeply([sort map { "$_->{from} $_->{when} $_->{to}" }
	    @{ $g->{edges} }],
	    ['child always grandchild', 'good success child'], 'edges');
	ok($g->{complete}, 'all of it');
	is(($web->get('/v1/jobs/none/graph'))[0], 404, 'of no job');
};

subtest strips => sub {
	my $s = $web->json('/v1/strips?jobs=good,bad,slow,off&n=2');
	is_deeply([map { $_->{run} } @{ $s->{good} }],
	    [reverse @{ $ids{good} }[1, 2]], 'the newest first');
	is($s->{bad}[0]{outcome}, 'failure', 'with outcomes');
	is($s->{slow}[0]{outcome}, 'running', 'of what runs, too');
	ok($s->{slow}[0]{started}, 'with its start');
	is_deeply($s->{off}, [], 'none');
	is(($web->get('/v1/strips'))[0], 400, 'of no jobs');
	is(($web->get('/v1/strips?jobs=' . join(',', 1 .. 51)))[0], 400,
	    'of too many');
};

subtest stats => sub {
	my $s = $web->json('/v1/jobs/good/stats?points=3');
	is($s->{runs}, 3, 'runs');
	is_deeply($s->{outcomes}, { success => 3 }, 'outcomes');
	ok($s->{complete}, 'all');
	my $ms = $s->{duration_ms};
	cmp_ok($ms->{min}, '<=', $ms->{median}, 'least, median');
	cmp_ok($ms->{median}, '<=', $ms->{p95}, 'p95');
	my %runs = map { $_->{id} => $_->{duration_ms} }
	    @{ $d->json('history', 'good') };
	is($ms->{median}, (sort { $a <=> $b } values %runs)[1],
	    'the median is the one in the middle');
	my $sum = 0;
	$sum += $_->{runs} for @{ $s->{points} };
	is($sum, 3, 'each in one point');
	is($web->json('/v1/jobs/slow/stats')->{runs}, 0, 'none has ended');
	is($web->json('/v1/jobs/good/stats?until=2020-01-01T00:00:00Z')
	    ->{runs}, 0, 'none was then');
	is(($web->get('/v1/jobs/good/stats?since=2030-01-01T00:00:00Z'
	    . '&until=2020-01-01T00:00:00Z'))[0], 400, 'backwards');
};

subtest timeline => sub {
	my $t = $web->json('/v1/timeline?jobs=slow,good,off');
	is(join(' ', map { $_->{name} } @{ $t->{rows} }), 'slow good off',
	    'rows as asked for');
	is($t->{rows}[0]{bars}[0]{run}, $slow, 'what runs');
	is($t->{rows}[0]{bars}[0]{finished}, undef, 'has no end');
	my $n = 0;
	$n += $_->{count} for @{ $t->{rows}[1]{bars} };
	is($n, 3, 'all runs of a job');
	ok($t->{complete}, 'complete');
	$t = $web->json('/v1/timeline?by=host');
	is(join(' ', map { $_->{name} } @{ $t->{rows} }), 'here', 'by host');
	is_deeply($web->json('/v1/timeline?host=there')->{rows}, [],
	    'nothing on another');
	is(($web->get('/v1/timeline?by=colour'))[0], 400, 'by what is none');
	is(($web->get('/v1/timeline?since=2020-01-01T00:00:00Z'))[0], 400,
	    'too long');
};

subtest runs => sub {
	my $all = () = $web->pages('/v1/runs?limit=1');
	is($all, 12, 'all runs, a page each');
	is(scalar(() = $web->pages('/v1/runs?host=here&limit=5')), 12, 'by host');
	is(scalar(() = $web->pages('/v1/runs?host=there')), 0, 'of another');
	my ($at) = $web->json("/v1/runs/$ids{good}[1]")->{slot};
	my @until = $web->pages("/v1/runs?job=good&until=$at&limit=1");
	is_deeply([map { $_->{id} } @until], [reverse @{ $ids{good} }[0, 1]],
	    'up to a time');
	is(scalar(() = $web->pages('/v1/runs?until=2020-01-01T00:00:00Z')), 0,
	    'none was then');
	is(($web->get('/v1/runs?host='))[0], 400, 'no name');
};

subtest heat => sub {
	my $h = $web->json('/v1/heat');
	my ($runs, $failures, $busy) = (0, 0, 0);
	for (@{ $h->{hours} }) {
		$runs += $_->{runs};
		$failures += $_->{failures};
	}
	is($runs, 11, 'all that ended');
	is($failures, 2, 'and failed');
	is_deeply($web->json('/v1/heat?until=2020-01-01T00:00:00Z'
	    . '&since=2019-12-31T00:00:00Z')->{hours}, [], 'none then');
};

$d->belfry('kill', $slow);
$d->finished($slow);
$d->finish;
done_testing;
