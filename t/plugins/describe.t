#!/usr/bin/perl
# A plugin is asked what it is in a process that may come to harm.
use strict;
use warnings;
use PluginJob;
use Test::More;

my ($good, $rest) = describe('gentle');
is($good, 1, 'a description');
like($rest, qr/\bgentle\0.*says what it is given\0.*\@every 1d\0.*max-count/s,
    'name, help, schedule, parameters');

sub refused {
	my ($name, $why, $path) = @_;
	my ($known, $text) = describe($name, $path);
	is($known, 0, "$name cannot be used");
	like($text, $why, "$name: why");
}

refused('load-crash', qr/it crashes when it is loaded \(signal SEGV\)/);
refused('load-exit', qr/it ends the process when it is loaded/);
refused('load-hang', qr/it hangs when it is loaded/);
refused('load-chatter', qr/its description is malformed/);
refused('load-flood', qr/its description is malformed/);
refused('other-abi', qr/is for ABI 4711, and this belfry has 1; compile it/);
refused('other-name', qr/says that its name is nobody/);
refused('no-plugin', qr/does not define belfry_plugin/);
refused('bad-fallback',
    qr/parameter number: its fallback is wrong: write a number from 1 to 9/);
refused('gentle', qr/cannot load it: .*No such file/, '/nowhere/gentle.so');
refused('gentle', qr/cannot load it: /, '/etc/passwd');
done_testing;
