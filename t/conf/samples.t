#!/usr/bin/perl
# The sample jobs: no errors, all three kinds of schedule, and each run ends
# as its comment says.
use strict;
use warnings;
use Belfry;
use Httpd;
use Manual;
use Test::More;

my $d = Belfry->new(conf => "[database shop]\n"
    . "conninfo = host=/nonexistent dbname=shop\n");
my $h = Httpd->new;
my $text = '';
for my $file (sort glob 'conf/jobs.d/*.ini') {
	my $sample = Manual::slurp($file);
	my ($name) = $file =~ /([^\/]+)$/;
	like($sample, qr/\A#/, "$name begins with what it teaches");
	# Run by hand here, not by the clock.
	$text .= $sample;
	$sample =~ s{http://localhost/}{$h->url('/ok')}ge;
	$d->job($name, $sample =~ s/^schedule = .*\n//mgr);
}
like($text, qr/^schedule = \Q$_\E/m, "there is one of $_")
    for '*/20 * * * * *', '@every', '@after';
my ($status, $out) = $d->command($Belfry::BELFRY, '-c',
    $d->path('belfry.conf'), 'check', 'conf/jobs.d');
is($status, 0, 'belfry check') or diag($out);

$d->start;
my %want = (flaky => 'failure', stuck => 'timeout',
    'purge-audit' => 'failure', provision => 'failure'); # there is no database
my %id = map { $_->{name} => $d->run($_->{name}) } @{ $d->json('list') };
cmp_ok(scalar keys %id, '>=', 8, 'there are jobs');
for my $job (sort keys %id) {
	my $run = $d->finished($id{$job});
	is($run->{outcome}, $want{$job} // 'success', "job $job");
	cmp_ok($run->{output_bytes}, '<', 16384, 'is quiet');
}
($status, $out) = $d->belfry('logs', $id{disks});
like($out, qr/^BELFRY_JOB=disks$/m, 'the report has an environment');
$d->stop;
$d->finish;
done_testing;
