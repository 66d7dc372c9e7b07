# A private PostgreSQL for a test: in a temporary directory, on a socket of its
# own, stopped with the test. As root it runs as postgres or nobody, since it
# refuses to be root.
#
#   my $pg = Postgres->new or plan skip_all => 'no PostgreSQL';
#   $pg->conninfo; $pg->query('SELECT 1'); $pg->crash; $pg->start;
package Postgres;

use strict;
use warnings;
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More ();

our $PATIENCE = 60;

# The newest installed.
sub bindir {
	my @found = sort { ($b =~ /(\d+)/)[0] <=> ($a =~ /(\d+)/)[0] }
	    glob '/usr/lib/postgresql/*/bin';
	return $found[0];
}

sub new {
	my ($class, %arg) = @_;
	my $bin = bindir() or return undef;
	my $self = bless {
		bin => $bin,
		dir => tempdir('postgres.XXXXXX', TMPDIR => 1),
		owner => $$,
	}, $class;
	chmod 0755, $self->{dir};
	if ($> == 0) {
		for my $name (qw(postgres nobody)) {
			my ($uid, $gid) = (getpwnam $name)[2, 3] or next;
			@$self{qw(uid gid)} = ($uid, $gid);
			last;
		}
		chown @$self{qw(uid gid)}, $self->{dir};
	}
	$self->must("$bin/initdb", '-D', "$self->{dir}/data", '-A', 'trust',
	    '-U', 'belfry', '-E', 'UTF8', '--locale=C', '--no-sync');
	open(my $conf, '>>', "$self->{dir}/data/postgresql.conf")
	    or die "postgresql.conf: $!";
	print $conf "listen_addresses = ''\n",
	    "unix_socket_directories = '$self->{dir}'\n",
	    "log_min_messages = warning\n",
	    $arg{durable} ? '' : "fsync = off\nfull_page_writes = off\n";
	close $conf;
	$self->start;
	return $self;
}

sub dir { $_[0]{dir} }

# Runs a program as the server's user; its output goes to a file.
sub must {
	my ($self, @command) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', "$self->{dir}/log");
		open(STDERR, '>&', \*STDOUT);
		if (defined $self->{uid}) {
			$) = "$self->{gid} $self->{gid}";
			$( = $self->{gid};
			($<, $>) = ($self->{uid}, $self->{uid});
		}
		chdir $self->{dir};
		exec @command or POSIX::_exit(127);
	}
	waitpid($pid, 0);
	my $status = $?;
	die "@command: status $status\n" . $self->log if $status != 0;
}

sub log {
	my ($self) = @_;
	open(my $in, '<', "$self->{dir}/log") or return '';
	local $/;
	return <$in> // '';
}

sub start {
	my ($self) = @_;
	$self->must("$self->{bin}/pg_ctl", '-D', "$self->{dir}/data", '-l',
	    "$self->{dir}/server.log", '-s', '-w', '-t', $PATIENCE, 'start');
	$self->{running} = 1;
}

# fast: sessions end; immediate: as if it had crashed.
sub stop {
	my ($self, $mode) = @_;
	return unless $self->{running};
	$self->{running} = 0;
	$self->must("$self->{bin}/pg_ctl", '-D', "$self->{dir}/data", '-s',
	    '-w', '-t', $PATIENCE, '-m', $mode // 'fast', 'stop');
}

sub crash { $_[0]->stop('immediate') }

# A database of its own for each who asks.
sub create {
	my ($self, $name) = @_;
	$self->query("CREATE DATABASE $name");
	return $self->conninfo($name);
}

sub conninfo {
	my ($self, $name) = @_;
	return "host=$self->{dir} user=belfry dbname=" . ($name // 'postgres');
}

# Rows of a query, each an array; dies when it fails.
sub rows {
	my ($self, $text, $name) = @_;
	my $pid = open(my $out, '-|') // die "fork: $!";
	if ($pid == 0) {
		open(STDERR, '>&', \*STDOUT);
		exec "$self->{bin}/psql", '-X', '-A', '-t', '-F', "\t", '-v',
		    'ON_ERROR_STOP=1', '-d', $self->conninfo($name), '-c',
		    $text or POSIX::_exit(127);
	}
	my @lines = <$out>;
	close $out;
	die "$text: @lines" if $?;
	chomp @lines;
	return map { [split /\t/, $_, -1] } @lines;
}

# The first column of the first row.
sub query {
	my ($self, $text, $name) = @_;
	my ($row) = $self->rows($text, $name);
	return defined $row ? $row->[0] : undef;
}

# Runs unit tests of the recorder, which are written for SQLite, on this
# server: a database for each.
sub unit {
	my ($self, @names) = @_;
	for my $name (@names) {
		local $ENV{BELFRY_TEST_CONNINFO} = $self->create("t_$name");
		my $out = `$Belfry::BUILD/t/unit/recorder/t-recorder-$name 2>&1`;
		Test::More::is($?, 0, $name) or Test::More::diag($out);
		Test::More::is($self->query('SELECT count(*) FROM '
			    . "pg_namespace WHERE nspname = 'belfry'", "t_$name"),
		    1, 'it was this server');
	}
}

# A connection that stays: $session->do('BEGIN'); it dies when that fails.
sub session { Postgres::Session->new($_[0]) }

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$;
	local ($@, $?);
	eval { $self->crash };
	remove_tree($self->{dir});
}

package Postgres::Session;

use IPC::Open2;

sub new {
	my ($class, $pg) = @_;
	my $self = bless {}, $class;
	$self->{pid} = open2($self->{out}, $self->{in}, "$pg->{bin}/psql",
	    '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d',
	    $pg->conninfo);
	return $self;
}

sub send {
	my ($self, $text) = @_;
	print { $self->{in} } "$text;\n";
	$self->{in}->flush;
}

sub do {
	my ($self, $text) = @_;
	$self->send($text);
	$self->send('\\echo done');
	while (my $line = readline $self->{out}) {
		return if $line =~ /^done/;
	}
	die "$text: psql ended\n";
}

# Waits for all that was sent.
sub finish {
	my ($self) = @_;
	close $self->{in};
	my @rest = readline $self->{out};
	waitpid($self->{pid}, 0);
	die "psql: status $?: @rest\n" if $?;
}

1;
