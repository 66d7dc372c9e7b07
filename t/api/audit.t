# The audit log: who changed what, from where, how it was before and after.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Belfry;
use Curl;
use JSON::PP;

my $port = Curl::free_port();
my $d = Belfry->new(conf => "[api]\nlisten = 127.0.0.1:$port\n"
    . "tokens = tokens\n[crontab]\nspool = spool\n[queue mail]\n"
    . "[notify shell]\ntype = command\ncommand = cat >/dev/null\n"
    . "[notify broken]\ntype = command\ncommand = exit 3\n",
    jobs => { 'a.ini' => "[job hello]\ncommand = sleep 60\n" });
mkdir $d->path('spool');
my $c = Curl->new($d);
my $url = "http://127.0.0.1:$port";
my (undef, $token) = $d->belfry('token', 'add', 'ci', '--role', 'admin');
chomp $token;
$d->start;
my @token = $c->token($token);
my ($status, $body, $head);

sub audit {
	my ($query) = @_;
	($status, $body, $head) = $c->get("$url/v1/audit$query", @token);
	die "audit: $status $body" if $status != 200;
	return @{ JSON::PP->new->decode($body) };
}
# What is asked for is recorded a moment later.
sub entries {
	my ($n, $query) = @_;
	my @all;
	$d->wait_for("$n entries",
	    sub { @all = audit($query // ''); return @all >= $n });
	is(scalar @all, $n, "$n entries");
	return @all;
}

is(scalar audit(''), 0, 'nothing at first');
my $run = JSON::PP->new->decode(($c->post("$url/v1/jobs/hello/run",
    @token))[1])->{run};
my ($entry) = entries(1);
like($entry->{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'when');
is($entry->{who}, 'token ci', 'who');
is($entry->{from}, '127.0.0.1', 'from where');
is($entry->{action}, 'run', 'what');
is($entry->{object}, 'hello', 'with which job');
is($entry->{before}, undef, 'nothing before');
is_deeply($entry->{after}, { run => $run }, 'the run after');

$d->json('pause', 'hello', '--reason', 'too hot');
($entry) = entries(2);
like($entry->{who}, qr/^uid $> /, 'a user');
is($entry->{from}, 'socket', 'through the socket');
is($entry->{action}, 'pause', 'pauses');
is($entry->{before}, undef, 'was not paused');
is($entry->{after}{reason}, 'too hot', 'is now');
$d->json('resume', 'hello');
($entry) = entries(3);
is($entry->{action}, 'resume', 'resumes');
is($entry->{before}{reason}, 'too hot', 'was paused');
is($entry->{after}, undef, 'is not any more');
$d->json('resume', 'hello');

$d->job('b.ini', "[job later]\ncommand = true\n");
is($c->status("$url/v1/reload", '-X', 'POST', @token), 200, 'reload');
($entry) = entries(4);
is($entry->{action}, 'reload', 'a reload');
is($entry->{object}, undef, 'of the daemon');
is($entry->{before}{jobs}, 1, 'one job before');
is_deeply([@{ $entry->{after} }{qw(jobs added)}], [2, ['later']],
    'two after');
is($c->status("$url/v1/runs/$run/kill", '-X', 'POST', @token), 202, 'kill');
($entry) = entries(5);
is("$entry->{action} $entry->{object}", "kill $run", 'a kill');

# What changed nothing is not there.
$c->status("$url/v1/jobs/none/run", '-X', 'POST', @token);
$c->status("$url/v1/jobs/hello/run", '-X', 'POST');
$c->status("$url/v1/jobs/hello/pause", '-X', 'POST', @token, '-H',
    'Content-Type: application/json', '-d', '{"until":"1999-01-01T00:00:00Z"}');
$d->json('pause', '--all');
($entry) = entries(6);
is("$entry->{action}", 'pause-all', 'refusals are not recorded');
$d->json('resume', '--all');
entries(7);

# Filters and pages.
is(scalar audit('?action=run'), 1, 'by what was done');
is(scalar audit('?who=token%20ci'), 3, 'by who did it');
is(scalar audit('?object=hello'), 3, 'by the job');
is(scalar audit('?since=2100-01-01T00:00:00Z'), 0, 'by time');
my @all = map { $_->{id} } audit('');
my @pages;
my $query = '?limit=3&since=2020-01-01T00:00:00Z';
while (defined $query) {
	push @pages, map { $_->{id} } audit($query);
	($query) = $head =~ m{^Link: </v1/audit(\?[^>]*)>; rel="next"}m;
}
is("@pages", "@all", 'page after page');
for ('?limit=0', '?before=x%20y', '?since=soon', '?colour=red') {
	is($c->status("$url/v1/audit$_", @token), 400, "bad: $_");
}

# What goes through a queue: once, and only what was stored.
sub one {
	my ($action) = @_;
	my ($only) = entries(1, "?action=$action");
	return $only;
}
my $later = $d->json('submit', '--queue', 'mail', '--in', '1h', '--key', 'k',
    '--', 'echo', 'two words')->{run};
is($d->json('submit', '--queue', 'mail', '--key', 'k', '--', 'true')->{run},
    $later, 'the same key again');
$entry = one('submit');
is($entry->{object}, $later, 'a submission');
is($entry->{after}{command}, "echo 'two words'", 'its command');
is($entry->{after}{queue}, 'mail', 'its queue');
is($entry->{after}{key}, 'k', 'its key');
like($entry->{after}{due}, qr/^2\d+-/, 'when it is due');
is($c->status("$url/v1/queue/$later/cancel", '-X', 'POST', @token), $_,
    "cancelled: $_") for 200, 409;
$entry = one('cancel');
is("$entry->{who} $entry->{from}", 'token ci 127.0.0.1', 'by whom');
is($entry->{object}, $later, 'what');
is_deeply($entry->{before}, { state => 'waiting', queue => 'mail' },
    'it waited');
is_deeply($entry->{after}, { state => 'cancelled' }, 'not any more');

$d->belfry('notify', 'test', $_) for qw(shell broken);
my ($broken, $shell) = entries(2, '?action=notify-test');
is("$shell->{object} $broken->{object}", 'shell broken', 'tests of receivers');
is_deeply($shell->{after}, { sent => JSON::PP::true, error => undef }, 'sent');
ok(!$broken->{after}{sent}, 'not sent');
like($broken->{after}{error}, qr/3/, 'and why');

# A crontab, without its text.
my $me = getpwuid $>;
for ("SECRET=1\n0 5 * * * true\n", "0 5 * * * true\n1 5 * * * true\n") {
	$d->write('mine', $_);
	is(($d->belfry('crontab', $d->path('mine')))[0], 0, 'a crontab');
}
is(($d->belfry('crontab', '-r'))[0], 0, 'and none');
my ($second, $first) = entries(2, '?action=crontab-install');
is_deeply([@$first{qw(object before after)}],
    [$me, undef, { jobs => 1, bytes => 24 }], 'the first');
is_deeply([@$second{qw(object before after)}],
    [$me, { jobs => 1, bytes => 24 }, { jobs => 2, bytes => 30 }],
    'the second in its place');
$entry = one('crontab-remove');
is_deeply([@$entry{qw(object before after)}],
    [$me, { jobs => 2, bytes => 30 }, undef], 'removed');

# Sessions, and tokens, without what is secret of them.
($status, $body, $head) = $c->post("$url/v1/session", '-d',
    qq({"token":"$token"}), '-H', 'Content-Type: application/json');
my ($cookie) = $head =~ /^Set-Cookie: (belfry-session=\w+)/m;
is($c->status("$url/v1/session", '-X', 'DELETE', '-b', $cookie), 200,
    'logged out') for 1 .. 2;
is($c->status("$url/login", '-d', 'token=ci.no'), 401, 'a bad login');
for (['login', undef, { role => 'admin' }],
    ['logout', { role => 'admin' }, undef]) {
	my ($action, @values) = @$_;
	$entry = one($action);
	is("$entry->{who} $entry->{from}", 'token ci 127.0.0.1', $action);
	is_deeply([@$entry{qw(object before after)}], [undef, @values],
	    'with the role');
}

# Also while there is no master: the guardian cannot make another one.
my ($guardian, $master) = ($d->{pid}, $d->processes->{master}[0]);
kill 'STOP', $guardian;
kill 'KILL', $master;
$d->wait_for('the master to be missed', sub {
	$c->status("$url/v1/status", @token) == 503 });
is($c->status("$url/login", '-d', "token=$token"), 303, 'a login meanwhile');
kill 'CONT', $guardian;
$d->wait_for('another master', sub {
	$c->status("$url/v1/status", @token) == 200 });
entries(2, '?action=login');

is(($d->belfry(@$_))[0], 0, "@$_") for
    [qw(token add eve --role operator --expires 1h)],
    [qw(token revoke eve)], [qw(token add mal --role admin --file),
    $d->path('tokens')];
my ($mal, $eve) = entries(2, '?action=token-add');
like($eve->{who}, qr/^uid $> /, 'who made a token');
is("$eve->{from} $eve->{object}", 'socket eve', 'from where, and which');
is($eve->{after}{role}, 'operator', 'its role');
like($eve->{after}{expires}, qr/^2\d+-/, 'its end');
is_deeply([sort keys %{ $eve->{after} }], [qw(expires role)], 'no more');
is($eve->{before}, undef, 'there was none');
$entry = one('token-revoke');
like("$entry->{who} $entry->{object}", qr/^uid $> .* eve$/, 'and revoked it');
is_deeply([@$entry{qw(before after)}], [$eve->{after}, undef], 'it is gone');
is("$mal->{object} $mal->{who} $mal->{from}", 'mal unknown file',
    'a file that somebody changed');
is_deeply($mal->{after}, { role => 'admin', expires => undef }, 'is noticed');
(my $file = $d->read('tokens')) =~ s/^mal admin/mal viewer/m;
$d->write('tokens', $file);
is_deeply([@{ one('token-change') }{qw(before after)}], [$mal->{after},
    { role => 'viewer', expires => undef }], 'a role that is another');

# By signal too, and what went wrong with it.
sub reloaded_by_signal {
	my ($n) = @_;
	kill 'HUP', $guardian;
	return (entries($n, '?action=reload'))[0];
}
my $jobs = $d->read('jobs/b.ini');
$entry = reloaded_by_signal(2);
is("$entry->{who} $entry->{from}", 'unknown signal', 'a reload by signal');
is($entry->{after}{problem}, undef, 'nothing was wrong');
$d->job('b.ini', "[job later]\nschedule = 0 99 * * *\ncommand = true\n"
    . "[job worse]\n");
$entry = reloaded_by_signal(3);
like($entry->{after}{problem}, qr/^\S*b\.ini:2: .*hour.*; and 1 more error$/,
    'an error of the job files');
$d->job('b.ini', $jobs);
$d->write('belfry.conf', (my $good = $d->read('belfry.conf')) . "nonsense\n");
$entry = reloaded_by_signal(4);
like($entry->{after}{problem}, qr/belfry\.conf:\d+/, 'of the configuration');
$d->write('belfry.conf', $good);

# The same by the command.
my @told = audit('?action=pause');
is_deeply($d->json('audit', '--action', 'pause'), \@told, 'belfry audit');
is_deeply([map { $_->{action} } @{ $d->json('audit', '-n', 2, '--who',
    'token ci', 'hello') }], [qw(run)], 'of one by one');
is_deeply($d->json('audit', '--since', '2100-01-01'), [], 'nothing since');
($status, my $out, my $told) = $d->belfry('audit', 'hello');
like($out, qr/^TIME \(\w+\) +WHO +FROM +HOST +ACTION +ON +BEFORE +AFTER$/m,
    'a table');
like($out, qr/ socket +\S+ +pause +hello +- .*reason too hot, since/m, 'with its rows');
($status, $out) = $d->belfry('audit', 'nothing');
is("$status $out", "0 no changes\n", 'or none');
($status, $out, $told) = $d->belfry('audit', '-n', 1);
is(scalar(my @lines = split /\n/, $out), 2, 'as many as wanted');
($status, $out, $told) = $d->belfry('audit', '--since', 'soon');
is($status, 2, 'a bad time');
like($told, qr/--since soon: write a time/, 'is told');

my $n = audit('');

# Nothing is lost with the recorder, nor with the daemon.
my ($recorder) = @{ $d->processes->{recorder} };
kill 'KILL', $recorder;
is($c->status("$url/v1/jobs/hello/pause", '-X', 'POST', @token), 200,
    'while the recorder is gone');
($entry) = entries($n + 1);
is($entry->{action}, 'pause', 'is recorded all the same');
$d->stop;
$d->start;
is(scalar audit(''), $n + 1, 'after a restart');

# And not kept for ever.
$d->stop;
my $conf = $d->read('belfry.conf');
$d->write('belfry.conf', "$conf\n[store]\nkeep-audit = 1ms\n");
$d->start;
is($c->status("$url/v1/jobs/hello/resume", '-X', 'POST', @token), 200,
    'once more');
$d->wait_for('what is old to go', sub { audit('') <= 1 });
is((audit(''))[0]{action}, 'resume', 'the new one is there');

$d->finish;
done_testing;
