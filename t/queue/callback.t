#!/usr/bin/perl
# submit --callback URL: the URL is sent the run when it has ended; again when
# it does not take it, also after a restart, and no queue waits for that.
use strict;
use warnings;
use Belfry;
use Httpd;
use JSON::PP;
use Test::More;

my $h = Httpd->new;
my $d = Belfry->new(conf => "[queue mail]\n");
my $dir = $d->dir;
$d->start;

sub submit {
	my (@args) = @_;
	my ($status, $out, $err) = $d->belfry('submit', @args);
	die "submit @args: $err" if $status;
	chomp $out;
	return $out;
}
sub told {
	my ($id) = @_;
	return $d->wait_for("$id to be told", sub {
		my $q = $d->json('queue', 'show', $id);
		($q->{callback_state} // '') eq 'delivered' ? $q : undef;
	});
}

my $id = submit('-q', 'mail', '--callback', $h->url('/ok/one?a=${HOME}'), '--',
    'echo hello; exit 4');
my $queued = told($id);
is($queued->{callback_tries}, 1, 'told with the first try');
my ($request) = grep { m{/ok/one} } $h->requests;
like($request, qr{\APOST /ok/one\?a=\$(%7B|\{)HOME(%7D|\}) HTTP}, 'a POST, literally');
like($request, qr{^Content-Type: application/json\r$}mi, 'of JSON');
my ($body) = $request =~ /\r\n\r\n(.*)\z/s;
my $run = decode_json($body);
is("$run->{id} $run->{outcome} $run->{exit_code}", "$id failure 4",
    'it is the run');
is($run->{job}, 'queue:mail', 'of its queue');
my @chain = @{ $d->json('history', '--chain', $id) };
is_deeply([map { "$_->{job} $_->{trigger} $_->{outcome}" } @chain],
    ['callback:mail after success', 'queue:mail queue failure'],
    'telling it is a run, after that one');

# Twice in vain.
$id = submit('-q', 'mail', '--callback', $h->url('/flaky/2'), '--', 'true');
my $next = submit('-q', 'mail', '--', 'true');
$d->finished($next);
pass('the queue does not wait for it');
is(told($id)->{callback_tries}, 3, 'told again until it is taken');
is_deeply([map { "$_->{attempt} $_->{trigger} $_->{outcome}" }
    @{ $d->json('history', 'callback:mail', '-n', 3) }],
    ['3 retry success', '2 retry failure', '1 after failure'],
    'each try is a run');
is($d->json('show', 'callback:mail')->{trigger}, 'retry',
    'and the latest is found by that name');

# Over a restart.
$id = submit('-q', 'mail', '--callback', $h->url('/gate/late'), '--', 'true');
$d->wait_for('the server to be asked', sub {
	grep { m{/gate/late} } $h->requests });
my @all = map { @$_ } values %{ $d->processes };
kill 'KILL', $d->{pid}, @all;
waitpid $d->{pid}, 0;
$d->start;
$h->open_gate("late");
told($id);
pass('told after the daemon was killed and started again');

# Not when it never ran.
$id = submit('--in', '1h', '--callback', $h->url('/ok/never'), '--', 'true');
$d->belfry('queue', 'cancel', $id);
is($d->json('queue', 'show', $id)->{callback_state}, undef,
    'what is cancelled is not told');
$d->finish;
done_testing;
