#!/usr/bin/perl
# /metrics: right numbers, in the format of Prometheus, each in the manual;
# the alert rules and the dashboard know no others.
use strict;
use warnings;
use Belfry;
use File::Find;
use JSON::PP;
use Test::More;
use Web;

my $d = Belfry->new(jobs => { 'a.ini' => <<'END' });
[job good]
command = true
schedule = @every 1h

[job bad]
command = exit 1

[job slow]
command = sleep 100
END
$d->start;
my $web = Web->new($d);
$d->finished($d->run($_)) for qw(good good bad);
my $slow = $d->run('slow');
$d->belfry(qw(submit --in 1h -- true)) for 1, 2;
$d->wait_for('slow to run', sub {
	grep { $_->{id} eq $slow && $_->{state} eq 'running' }
	    @{ $d->json('status')->{runs} };
});

my ($status, $head, $text) = $web->request('GET', '/metrics');
is($status, 200, 'an answer');
like($head, qr{^Content-Type: text/plain; version=0\.0\.4; charset=utf-8\r?$}m,
    'of the type');

# name{labels} -> value; families -> type.
sub parse {
	my (%values, %types, $bad);
	for (split /\n/, $_[0]) {
		if (/^# TYPE (\w+) (counter|gauge|histogram)$/) {
			$bad = "twice: $1" if $types{$1};
			$types{$1} = $2;
		} elsif (/^# HELP \w+ \S/) {
		} elsif (/^((\w+?)(?:_bucket|_sum|_count)?(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)+\})?) (-?[\d.e+]+|NaN)$/) {
			$bad = "no type: $1" unless $types{$2}
			    || grep { index($2, $_) == 0 } keys %types;
			$bad = "twice: $1" if exists $values{$1};
			$values{$1} = $3;
		} else {
			$bad = $_;
		}
	}
	is($bad, undef, 'every line is well formed');
	return (\%values, \%types);
}
my ($v, $types) = parse($text);
is($v->{'belfry_runs_total{outcome="success"}'}, 2, 'successes');
is($v->{'belfry_runs_total{outcome="failure"}'}, 1, 'failures');
is($v->{'belfry_job_runs_total{job="good",outcome="success"}'}, 2, 'by job');
is($v->{'belfry_job_runs_total{job="bad",outcome="failure"}'}, 1, 'each');
is($v->{'belfry_job_failures{job="bad"}'}, 1, 'in a row');
is($v->{'belfry_jobs'}, 3, 'jobs');
is($v->{'belfry_jobs_failing'}, 1, 'that fail');
is($v->{'belfry_runs_active{state="running"}'}, 1, 'what runs');
is($v->{'belfry_job_runs_active{job="slow"}'}, 1, 'by job');
is($v->{'belfry_queue_waiting{queue="default"}'}, 2, 'submitted');
is($v->{'belfry_run_duration_seconds_count'}, 3, 'durations');
is($v->{'belfry_run_duration_seconds_bucket{le="+Inf"}'}, 3, 'in buckets');
is($v->{'belfry_launch_duration_seconds_count'}, 4, 'launches');
cmp_ok($v->{'belfry_job_next_start_timestamp_seconds{job="good"}'}, '>',
    time + 3000, 'next start');
cmp_ok(abs($v->{'belfry_job_last_success_timestamp_seconds{job="good"}'}
	- time), '<', 60, 'last success');
ok(!exists $v->{'belfry_job_last_success_timestamp_seconds{job="bad"}'},
    'of what never succeeded there is none');
cmp_ok($v->{'belfry_store_records_total'}, '>', 6, 'records');
cmp_ok($v->{'belfry_store_write_duration_seconds_count'}, '>', 0, 'written');
is($v->{"belfry_up{process=\"$_\"}"}, 1, "$_ is up") for qw(master recorder);
for (qw(guardian master recorder api launcher-0)) {
	cmp_ok($v->{"belfry_process_resident_memory_bytes{process=\"$_\"}"},
	    '>', 100_000, "memory of the $_");
}

# --- one that hangs is missing, the others answer ---
my ($recorder) = @{ $d->processes->{recorder} };
kill 'STOP', $recorder;
($status, $head, $text) = $web->request('GET', '/metrics');
kill 'CONT', $recorder;
is($status, 200, 'without the recorder');
my ($w) = parse($text);
is($w->{'belfry_up{process="recorder"}'}, 0, 'it is down');
is($w->{'belfry_up{process="master"}'}, 1, 'the master is up');
is($w->{'belfry_jobs'}, 3, 'and told');
ok(!exists $w->{'belfry_store_records_total'}, 'nothing of the recorder');
is((parse(($web->request('GET', '/metrics'))[2]))[0]
    ->{'belfry_up{process="recorder"}'}, 1, 'it is back');

# --- promtool, rules and dashboard ---
my ($promtool) = grep { -x } map { "$_/promtool" } split /:/, $ENV{PATH};
SKIP: {
	skip 'no promtool here', 2 unless $promtool;
	open(my $in, '|-', "$promtool check metrics >" . $d->path('lint')
	    . ' 2>&1') or die;
	print $in ($web->request('GET', '/metrics'))[2];
	close $in;
	is($d->read('lint'), '', 'promtool finds nothing wrong');
	my ($ok, $out, $err) = $d->command($promtool, 'check', 'rules',
	    'conf/prometheus/belfry.rules.yml');
	is($ok, 0, 'promtool reads the rules') or diag("$out$err");
}

my %source;
find({ no_chdir => 1, wanted => sub {
	return unless /\.c$/;
	open(my $in, '<', $_) or die "$_: $!";
	local $/;
	my $code = <$in>;
	$source{$1} = 1 while $code =~ /"(belfry_[a-z_]+)"/g;
} }, 'master/scheduler/metrics', 'master/scheduler/crew', 'master/recorder',
    'master/api');
sub slurp {
	open(my $in, '<', $_[0]) or die "$_[0]: $!";
	local $/;
	return scalar <$in>;
}
my %manual = map { $_ => 1 }
    slurp('man/belfry-metrics.7') =~ /^\.It Sy (belfry_\w+)$/mg;
is_deeply([sort keys %manual], [sort keys %source],
    'belfry-metrics(7) has the metrics of the code');
ok($manual{$_}, "$_ is in the manual") for sort keys %$types;

my $dashboard = JSON::PP->new->decode(slurp('conf/grafana/belfry.json'));
my @texts = (slurp('conf/prometheus/belfry.rules.yml') =~ /expr: (.*)/g);
cmp_ok(scalar @texts, '>=', 8, 'there are alerts');
my @queries = map { $_->{expr} } map { @{ $_->{targets} } }
    @{ $dashboard->{panels} };
cmp_ok(scalar @queries, '>=', 15, 'and panels');
my %ids = map { $_->{id} => 1 } @{ $dashboard->{panels} };
is(scalar keys %ids, scalar @{ $dashboard->{panels} }, 'each with its id');
for my $expr (@texts, @queries) {
	my @names = $expr =~ /(belfry_\w+)/g;
	my @unknown = grep {
		my $name = $_ =~ s/_(?:bucket|sum|count)$//r;
		!$manual{$_} && !$manual{$name};
	} @names;
	is("@unknown", '', "what it asks for is there: $expr");
	ok(scalar @names, 'and something') unless @names;
}
$d->belfry('kill', $slow);
$d->finished($slow);
$d->finish;
done_testing;
