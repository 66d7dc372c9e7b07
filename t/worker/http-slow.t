# http jobs and servers that are slow, endless, cut short, or not there; and
# what ends such a job.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use HttpJob;
use Httpd;

my ($h, $d) = (Httpd->new, HttpJob::drive());
my $soon = '300ms';

# Nobody there.
my $closed = Httpd::closed_port();
ends('refused', ["http://127.0.0.1:$closed/"], 'failure', 7,
    qr/^failed connecting: Failed to connect to 127.0.0.1 port $closed/,
    qr/\Abelfry: failed connecting: .*\n\z/);
ends('no such host', ['http://host.invalid/'], 'failure', 6,
    qr/^failed looking up the host: Could not resolve host: host.invalid/);
ends('no such proxy', [$h->url('/ok'), 'http-proxy' => 'http://host.invalid:1'],
    'failure', 5, qr/^failed looking up the host: .*proxy/);
my ($hole, $keep) = Httpd::black_hole();
ends('no answer to a connection', ["http://127.0.0.1:$hole/",
    'http-connect-timeout' => $soon], 'timeout', 28,
    qr/^timed out connecting \(http-connect-timeout = 300ms\): /);

# Connected, and then nothing.
my @idle = ('http-read-timeout' => $soon);
ends('no head', [$h->url('/silent'), @idle], 'timeout', 28,
    qr/^timed out waiting for the answer: nothing moved for 300ms \(http-read-timeout\)$/);
ends('half a head', [$h->url('/half-head'), @idle], 'timeout', 28,
    qr/^timed out receiving the answer: nothing moved/,
    qr/\AHTTP\/1.1 200 OK\r\nbelfry: timed out/);
ends('half a body', [$h->url('/half-body'), @idle], 'timeout', 28,
    qr/^timed out receiving the answer/, qr/half a body\nbelfry: timed out/);
ends('nobody reads the body', ["POST http://127.0.0.1:$hole/", @idle,
    'http-connect-timeout' => $soon, 'http-body' => 'b'], 'timeout', 28,
    qr/^timed out connecting/);
ends('the timeout of the job', [$h->url('/silent'), timeout => 300],
    'timeout', -1, qr/^timed out after 300ms; it was waiting for the answer$/);
ends('an endless body', [$h->url('/endless'), timeout => 300, limit => 1000],
    'timeout', -1, qr/^timed out after 300ms; it was receiving the answer$/,
    qr/^HTTP.*endless/s);
ends('an endless head', [$h->url('/endless-head'), limit => 1000],
    'failure', 56, qr/^failed receiving the answer: Too large response headers/);

# Too short, too long, nonsense.
ends('cut in the middle', [$h->url('/cut')], 'failure', 18,
    qr/^failed receiving the answer: transfer closed with 90 bytes remaining/,
    qr/too short\nbelfry: /);
ends('more than it said', [$h->url('/long')], 'success', 0, qr/^$/,
    qr/\r\n\r\n12345\z/);
ends('a bad chunk', [$h->url('/bad-chunk')], 'failure', 56,
    qr/^failed receiving the answer: .*chunk/i, qr/first\nbelfry/);
ends('a chunk that is cut', [$h->url('/cut-chunk')], 'failure', 18,
    qr/^failed receiving the answer/, qr/firstless\nbelfry/);
ends('nothing at all', [$h->url('/nothing')], 'failure', 52,
    qr/^failed waiting for the answer: Empty reply from server/);
ends('no HTTP', [$h->url('/rubbish')], 'failure', 1, qr{^failed: Received HTTP/0.9});
ends('what is compressed stays so', [$h->url('/gzip')], 'success', 0, qr/^$/,
    qr/\x1f\x8b\x08\x00\z/);

# Much.
my ($done, $text) = request($h->url('/big/1024'), limit => 100000);
is($done->{outcome}, 'success', 'a gigabyte');
cmp_ok($done->{output_bytes}, '>', 1 << 30, 'was read');
is(length $text, 100000, 'and head and tail of it kept');
like($text, qr/\AHTTP.*0123456789abcdef\z/s, 'these');
cmp_ok($done->{max_rss_kb}, '<', 200000, 'in little memory');
my ($done2) = request($h->url('/big/64'), limit => 100,
    'http-expect-body' => '^0123');
is($done2->{outcome}, 'success', 'with a pattern to look for');

# The child of a run, which does the work.
sub child_of {
	my ($run) = @_;
	return $d->wait_for('started', $run)->{pid};
}

my $asked = $h->requests;
my $run = $d->launch(spec($h->url('/silent')));
my $pid = child_of($run);
for (1 .. 3000) {
	last if $h->requests > $asked;
	select(undef, undef, undef, 0.01);
}
my @open = map { readlink // '' } glob "/proc/$pid/fd/*";
is(scalar(grep { /^pipe:|^socket:|null$/ } @open), scalar @open,
    'it has the output, sockets and nothing else open') or diag("@open");
$d->line('kill', $run, 1);
$done = $d->wait_for('done', $run);
is($done->{outcome}, 'killed', 'killed by a person');
like($done->{reason}, qr/^killed by operator; it was waiting for the answer/,
    'what it was about');

# The library crashes: as any job that crashes, and nobody else notices.
$run = $d->launch(spec($h->url('/silent')));
my $other = $d->launch(spec($h->url('/gate/crash')));
child_of($other);
kill 'SEGV', child_of($run);
$done = $d->wait_for('done', $run);
is("$done->{outcome} $done->{signal}", 'failure 11', 'a crash is a failure');
like($done->{reason}, qr/^killed by signal SEGV/, 'and says so');
$h->open_gate('crash');
is($d->wait_for('done', $other)->{outcome}, 'success', 'of one run alone');

# The worker is killed: nobody would see the end of the request.
$run = $d->launch(spec($h->url('/silent'), 'http-read-timeout' => 'none'));
$pid = child_of($run);
kill 'KILL', Httpd::parent($pid);
ok(Drive::until_true(sub { !Drive::alive($pid) }), 'it ends with its worker');

# It hangs for good: stopped, so that TERM does nothing.
$run = $d->launch(spec($h->url('/silent'), timeout => 500, grace => 100));
kill 'STOP', child_of($run);
$done = $d->wait_for('done', $run);
is($done->{outcome}, 'timeout', 'a hang is ended');

# Master and launcher die: the run goes on, and tells the next master.
$run = $d->launch(spec($h->url('/gate/orphan')));
child_of($run);
$d->line('master-dies');
$d->line('master-starts');
is($d->wait_for('hello', $run)->{run}, $run, 'it finds the next master');
$d->line('kill-launcher');
$d->wait_for('launcher-ended');
$h->open_gate('orphan');
is($d->wait_for('done', $run)->{outcome}, 'success', 'and its result is told');
$d->finish;
done_testing;
