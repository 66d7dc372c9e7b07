# bash completion: commands, options that exist, jobs and runs of the daemon.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fake;

my $f = Fake->new(
    'jobs.json' => '[{"name":"backup","state":"idle","schedule":[]},'
	. '{"name":"clean","state":"idle","schedule":[]}]',
    'status.json' => '{"runs":[{"id":"01k3aaaaaaaaaaaa","job":"backup"}]}',
);
my $file = "$FindBin::Bin/../../conf/completions/belfry";
$ENV{PATH} = "$Fake::BUILD/master/cli:$ENV{PATH}";

sub complete {
	my (@words) = @_;
	my $socket = $f->socket;
	my ($status, $out, $err) = $f->command('bash', '-c', <<'END', 'bash',
. "$1"; shift
COMP_WORDS=(belfry "$@")
COMP_CWORD=$#
_belfry
printf '%s\n' "${COMPREPLY[@]}"
END
	    $file, @words);
	is($err, '', 'no complaint');
	return join ' ', sort split /\n/, $out;
}

my @where = ('--socket', $f->socket);
is(complete('st'), 'status', 'a command');
is(complete('r'), 'reload resume run', 'commands');
is(complete(@where, 'run', ''), '--node --param --wait backup clean', 'jobs');
is(complete(@where, 'logs', 'c'), 'clean', 'a job');
is(complete(@where, 'kill', ''), '01k3aaaaaaaaaaaa', 'runs that live');
is(complete('history', '-o', 'l'), 'launch-failed lost', 'outcomes');
is(complete('history', '-o', 'm'), 'missed', 'of slots that did not run, too');
is(complete('list', '--j'), '--json', 'an option behind the command');

# Every command and long option of the command itself, and no other.
my ($status, $help) = $f->command('belfry', '--help');
my @commands = $help =~ /^  ([a-z]+) /mg;
is(complete(''), join(' ', sort @commands), 'all commands');
for my $command (grep { !/^(next|check|crontab|import)$/ } @commands) {
	my ($code, $text) = $f->command('belfry', $command, '--help');
	my %options = map { $_ => 1 } $text =~ /^  .{0,4}(--[a-z-]+)/mg;
	is(complete($command, '--'), join(' ', sort keys %options),
	    "options of $command");
}

is(complete('import', '--o'), '--output', 'options of import');
is(complete('crontab', '--te'), '--test', 'options of crontab');

$f->finish;
done_testing;
