#!/usr/bin/perl
# The mail of crontabs' jobs for a server that is not there, or takes it later:
# it waits over restarts, holds up no other, each receiver gets it once, and
# one that nobody ever takes is given up. Any server can take what is sent.
use strict;
use warnings;
use utf8;
use Belfry;
use Encode;
use MIME::Base64;
use Smtpd;
use Test::More;

my $smtp = Smtpd->new;
my $d = Belfry->new;
my $dir = $d->dir;
my $me = getpwuid $>;
chomp(my $host = `hostname`);

# Who sends mail is the daemon's user, whoever the job is.
my $owner = $> == 0 ? 'nobody' : $me;

sub conf {
	my ($port, @more) = @_;
	$d->conf(join "\n", $> == 0 ? "user = $owner" : (), '[crontab]', 'files = crontab', 'mail = ops',
	    '[notify ops]', 'type = mail', 'to = nobody@example.org',
	    'retry-delay = 100ms', "smtp = smtp://127.0.0.1:$port", @more, '');
}
$d->write('crontab', encode('UTF-8', <<"END"));
# belfry: name=plain
\@yearly $me echo hello
# belfry: name=chinese
\@yearly $me echo 备份完成，共一百个文件
# belfry: name=coded
CONTENT_TRANSFER_ENCODING=base64
\@yearly $me echo aGVsbG8=
CONTENT_TRANSFER_ENCODING=8bit
# belfry: name=long
\@yearly $me head -c 2000 /dev/zero | tr "\\\\0" x
MAILTO=ops\@example.org,root\@example.org
WHERE=Köln
# belfry: name=two
\@yearly $me echo Grüße aus dem Keller der Firma
END
chmod 0644, $d->path('crontab');

sub mails { map { { %$_, text => encode('UTF-8', $_->{text}) } } $smtp->mails }

sub to { my ($to) = @_; return grep { $_->{to}[0] eq $to } mails() }

sub notices {
	my ($state) = @_;
	return grep { $_->{state} eq $state }
	    @{ $d->json('notifications', '-r', 'mail ops') };
}

sub files { map { s/.*\///r } glob "$dir/state/mail/*" }

# Nobody listens: it waits, and is there after a restart.
conf(1);
$d->start;
my $run = $d->finished($d->run('cron.crontab.two'))->{id};
my $row = $d->wait_for('a try', sub {
	(grep { $_->{tries} > 1 } notices('waiting'))[0]
});
is($row->{event}, 'mail', 'is a notification');
is($row->{job}, 'cron.crontab.two', 'of its job');
is($row->{run}, $run, 'and run');
like($row->{error}, qr/connect/, 'that says what is wrong');
is_deeply([files()], [$run], 'the mail is kept');
is((stat "$dir/state/mail/$run")[2] & 07777, 0600, 'for nobody else to read');
is((stat _)[4], scalar getpwnam($owner), 'than the daemon');
is($d->stop, 0, 'stopped');

# One receiver is deferred, as by a grey list: the other has it, and so has
# whoever comes behind.
$smtp->be('defer ops@example.org');
conf($smtp->port);
$d->start;
$d->wait_for('one receiver', sub { to('root@example.org') });
$d->wait_for('its answer', sub { (notices('waiting'))[0]{error} =~ /451/ });
$d->finished($d->run('cron.crontab.plain'));
$d->wait_for('another mail', sub { to($me) });
is(scalar to('ops@example.org'), 0, 'the other waits');
$smtp->be('ok');
$d->wait_for('the other', sub { to('ops@example.org') });
$d->wait_for('the end', sub { !notices('waiting') });
is(scalar mails(), 3, 'nobody has it twice');
is_deeply([files()], [], 'and nothing is left');
my ($first, $later) = (to('root@example.org'), to('ops@example.org'));
is($later->{text}, $first->{text}, 'both have the same');

# What any server takes.
is($first->{from}, "root\@$host", 'the sender');
like($first->{text}, qr/^From: root\@\Q$host\E \(Cron Daemon\)\r$/m, 'in the head');
like($first->{text}, qr/^To: ops\@example\.org,root\@example\.org\r$/m, 'To');
like($first->{text}, qr/^Date: .*\r\nMessage-ID: <$run\.cron\@/m, 'Message-ID');
unlike($first->{text}, qr/[^\0-\x7f]|Belfry-Left/, 'ASCII');
my ($subject) = $first->{text} =~ /^Subject: ((?:.*\r\n )*.*)\r$/m;
is(decode('MIME-Header', $subject) =~ s/.*> //r, 'echo Grüße aus dem Keller der Firma', 'the subject');
like($first->{text}, qr/^X-Cron-Env: =\?UTF-8\?B\?/m, 'the environment');
like($first->{text}, qr/^Content-Transfer-Encoding: quoted-printable\r\n(?:.+\r\n)*\r\nGr=C3=BC=C3=9Fe aus dem Keller der Firma\r\n\z/m,
    'the output, encoded');

sub mail_of {
	my ($job) = @_;
	my $n = mails();
	$d->finished($d->run("cron.crontab.$job"));
	return $d->wait_for($job, sub { mails() > $n and (mails())[-1]{text} });
}
my ($head, $body) = split /\r\n\r\n/, mail_of('chinese'), 2;
like($head, qr/^Content-Transfer-Encoding: base64\r?$/m, 'mostly no ASCII');
is(decode('UTF-8', decode_base64($body)), "备份完成，共一百个文件\n", 'is there');
($head, $body) = split /\r\n\r\n/, mail_of('coded'), 2;
like($head, qr/^Content-Transfer-Encoding: base64\r?$/m, 'encoded by the job');
is($body, "aGVsbG8=\r\n", 'stays as it is');
($head, $body) = split /\r\n\r\n/, mail_of('long'), 2;
ok($body =~ s/=\r\n//gr eq 'x' x 2000 . "\r\n", 'a long line is divided');
cmp_ok((sort { $b <=> $a } map { length } split /\r\n/, $body)[0], '<=', 76,
    'into short ones');

# Nobody takes it, for all the time there is.
$smtp->be('refuse');
conf($smtp->port, 'retry-for = 1s');
is(($d->belfry('reload'))[0], 0, 'reload');
$d->finished($d->run('cron.crontab.plain'));
$d->wait_for('it to be given up', sub { notices('failed') });
like($d->log, qr/notify mail ops: cron\.crontab\.plain mail is given up after/,
    'the log says so');
is_deeply([files()], [], 'and the mail is gone');
is($d->stop, 0, 'stopped');
$d->finish;
done_testing;
