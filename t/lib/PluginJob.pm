# Plugins in a launcher of their own, for tests of belfry-worker-lib: runs one,
# looks at its end.
package PluginJob;

use strict;
use warnings;
use Drive;
use Exporter 'import';
use Test::More;

our @EXPORT = qw(drive plugin ends describe);
our $WORKER = "$Drive::BUILD/worker/belfry-worker-lib";
my $d;

sub drive { $d //= Drive->new(worker => $WORKER, @_) }

sub path { "$Drive::BUILD/t/plugins/$_[0].so" }

# A run as the master describes it: parameters, and in {} what is not theirs.
sub plugin {
	my ($name, $params, $more) = @_;
	return (%{ $more // {} }, kind => 3, setting => ["plugin=$name",
	    'plugin-path=' . path($name),
	    map { "$_=$params->{$_}" } sort keys %$params]);
}

# Runs it and checks its end: "OUTCOME CODE", a pattern of the reason.
sub ends {
	my ($name, $run, $end, $reason, $output) = @_;
	my $id = drive()->launch(plugin(@$run));
	my $done = drive()->wait_for('done', $id);
	drive()->wait_for('eof', $id);
	my $text = drive()->output($id);
	is("$done->{outcome} $done->{exit_code}", $end, $name);
	like($done->{reason}, $reason, "$name: reason");
	like($text, $output, "$name: output") if $output;
	return $done;
}

# What the program says of a plugin: (1 or 0, the rest).
sub describe {
	my ($name, $path) = @_;
	open(my $in, '-|', $WORKER, 'describe', $name, $path // path($name))
	    or die "describe: $!";
	local $/;
	my $bytes = <$in> // '';
	close $in;
	return unpack('C a*', $bytes);
}

1;
