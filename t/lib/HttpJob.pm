# http jobs for tests of belfry-worker-lib: runs one, looks at its end.
package HttpJob;

use strict;
use warnings;
use Drive;
use Exporter 'import';
use Test::More;

our @EXPORT = qw(ends request spec);
my $d;

# The launcher that all of these use.
sub drive {
	$d = Drive->new(worker => "$Drive::BUILD/worker/belfry-worker-lib", @_);
	return $d;
}

# A run as the master describes it: settings of the job, where a list gives a
# key many times, and what is not http's. As drive_spec.c has it.
sub spec {
	my ($http, %set) = @_;
	my %run;
	for (grep { !/^http/ } keys %set) {
		$run{$_} = delete $set{$_};
	}
	my %all = ('http-expect-status' => '2xx', 'http-follow' => 0,
	    'http-connect-timeout' => '20s', 'http-read-timeout' => '20s',
	    %set);
	my @lines;
	for my $key (sort keys %all) {
		my $value = $all{$key};
		push @lines, "$key=$_" for ref $value ? @$value : $value;
	}
	return (%run, kind => 1, setting => ["http=$http", @lines]);
}

# Runs it: (the event of its end, its output).
sub request {
	my $run = $d->launch(spec(@_));
	my $done = $d->wait_for('done', $run);
	$d->wait_for('eof', $run);
	return ($done, scalar $d->output($run));
}

sub ends {
	my ($name, $args, $outcome, $code, $reason, $output) = @_;
	my ($done, $text) = request(@$args);
	is("$done->{outcome} $done->{exit_code}", "$outcome $code", $name);
	like($done->{reason}, $reason, "$name: reason");
	like($text, $output, "$name: output") if $output;
	return $done;
}

1;
