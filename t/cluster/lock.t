# belfry lock: a command under a mutex, with one Redis and with three.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use IPC::Open3;
use Symbol qw(gensym);
use Test::More;
use Redis;
use Talk;

my $build = abs_path($ENV{BELFRY_BUILD} // 'build');
my $belfry = "$build/master/cli/belfry";
my $dir = tempdir('belfry.XXXXXX', TMPDIR => 1, CLEANUP => 1);

sub conf {
	my ($name, $text) = @_;
	open(my $out, '>', "$dir/$name") or die $!;
	print $out $text;
	close $out;
	return "$dir/$name";
}

sub lock_args {
	my ($conf, @args) = @_;
	return ($belfry, '-c', $conf, 'lock', @args);
}

# Status, output, errors.
sub locked {
	my $pid = open3(my $in, my $out, my $err = gensym, lock_args(@_));
	close $in;
	my $said = do { local $/; <$out> } // '';
	my $errors = do { local $/; <$err> } // '';
	waitpid $pid, 0;
	return ($? >> 8, $said, $errors);
}

for my $n (1, 3) {
	my @redis = map { Redis->new } 1 .. $n;
	my $conf = conf("$n.conf", "[cluster]\nname = test\nredis = "
	    . join(', ', map { $_->url } @redis) . "\n");

	my ($status, $out, $err) = locked($conf, 'm', '--', 'sh', '-c',
	    'echo $BELFRY_FENCE; exit 3');
	is($status, 3, "$n: the command's status");
	like($out, qr/^\d{16}$/, "$n: the fence");
	is($err, '', "$n: no complaint");
	my $fence = $out + 0;
	(undef, $out) = locked($conf, 'm', '--', 'sh', '-c', 'echo $BELFRY_FENCE');
	cmp_ok($out, '>', $fence, "$n: it grows");
	($status) = locked($conf, 'm', '--', 'sh', '-c', 'kill -9 $$');
	is($status, 137, "$n: a signal");
	($status, undef, $err) = locked($conf, 'm', '--', "$dir/nothing");
	is($status, 127, "$n: no such program");
	like($err, qr/cannot execute .*nothing: No such file/, "$n: in words");

	# One at a time.
	my $holder = Talk->new(lock_args($conf, 'm', '--', 'sh', '-c',
	    'echo in; read line; echo out'));
	is($holder->line, 'in', "$n: runs");
	($status, $out, $err) = locked($conf, 'm', '--', 'echo', 'never');
	is("$status $out$err", "75 belfry: mutex m is taken\n", "$n: taken");
	($status) = locked($conf, 'other', '--', 'true');
	is($status, 0, "$n: another name is free");
	my $waiter = Talk->new(lock_args($conf, '--wait', '60s', 'm', '--',
	    'echo', 'in turn'));
	is($holder->ask('go'), 'out', "$n: ends");
	is($waiter->line, 'in turn', "$n: had waited");
	is($_->finish, 0, "$n: good") for $holder, $waiter;

	# A signal is passed on.
	$holder = Talk->new(lock_args($conf, 'm', '--', 'sh', '-c',
	    'trap "echo told; exit 5" TERM; echo in; while :; do sleep 0.1; done'));
	is($holder->line, 'in', "$n: runs");
	kill 'TERM', $holder->pid;
	is($holder->line, 'told', "$n: the command is told");
	is($holder->finish >> 8, 5, "$n: and its status counts");

	# Lost: forgotten, and no server left.
	for my $how ('forgotten', 'down') {
		$holder = Talk->new(lock_args($conf, '--ttl', '1s', 'm', '--', 'sh',
		    '-c', 'trap "echo told; exit 5" TERM; echo in;
		    while :; do sleep 0.1; done'));
		is($holder->line, 'in', "$n: runs");
		$how eq 'down' ? $_->kill : $_->call('FLUSHALL') for @redis;
		is($holder->line, 'told', "$n: $how: the command is told");
		is($holder->finish >> 8, 74, "$n: $how: lost");
	}
	($status, $out, $err) = locked($conf, 'm', '--', 'echo', 'never');
	is("$status $out", '69 ', "$n: no Redis");
	like($err, qr/^belfry: no majority of the Redis servers answers: redis:/,
	    "$n: in words");
}

# A password in a file.
my $redis = Redis->new(password => 'secret');
my $file = conf('password', "secret\n");
chmod 0600, $file;
my $conf = conf('password.conf', "[cluster]\nname = test\nredis = "
    . $redis->url . "\npassword-file = $file\n");
is((locked($conf, 'm', '--', 'true'))[0], 0, 'a password');

# What is wrong.
for my $case (
    [[$conf, 'm'], qr/COMMAND/],
    [[$conf, 'a b', '--', 'true'], qr/name of a mutex is 1 to 128 letters/],
    [[$conf, '--ttl', '5', 'm', '--', 'true'], qr/--ttl: .*unit/],
    [[$conf, '--ttl', '5ms', 'm', '--', 'true'], qr/--ttl: at least 1s/],
    [[conf('no.conf', "[master]\n"), 'm', '--', 'true'],
	qr/no\.conf has no section \[cluster\]/],
) {
	my ($status, $out, $err) = locked(@{ $case->[0] });
	is($status, 2, 'wrong');
	like($err, $case->[1], 'in words');
}
done_testing();
