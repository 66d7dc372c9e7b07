# Certificates of a test's own, and TLS servers that have them.
package Tls;

use strict;
use warnings;
use File::Temp qw(tempdir);
use POSIX ();

# A directory with ca.pem and what it signed: see make().
sub new {
	my ($class) = @_;
	my $self = bless {
		dir => tempdir('belfry-tls.XXXXXX', TMPDIR => 1, CLEANUP => 1),
		owner => $$,
		servers => [],
	}, $class;
	$self->authority('ca');
	return $self;
}

sub path { "$_[0]{dir}/$_[1]" }

sub openssl {
	my ($self, @args) = @_;
	system("cd '$self->{dir}' && openssl @args >>log 2>&1") == 0
	    or die "openssl @args: see $self->{dir}/log";
}

# Somebody who signs: NAME.pem, NAME.key.
sub authority {
	my ($self, $name) = @_;
	$self->openssl('req -x509 -newkey ec -pkeyopt',
	    "ec_paramgen_curve:prime256v1 -nodes -subj '/CN=$name' -days 30",
	    "-keyout $name.key -out $name.pem");
}

# A certificate for a host, signed by ca: NAME.pem, NAME.key and both in
# NAME.both; from and until are days from now.
sub make {
	my ($self, $name, $host, $from, $until) = @_;
	my ($begin, $end) = map {
		POSIX::strftime('%Y%m%d%H%M%SZ', gmtime(time + $_ * 86400))
	} $from // -1, $until // 30;
	open(my $out, '>', $self->path('conf')) or die "conf: $!";
	print $out <<"END";
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
unique_subject = no
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = $host
END
	close $out;
	open($out, '>>', $self->path('index')) or die "index: $!";
	close $out;
	$self->openssl('req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1',
	    "-nodes -subj '/CN=$name' -keyout $name.key -out $name.csr");
	$self->openssl("ca -batch -config conf -rand_serial -cert ca.pem",
	    "-keyfile ca.key -startdate $begin -enddate $end -notext",
	    "-in $name.csr -out $name.pem");
	$self->openssl("pkey -in $name.key -out $name.both");
	system("cat '" . $self->path("$name.pem") . "' >>'"
	    . $self->path("$name.both") . "'");
}

# sha256//... of a certificate's public key.
sub pin {
	my ($self, $name) = @_;
	my $hash = `openssl x509 -in '@{[$self->path("$name.pem")]}' -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | openssl enc -base64`;
	chomp $hash;
	return "sha256//$hash";
}

# A server that answers any GET with 200; its port.
sub serve {
	my ($self, $name, @options) = @_;
	my $pid = open(my $out, '-|') // die "fork: $!";
	if ($pid == 0) {
		setpgrp(0, 0);
		open(STDIN, '<', '/dev/null');
		open(STDERR, '>>', $self->path('log'));
		chdir $self->{dir};
		exec 'openssl', 's_server', '-accept', '127.0.0.1:0', '-www',
		    '-cert', "$name.pem", '-key', "$name.key", @options
		    or POSIX::_exit(127);
	}
	push @{ $self->{servers} }, [$pid, $out];
	while (defined(my $line = <$out>)) {
		return $1 if $line =~ /^ACCEPT .*:(\d+)/;
	}
	die "openssl s_server did not start\n";
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($?, $!);
	for (@{ $self->{servers} }) {
		kill 'KILL', $_->[0];
		waitpid $_->[0], 0;
	}
}

1;
