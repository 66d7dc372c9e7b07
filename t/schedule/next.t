#!/usr/bin/perl
# belfry next, as a person and a script see it.
#
# Asks the belfry that was built.
use strict;
use warnings;
use File::Temp qw(tempdir);

my $program = ($ENV{BELFRY_BUILD} // q(build)) . q(/master/cli/belfry);
my $dir = tempdir(CLEANUP => 1);
my $count = 0;

sub slurp {
	open(my $fh, '<', shift) or die $!;
	local $/;
	return <$fh> // '';
}

# Returns status, standard output, standard error.
sub next_cmd {
	my (@args) = @_;
	my $pid = fork() // die $!;

	if ($pid == 0) {
		open(STDOUT, '>', "$dir/out") or die $!;
		open(STDERR, '>', "$dir/err") or die $!;
		exec($program, 'next', @args) or die $!;
	}
	waitpid($pid, 0);
	return ($? >> 8, slurp("$dir/out"), slurp("$dir/err"));
}

sub is {
	my ($got, $want, $name) = @_;

	$count++;
	print $got eq $want ? '' : 'not ', "ok $count - $name\n";
	return if $got eq $want;
	print map { "#  got: $_\n" } split /\n/, $got;
	print map { "# want: $_\n" } split /\n/, $want;
}

sub good {
	my ($name, $want, @args) = @_;
	my ($status, $out, $err) = next_cmd(@args);

	is("$status\n$out$err", "0\n$want", $name);
}

sub bad {
	my ($name, $want, @args) = @_;
	my ($status, $out, $err) = next_cmd(@args);

	is($status, 2, "$name: status");
	is($out, '', "$name: nothing on standard output");
	is(substr($err, 0, length($want)), $want, "$name: the error");
}

my @from = ('--from', '2026-03-07T12:00:00Z');

good('five by default', <<'END', @from, '--tz', 'America/New_York', '30 2 * * *');
2026-03-08T03:00:00-04:00
2026-03-09T02:30:00-04:00
2026-03-10T02:30:00-04:00
2026-03-11T02:30:00-04:00
2026-03-12T02:30:00-04:00
END
good('strictly later', <<'END', '-n1', '--tz=UTC', '--from=2026-03-07T12:00:00Z', '0 12 * * *');
2026-03-08T12:00:00Z
END
good('a fraction is later than its second', <<'END', '-n', 1, '--tz', 'UTC', '--from', '2026-03-07T11:59:59.9Z', '* * * * * *');
2026-03-07T12:00:00Z
END
good('the prefix wins', <<'END', '-n', 1, '--tz', 'UTC', @from, 'CRON_TZ=Asia/Tokyo 0 9 * * *');
2026-03-08T09:00:00+09:00
END
good('fewer than asked for', <<'END', '--tz', 'UTC', @from, '0 0 0 1 1 * 2027,2028');
2027-01-01T00:00:00Z
2028-01-01T00:00:00Z
END
good('never', "never\n", '--tz', 'UTC', @from, '0 0 30 2 *');
good('reboot', "never\n", '--tz', 'UTC', @from, '@reboot');
good('manual', "never\n", '--tz', 'UTC', @from, '@manual');
good('every', <<'END', '-n', 2, '--tz', 'UTC', '--from', '2026-03-07T12:00:00.5Z', '@every 90s');
2026-03-07T12:01:30Z
2026-03-07T12:03:00Z
END
good('after', <<'END', '-n', 2, '--tz', 'UTC', @from, '@after 1d');
2026-03-08T12:00:00Z
2026-03-09T12:00:00Z
END
good('quartz', <<'END', '-n', 1, '--tz', 'UTC', '--dialect', 'quartz', @from, '0 0 9 ? * 2');
2026-03-09T09:00:00Z
END
good('a job is hashed', <<'END', '-n', 1, '--tz', 'UTC', '--job', 'backup', @from, 'H H * * *');
2026-03-07T13:06:00Z
END
good('options behind --', <<'END', '-n', 1, '--tz', 'UTC', @from, '--', '0 12 * * *');
2026-03-08T12:00:00Z
END
good('from a day of the zone', <<'END', '-n', 1, '--tz', 'Asia/Tokyo', '--from', '2026-03-10', '30 0 * * *');
2026-03-10T00:30:00+09:00
END
good('from a time of the zone', <<'END', '-n', 1, '--from', '2026-03-10 07:00', '--tz', 'Asia/Tokyo', '30 * * * *');
2026-03-10T07:30:00+09:00
END
good('json', <<'END', '--json', '-n', 2, '--tz', 'Asia/Kathmandu', @from, "0\t9 * * *");
{"expression":"0\t9 * * *","zone":"Asia/Kathmandu","next":["2026-03-08T09:00:00+05:45","2026-03-09T09:00:00+05:45"]}
END
good('json, never', <<'END', '--json', '--tz', 'UTC', @from, '0 0 30 2 *');
{"expression":"0 0 30 2 *","zone":"UTC","next":[]}
END
bad('bad minute', <<'END', '0 60 * * * *');
belfry next: column 3: minute 60 is out of range; write 0-59
  0 60 * * * *
    ^
END
bad('quotes', <<'END', '"0 0 * * *"');
belfry next: column 1: a schedule is written without quotes
  "0 0 * * *"
  ^
END
bad('a unit', <<'END', '@every 5min');
belfry next: column 9: unknown unit "min"; did you mean m?
  @every 5min
          ^
END
bad('bad zone of the prefix', <<'END', 'TZ=Nowhere 0 0 * * *');
belfry next: column 4: unknown time zone "Nowhere"; write a name of tzdata such as Europe/Berlin or UTC
  TZ=Nowhere 0 0 * * *
     ^
END
bad('bad zone', 'belfry next: unknown time zone "Nowhere"', '--tz', 'Nowhere', '0 0 * * *');
bad('no expression', 'belfry next: an expression is missing');
bad('unquoted', 'belfry next: more than one expression; put it in quotes', '0', '0', '1', '1', '1');
bad('bad count', 'belfry next: -n: expected a number from 1 on', '-n', 'x', '* * * * *');
bad('count of nothing', 'belfry next: -n: expected a number from 1 on', '-n', '0', '* * * * *');
bad('bad from', 'belfry next: --from: day 30; 2026-02 has days 01-28', '--from', '2026-02-30', '* * * * *');
bad('bad dialect', 'belfry next: --dialect: write cron or quartz', '--dialect', 'vixie', '* * * * *');
bad('bad option', 'belfry next: --wat: unknown option', '--wat', '* * * * *');
bad('sign', 'belfry next: -5: unknown option; write -- before an expression that begins with -', '-n', '2', '-5 * * * *');
bad('missing count', 'belfry next: -n: an option needs a value', '* * * * *', '-n');
bad('missing value', 'belfry next: --tz: an option needs a value', '* * * * *', '--tz');

my $full = -e '/dev/full' ? system("$program next '* * * * *' >/dev/full 2>$dir/err") >> 8 : 1;
is($full, 1, 'standard output is full');
print "1..$count\n";
