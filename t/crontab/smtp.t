#!/usr/bin/perl
# The mail of crontabs' jobs by SMTP, as a receiver of belfry.conf has it.
use strict;
use warnings;
use Belfry;
use Smtpd;
use Test::More;
use Tls;

my $tls = Tls->new;
$tls->make('good', 'DNS:localhost');
my $password = 'hush-hush';
my $smtp = Smtpd->new(user => 'me', password => $password,
    cert => $tls->path('good.pem'), key => $tls->path('good.key'));
my $d = Belfry->new;
my $dir = $d->dir;
my $me = getpwuid $>;
$d->write('password', "$password\n");
chmod 0600, $d->path('password');
$d->conf("[crontab]\nfiles = crontab\nmail = ops\n[notify ops]\ntype = mail\n"
    . "to = nobody\@example.org\nfrom = belfry\@example.org\nuser = me\n"
    . "password-file = $dir/password\nca-file = " . $tls->path('ca.pem')
    . "\nsmtp = smtp://localhost:" . $smtp->port . "\n");
$d->write('crontab', <<"END");
# belfry: name=plain
\@yearly $me echo hello; echo .; echo end
# belfry: name=quiet
\@yearly $me true
MAILTO=ops\@example.org,root\@example.org
MAILFROM=cron\@example.org
# belfry: name=to
\@yearly $me echo to
MAILTO=""
# belfry: name=nobody
\@yearly $me echo nobody
END
chmod 0644, $d->path('crontab');
$d->start;

sub mail_of {
	my ($job, $each) = @_;
	my $n = ($each // 1) - 1 + (() = $smtp->mails);
	$d->finished($d->run("cron.crontab.$job"));
	return $d->wait_for("a mail of $job", sub {
		my @mails = $smtp->mails;
		return @mails > $n ? $mails[-1] : undef;
	});
}

my $mail = mail_of('plain');
is_deeply([@$mail{qw(from tls user)}, @{ $mail->{to} }],
    ['belfry@example.org', 1, 'me', $me], 'to the user, over TLS');
like($mail->{text}, qr/^Subject: Cron <\Q$me\E@\S+> echo hello; echo \.; echo end\r$/m,
    'the subject of cron');
like($mail->{text}, qr/^Date: .*\r\nMessage-ID: <.*>\r\n/, 'Date, Message-ID');
like($mail->{text}, qr/\r\n\r\nhello\r\n\.\r\nend\r\n\z/, 'the output');
$d->finished($d->run("cron.crontab.$_")) for qw(quiet nobody);
$mail = mail_of('to', 2);
is_deeply([map { $_->{from}, @{ $_->{to} } } ($smtp->mails)[-2, -1]],
    [map { "$_\@example.org" } qw(cron ops cron root)],
    'MAILTO, each by itself, and MAILFROM');
like($mail->{text}, qr/^To: ops\@example\.org,root\@example\.org\r$/m, 'To');
like($mail->{text}, qr/^From: cron\@example\.org\r$/m, 'From');
is(scalar(my @all = $smtp->mails), 3, 'no mail of the others');
$smtp->be('refuse');
$d->run('cron.crontab.to');
$d->wait_for('the refusal', sub {
	$d->log =~ /notify mail ops: cannot send 1 mail, tried again in .*550/;
});
unlike($d->log, qr/\Q$password\E/, 'no password in the log');
$d->write('bad.conf', "[crontab]\nmail = nobody\n");
my $said = qx($ENV{BELFRY_BUILD}/master/cli/belfry -c $dir/bad.conf check 2>&1);
like($said, qr/bad\.conf:2: error: mail: there is no \[notify "nobody"\] of type mail/,
    'a receiver that is not there');
is($d->stop, 0, 'stopped');
$d->finish;
done_testing;
