# A person in front of the dashboard, in a real browser: finds a job that
# fails, sees why, runs it, watches its output, pauses it. On the way each page
# is looked at for what people could not read or reach.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Belfry;
use Browser;
use IO::Socket::INET;

plan skip_all => 'the browser looked at it in the round without sanitizers'
    if $Belfry::BUILD =~ /asan/;
plan skip_all => Browser::missing() if Browser::missing();

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $ENTER = "\x{e007}";
my $free = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
my $port = $free->sockport;
close $free;
my $d = Belfry->new(conf => <<"END", jobs => { 'shop.ini' => <<'JOBS' });
[api]
listen = 127.0.0.1:$port
tokens = tokens
END
[job import-orders]
description = <img src=x onerror="document.title=1"> & more
labels = team=data
command = echo "asked <b>warehouse</b>"; while [ -n "$BELFRY_PARAM_GATE" ] && [ ! -e "$BELFRY_PARAM_GATE" ]; do sleep 0.1; done; echo "connection refused"; exit 3

[job make-report]
after = import-orders
after-when = always
command = true

[job clean-up]
schedule = 0 4 * * *
timezone = UTC
command = echo cleaned
JOBS
my %token;
for my $role (qw(operator viewer)) {
	(my $failed, $token{$role}) = $d->belfry(qw(token add --role), $role,
	    "an-$role");
	is($failed, 0, "a token for an $role");
	chomp $token{$role};
}
$d->start;
$d->finished($d->run('import-orders')) for 1 .. 2;
$d->finished($d->run('clean-up'));

my $b = Browser->new;
my $check = do {
	open(my $in, '<', "$FindBin::Bin/../lib/accessible.js") or die $!;
	local $/;
	<$in>;
};

# Looked at in both colours.
sub is_accessible {
	my ($name) = @_;
	for my $scheme (qw(light dark)) {
		$b->colours($scheme);
		is_deeply($b->script($check), [], "$name, $scheme");
	}
}

# It is there in a moment.
sub comes {
	my ($css, $text, $name) = @_;
	ok($b->has($css, $text), $name) or diag(substr $b->text('main'), 0, 2000);
}

# Who nobody knows is asked.
$b->open("http://127.0.0.1:$port/");
comes('h1', 'Log in', 'a login');
is_accessible('the login');
$b->type('input[name=token]', 'guess');
$b->click('form button');
comes('[role=alert]', 'no token', 'a guess is none');
$b->type('input[name=token]', "$token{operator}$ENTER");
comes('h1', 'Overview', 'the overview');
comes('header', 'token an-operator · operator', 'one is somebody');
comes('section', 'import-orders', 'shows the job that fails');
comes('.tile', 'failing', 'and counts them');
is_accessible('the overview');

# Find it, see why.
$b->click('td a', 'import-orders');
comes('h1', 'import-orders', 'the job');
is($b->script('return document.activeElement.tagName'), 'H1',
    'a new page has the focus');
comes('p', '<img src=x onerror="document.title=1"> & more',
    'a description is text, whatever is in it');
comes('figcaption', '2 × failure', 'how its runs ended');
comes('.graph', 'make-report', 'what comes after it');
comes('td', 'exited with code 3', 'why it failed');
comes('dd', 'connection refused', 'what it does');
$b->click('button', 'Explain');
comes('.explained', 'somebody started it by hand', 'an explanation');
is_accessible('the job');
$b->click('td a.code');
comes('.output', "asked <b>warehouse</b>\nconnection refused",
    'the output of a run is text too');
comes('h1 .badge', 'failure', 'how it ended');
is_accessible('the run');

# Run it, and watch it.
my $gate = $d->path('gate');
$b->click('button', 'Run again');
comes('dialog', 'Run import-orders now', 'a question');
is_accessible('the dialog');
$b->type('dialog textarea', "GATE=$gate");
$b->click('dialog button', 'Run');
comes('h1 .badge', 'running', 'the new run');
comes('.output', 'asked', 'its output so far');
unlike($b->text('.output'), qr/refused/, 'and no more');
comes('dd', $gate, 'its parameter');
$d->write('gate', '');
comes('.output', 'connection refused', 'the rest, as it comes');
comes('h1 .badge', 'failure', 'and its end');

# Pause it.
$b->click('dd a', 'import-orders');
$b->click('.actions button', 'Pause');
$b->type('dialog input', 'the warehouse moves');
$b->click('dialog button', 'Pause');
comes('.note', 'the warehouse moves', 'paused, with a reason');
is($d->json('show', 'import-orders')->{paused}{reason}, 'the warehouse moves',
    'the daemon knows it');
$b->click('.actions button', 'Resume');
comes('.actions button', 'Pause', 'resumed');

# Several together, found by what they are called.
$b->click('nav a', 'Jobs');
comes('td', 'clean-up', 'the jobs');
comes('svg[role=img]', 'The last runs: 1 × success', 'with their last runs');
comes('td', 'after import-orders', 'and what begins them');
is_accessible('the jobs');
$b->key('/');
is($b->script('return document.activeElement.name'), 'search',
    '"/" goes to the search');
$b->type('input[name=search]', "IMPORT$ENTER");
$b->wait_for('the others to go', sub { $b->text('tbody') !~ /clean-up/ });
like($b->text('tbody'), qr/import-orders/, 'the search finds it');
like($b->script('return location.search'), qr/search=IMPORT/,
    'and can be linked to');
$b->type('input[name=search]', '');
$b->click('button', 'Show');
comes('td', 'clean-up', 'without it all are there');
$b->click('input[type=checkbox]', "Choose $_") for qw(clean-up make-report);
comes('.bulk', '2 jobs', 'two are chosen');
$b->click('.bulk button', 'Pause');
$b->click('dialog button', 'Pause');
$b->wait_for('both to be paused', sub {
	2 == grep { $_->{paused} } @{ $d->json('list') };
});
comes('td .badge', 'paused', 'both are paused');
$b->click('.bulk button', 'Resume');
$b->wait_for('both to go on', sub {
	0 == grep { $_->{paused} } @{ $d->json('list') };
});

# More of them than a page has, each with its runs.
$d->job('many.ini', join '', map { "[job x-$_]\ncommand = true\n" } 10 .. 69);
is(($d->belfry('reload'))[0], 0, 'many jobs');
$d->finished($d->run('x-68'));
$b->click('nav a', 'Overview');
$b->click('nav a', 'Jobs');
$b->click('button', 'Show more');
comes('td', 'x-69', 'the next page');
$b->wait_for('its runs', sub { $b->script(<<'END') });
return [...document.querySelectorAll('tr')].some((row) =>
    row.textContent.includes('x-68') && row.querySelector('svg[role=img]'));
END
unlink $d->path('jobs/many.ini');
is(($d->belfry('reload'))[0], 0, 'a few again');
$b->click('nav a', 'Overview');
$b->click('nav a', 'Jobs');

# Whoever goes by keyboard stays where they are.
$b->script('document.querySelector("[name=state]").focus()');
$b->type('select[name=state]', 'i');
$b->wait_for('the idle', sub {
	$b->script('return location.search') =~ /state=idle/;
});
is($b->script('return document.activeElement.name'), 'state',
    'a filter keeps the focus');

# All at once.
$b->click('nav a', 'Overview');
$b->click('.actions button', 'Pause all');
$b->type('dialog input', 'no power');
$b->click('dialog button', 'Pause');
comes('.note', 'no power', 'all are paused');
is_accessible('the overview while all are paused');
$b->click('.note button', 'Resume');
comes('.actions button', 'Pause all', 'and go on');

# The other pages.
for ([Runs => 'td', 'exited with code 3'], [Timeline => '.span', 'failure'],
    [Week => 'td a', undef], [Ledger => 'td', 'failure'],
    [Queue => '.empty', 'Nothing waits.'], [Nodes => 'td', 'recorder'],
    [Audit => 'td', 'the warehouse moves']) {
	my ($page, $css, $text) = @$_;
	$b->click('nav a', $page);
	comes('h1', $page, $page);
	comes($css, $text, "$page has something");
	is_accessible($page);
}
# A command that waits is not wanted any more.
$d->belfry(qw(submit --in 1h -- echo later));
$b->click('nav a', 'Queue');
comes('td', 'echo later', 'a command that somebody submitted');
is_accessible('the queue with something in it');
$b->click('td button', 'Cancel it');
$b->click('dialog button', 'Cancel it');
$b->wait_for('it to be cancelled', sub { !@{ $d->json('queue', 'list') } });
$b->wait_for('it to go', sub { $b->text('main') !~ /echo later/ });
pass('is cancelled');

# From an hour of the week to its runs, and closer.
$b->click('nav a', 'Week');
$b->click('td.heat5 a');
comes('h1', 'Timeline', 'an hour of the week leads to its runs');
comes('.span', 'failure', 'which are there');
$b->drag('.gantt .row:nth-last-child(1) .track', 0.2, 0.7);
$b->wait_for('the zoom', sub {
	$b->script('return location.search') =~ /span=(\d+)/
	    && $1 > 1790000 && $1 < 1810000;
});
$b->click('button', 'Zoom out');
$b->wait_for('the way back', sub {
	$b->script('return location.search') =~ /span=(\d+)/ && $1 > 3500000;
});
pass('dragging over the bars zooms in');
$b->open("http://127.0.0.1:$port/jobs/none");
comes('.banner', 'there is no job "none"', 'what is not there');

# On a phone, in Chinese, by keyboard.
$b->size(390, 844);
$b->open("http://127.0.0.1:$port/jobs");
$b->click('header button', '中文');
comes('h1', '作业', 'in Chinese');
is($b->script('return document.documentElement.lang'), 'zh-CN', 'it says so');
is_accessible('the jobs on a phone');
ok(!$b->script('return document.querySelector("nav").checkVisibility()'),
    'the menu is away');
$b->click('header button', '菜单');
$b->click('nav a', '概览');
comes('.tile', '持续失败', 'the overview');
is_accessible('the overview on a phone');
$b->open("http://127.0.0.1:$port/");
comes('h1', '概览', 'the language is kept');
$b->key("\x{e004}");
is($b->script('return document.activeElement.innerText'), '跳到正文',
    'the first tab skips the menu');

# Who may only look.
$b->size(1280, 900);
$b->click('header button', 'English');
$b->click('header button', 'Log out');
comes('h1', 'Log in', 'logged out');
$b->open("http://127.0.0.1:$port/jobs/clean-up");
comes('h1', 'Log in', 'for good');
$b->type('input[name=token]', "$token{viewer}$ENTER");
comes('h1', 'clean-up', 'a login leads to where one wanted to go');
comes('header', 'token an-viewer · viewer', 'one is somebody else now');
comes('td', 'success', 'who sees what there is');
ok(!$b->script('return document.querySelector(".actions").checkVisibility()'),
    'but has no buttons');

# Without a daemon it says so, and what it shows is of when.
$d->stop;
comes('.banner', 'The daemon cannot be reached', 'the daemon is gone');
is_deeply([grep { !/ERR_CONNECTION|ERR_INCOMPLETE|status of 40[14]/ } $b->complaints], [],
    'the browser has nothing to complain of');

$b->finish;
$d->finish;
done_testing;
