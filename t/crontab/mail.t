#!/usr/bin/perl
# Mail as cron sends it: what a job of a crontab prints goes to MAILTO, or to
# its user; nothing printed, no mail. It delays nobody, and a sendmail that
# fails or hangs harms nothing.
use strict;
use warnings;
use Belfry;
use Test::More;

my $d = Belfry->new(conf => <<'END');
[crontab]
files = crontab
sendmail = sendmail
END
my $dir = $d->dir;
my $me = getpwuid $>;
my $home = (getpwuid $>)[7];
chomp(my $host = `hostname`);
$host =~ s/\..*//;

# Keeps each mail as a file: its arguments, who sent it, and the mail.
$d->write('sendmail', <<"END");
#!/bin/sh
{ echo "args: \$*"; id -un; cat; } >$dir/mail.\$\$
mv $dir/mail.\$\$ $dir/mail/\$\$
END
chmod 0755, $d->path('sendmail');
mkdir $d->path('mail');

$d->write('crontab', <<"END");
FOO="a b"
# belfry: name=plain
\@yearly $me echo hello; echo error >&2; exit 3
# belfry: name=quiet
\@yearly $me true
# belfry: name=empty
\@yearly $me cat%
MAILTO=ops,root\@example.org
MAILFROM=cron\@example.org
CONTENT_TYPE="text/html"
CONTENT_TRANSFER_ENCODING=7bit
LOGNAME=somebody
SHELL=/bin/bash
# belfry: name=to
\@yearly $me echo to
# belfry: name=good
\@yearly $me -n echo good
# belfry: name=bad
\@yearly $me -n echo bad; false
MAILTO="ops -X/etc/passwd"
MAILFROM="x y"
# belfry: name=unsafe
\@yearly $me echo unsafe
MAILTO=""
# belfry: name=nobody
\@yearly $me echo nobody
MAILTO=root
# belfry: name=much output-limit=4K
\@yearly $me i=0; while test \$i -lt 2000; do echo line \$i; i=\$((i+1)); done
END
chmod 0644, $d->path('crontab');
$d->start;

sub mails { map { s/.*\///r } glob "$dir/mail/*" }

# Runs a job; the mail that it brings.
sub mail_of {
	my ($job) = @_;
	my $run = $d->finished($d->run("cron.crontab.$job"));
	$d->wait_for("a mail of $job", sub { mails() == 1 });
	my ($name) = mails();
	my $mail = $d->read("mail/$name");
	unlink $d->path("mail/$name");
	return $mail;
}

is(mail_of('plain'), <<"END", 'a mail');
args: -FCronDaemon -i -B8BITMIME -oem $me
$me
From: root (Cron Daemon)
To: $me
Subject: Cron <$me\@$host> echo hello; echo error >&2; exit 3
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
X-Cron-Env: <FOO=a b>
X-Cron-Env: <SHELL=/bin/sh>
X-Cron-Env: <HOME=$home>
X-Cron-Env: <PATH=/usr/bin:/bin>
X-Cron-Env: <LOGNAME=$me>

hello
error
END
is(mail_of('to'), <<"END", 'to others');
args: -FCronDaemon -i -B8BITMIME -oem ops,root\@example.org
$me
From: cron\@example.org
To: ops,root\@example.org
Subject: Cron <$me\@$host> echo to
MIME-Version: 1.0
Content-Type: text/html
Content-Transfer-Encoding: 7bit
X-Cron-Env: <FOO=a b>
X-Cron-Env: <MAILTO=ops,root\@example.org>
X-Cron-Env: <MAILFROM=cron\@example.org>
X-Cron-Env: <CONTENT_TYPE=text/html>
X-Cron-Env: <CONTENT_TRANSFER_ENCODING=7bit>
X-Cron-Env: <LOGNAME=$me>
X-Cron-Env: <SHELL=/bin/bash>
X-Cron-Env: <HOME=$home>
X-Cron-Env: <PATH=/usr/bin:/bin>

to
END
like(mail_of('bad'), qr/\n\nbad\n\z/, '-n: of a failure');
my $much = mail_of('much');
like($much, qr/\n\nline 0\nline 1\n/, 'much: the first lines');
like($much, qr/\nline 1999\n\z/, 'the last');
like($much, qr/\n\[(\d+) bytes of output are left out here\]\n/, 'and between');

# Those that bring none: their runs are over, and the mail of one after them
# is the only one that there is.
$d->finished($d->run("cron.crontab.$_"))
    for qw(quiet empty good unsafe nobody);
like(mail_of('plain'), qr/\n\nhello\n/, 'no mail of the others');
is(scalar mails(), 0, 'none at all');

# A sendmail that is slow, one that fails, and none.
$d->write('sendmail', "#!/bin/sh\ncat >$dir/slow; touch $dir/begun\n"
    . "while test ! -e $dir/go; do sleep 0.1; done\ntouch $dir/went\n");
is($d->finished($d->run('cron.crontab.plain'))->{outcome}, 'failure',
    'the run is over');
$d->wait_for('the slow one', sub { -e $d->path('begun') });
is($d->finished($d->run('cron.crontab.quiet'))->{outcome}, 'success',
    'others run meanwhile');
$d->write('go', '');
$d->wait_for('it to go on', sub { -e $d->path('went') });
$d->write('sendmail', "#!/bin/sh\nexit 75\n");
my $run = $d->run('cron.crontab.plain');
$d->wait_for('the failure to be told', sub {
	$d->log =~ /run $run: its output was not mailed: .* status 0x4b00/;
});
unlink $d->path('sendmail');
$run = $d->run('cron.crontab.plain');
$d->wait_for('that there is none', sub {
	$d->log =~ /run $run: there is no \S*\/sendmail, its output is not mailed/;
});
is($d->stop, 0, 'stopped');
$d->finish;
done_testing;
