#!/usr/bin/perl
# log-format = json: every line of every process is an object, with the ids of
# what it is about. And lines with a priority, for systemd's journal.
use strict;
use warnings;
use Belfry;
use JSON::PP;
use Test::More;

my $d = Belfry->new(conf => "log-format = json\n", jobs => { 'a.ini' => <<'END' });
[job bad job]
command = true

[job a]
command = exit 3
END
$d->spawn;
$d->wait_for('the daemon to be ready', sub { $d->log =~ /belfryd \S+ is up/ });
my $id = $d->run('a');
$d->finished($id);
$d->stop;
my (%processes, %levels, @of_run);
for ($d->lines('log')) {
	my $line = eval { JSON::PP->new->utf8->decode($_) };
	ok($line, 'an object') or diag($_), next;
	my @lacking = grep { !defined $line->{$_} }
	    qw(time level process pid message);
	is("@lacking", '', 'is whole') if @lacking;
	like($line->{time}, qr/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/, 'time')
	    if !$processes{ $line->{process} }++;
	$levels{ $line->{level} } = 1;
	push @of_run, $line if ($line->{run} // '') eq $id;
}
ok($processes{$_}, "lines of the $_") for qw(guardian master recorder api);
my ($end) = grep { $_->{level} eq 'warn' } @of_run;
is($end->{job}, 'a', 'the end of a run names its job');
is($end->{outcome}, 'failure', 'its outcome');
is($end->{exit}, 3, 'and its exit');
is($end->{attempt}, 1, 'and attempt');

# --- the journal: standard error is the stream that it names ---
my $j = Belfry->new(jobs => { 'a.ini' => "[job a]\ncommand = exit 1\n" });
open(my $log, '>>', $j->path('log')) or die $!;
my ($device, $inode) = stat $log;
{
	local $ENV{JOURNAL_STREAM} = "$device:$inode";
	$j->spawn;
}
$j->wait_for('the daemon to be ready', sub { $j->log =~ /belfryd \S+ is up/ });
$j->finished($j->run('a'));
$j->stop;
my @without = grep { !/^<[3467]>\d{4}-/ } $j->lines('log');
is("@without", '', 'every line has its priority');
like($j->log, qr/^<4>\S+ warn master\[\d+\]: job a: run=/m, 'a warning');
like($j->log, qr/^<6>\S+ info guardian/m, 'a message');
$_->finish for $d, $j;
done_testing;
