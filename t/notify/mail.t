#!/usr/bin/perl
# Mail: by SMTP with STARTTLS and a password, with TLS from the beginning, in
# the clear, and by the local sendmail; over a server that defers, hangs, or is
# not the one that its certificate says. Nothing shows a password.
use strict;
use warnings;
use Belfry;
use Encode;
use JSON::PP;
use MIME::Base64;
use Smtpd;
use Test::More;
use Tls;

my $password = 'hush-hush';
my $tls = Tls->new;
$tls->make('good', 'DNS:localhost');
$tls->make('other', 'DNS:other.example.org');
my %auth = (user => 'me', password => $password);
my $starttls = Smtpd->new(%auth, cert => $tls->path('good.pem'),
    key => $tls->path('good.key'));
my $smtps = Smtpd->new(%auth, implicit => 1, cert => $tls->path('good.pem'),
    key => $tls->path('good.key'));
my $wrong = Smtpd->new(%auth, cert => $tls->path('other.pem'),
    key => $tls->path('other.key'));
my $plain = Smtpd->new;
my $auth_plain = Smtpd->new(%auth);
my $slow = Smtpd->new;
$slow->be('hang');

my $d = Belfry->new;
my $dir = $d->dir;
$d->write('password', "$password\n");
chmod 0600, $d->path('password');
$d->write('sendmail', <<"END");
#!/bin/sh
echo "\$@" >$dir/sendmail.args
cat >$dir/sendmail.new
mv $dir/sendmail.new $dir/sendmail.mail
END
chmod 0755, $d->path('sendmail');

sub mail {
	my ($name, $to, @more) = @_;
	return join("\n", "[notify $name]", 'type = mail', "to = $to",
	    'retry-delay = 100ms', @more) . "\n";
}
my @login = ('user = me', "password-file = $dir/password",
    'ca-file = ' . $tls->path('ca.pem'));
$d->conf(mail('starttls', 'ann@example.org, bob@example.org',
	'from = belfry@example.org', @login,
	'smtp = smtp://localhost:' . $starttls->port)
    . mail('smtps', 'ann@example.org', @login,
	'smtp = smtps://localhost:' . $smtps->port)
    . mail('wrong', 'ann@example.org', @login,
	'smtp = smtp://localhost:' . $wrong->port)
    . mail('clear', 'ann@example.org', @login,
	'smtp = smtp://localhost:' . $auth_plain->port)
    . mail('plain', 'ann@example.org',
	'smtp = smtp://localhost:' . $plain->port,
	'subject = {job}: {output_tail}', 'body = {output_tail}\n.\nend')
    . mail('local', 'root ann@example.org', 'from = belfry@example.org',
	"sendmail = $dir/sendmail")
    . mail('slow', 'ann@example.org', 'timeout = 300s',
	'smtp = smtp://localhost:' . $slow->port));
$d->job('a.ini', <<"END");
[job a]
command = echo "Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln"; false
notify = slow starttls smtps wrong clear plain local
END
$d->start;

sub notices {
	my ($receiver) = @_;
	return @{ $d->json('notifications', '-r', $receiver) };
}

sub mails {
	my ($server, $n) = @_;
	return $d->wait_for("$n mails", sub {
		my @mails = $server->mails;
		return @mails >= $n ? \@mails : undef;
	});
}

$plain->be('defer');
$d->finished($d->run('a'));
my ($mail) = @{ mails($starttls, 1) };
is_deeply([@$mail{qw(from tls user)}, @{ $mail->{to} }],
    ['belfry@example.org', 1, 'me', 'ann@example.org', 'bob@example.org'],
    'STARTTLS, a password and two receivers');
like($mail->{text}, qr/^To: ann\@example\.org, bob\@example\.org\r$/m, 'To');
like($mail->{text}, qr/^Subject: a failed on \S+: exited with code 1\r$/m,
    'Subject');
like($mail->{text}, qr/^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000\r$/m,
    'Date');
like($mail->{text}, qr/^Message-ID: <\S+\@\S+>\r$/m, 'Message-ID');
like($mail->{text}, qr/^Content-Transfer-Encoding: quoted-printable\r$/m,
    'what is no ASCII is encoded');
like($mail->{text}, qr/^Gr=C3=BC=C3=9Fe aus K=C3=B6ln\r$/m, 'and is there');
($mail) = @{ mails($smtps, 1) };
is($mail->{tls}, 1, 'smtps');

# Nobody gives a password to whom he does not know, or for all to hear.
my $row = $d->wait_for('the wrong server', sub {
	(grep { $_->{tries} > 0 } notices('wrong'))[0]
});
like($row->{error}, qr/certificate/i, 'a certificate of another');
$row = $d->wait_for('a server without TLS', sub {
	(grep { $_->{tries} > 0 } notices('clear'))[0]
});
like($row->{error}, qr/STARTTLS|SSL|TLS/, 'no TLS, no password');
is(scalar(my @none = ($wrong->mails, $auth_plain->mails)), 0,
    'neither got anything');

# One that says: later.
$row = $d->wait_for('a deferred mail', sub {
	(grep { $_->{tries} > 0 } notices('plain'))[0]
});
like($row->{error}, qr/451/, 'a server that defers');
$plain->be('ok');
($mail) = @{ mails($plain, 1) };
my ($word) = $mail->{text} =~ /^Subject: =\?UTF-8\?B\?(\S+)\?=\r$/m;
is(decode_base64($word), "a: Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln",
    'a subject that is no ASCII');
like($mail->{text}, qr/\r\n\.\r\nend\r\n/, 'a line with a dot');

# The local sendmail.
$d->wait_for('sendmail', sub { -e $d->path('sendmail.mail') });
is($d->read('sendmail.args'),
    "-i -oem -f belfry\@example.org -- root ann\@example.org\n",
    'sendmail is called as cron calls it');
like($d->read('sendmail.mail'),
    qr/^To: root, ann\@example\.org\n(?!.*\r).*^end of its output:\nGr/ms,
    'and gets the mail');

# All that time one server hung, and the job is not late.
is_deeply([map { $_->{state} } notices('slow')], ['waiting'],
    'a server that hangs is waited for');
my ($status, $out, $err) = $d->belfry('notify', 'test', 'starttls');
is("$status $out", "0 starttls: sent\n", 'a test');
$starttls->be('refuse');
($status, $out, $err) = $d->belfry('notify', 'test', 'starttls');
is($status, 1, 'a test that is refused');
like($err, qr/550/, 'and why');
chmod 0644, $d->path('password');
($status, $out, $err) = $d->belfry('notify', 'test', 'starttls');
like($err, qr/password-file \S+ can be read by others; chmod 600/,
    'a password that others can read');

my $shown = join '', map { ($d->belfry(@$_))[1] } ['show', 'a'],
    ['--json', 'notifications'], ['--json', 'status'];
unlike($shown . $d->log, qr/\Q$password\E/, 'nothing shows the password');
$d->finish;
done_testing;
