# The dashboard's files: how they are sent, that they fit together, and that
# their words are there in both languages.
use strict;
use warnings;
use utf8;
use Encode qw(decode);
use File::Find;
use FindBin;
use IO::Uncompress::Gunzip qw(gunzip);
use lib "$FindBin::Bin/../lib";
use Test::More;
use Fake;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

my $f = Fake->new('status.json' => '{}');

my ($status, $head, $page) = $f->request(GET => '/');
is($status, 200, 'the page');
like($head, qr{^Content-Type: text/html; charset=utf-8\r?$}m, 'is HTML');
like($head, qr/^Cache-Control: private, no-cache\r?$/m, 'asked for each time');
like($head, qr/^Content-Security-Policy: default-src 'none'; script-src 'self';/m,
    'may load only what is ours');
unlike($head, qr/unsafe|\*|https?:/, 'and nothing else');
my ($etag) = $head =~ /^ETag: (W\/"\w+")\r?$/m;
ok($etag, 'it has an ETag');
my $answer = $f->raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    . "If-None-Match: $etag\r\n\r\n");
like($answer, qr/\AHTTP\/1.1 304 Not Modified\r\n/, 'which is taken back');
unlike($answer, qr/Content-Length|<html/, 'without the page');
is(($f->request(GET => $_))[2], $page, "$_ is the same page")
    for qw(/jobs /jobs/a%20b /runs/1m7y1r92p00 /ledger);
is(($f->request(GET => $_))[0], 404, "$_ is none")
    for qw(/jobs/ /jobs/a/b /job /nodes/a /ui /ui/ /index.html);
($status, $head) = $f->request(POST => '/jobs', body => '{}');
is($status, 405, 'a page takes no POST');
like($head, qr/^Allow: GET, HEAD\r?$/m, 'but these');
($status, $head, my $none) = $f->request(HEAD => '/jobs');
is("$status $none", '200 ', 'HEAD of a page');

# Whatever the page names, and those name, is there, and of this version.
my ($base) = $page =~ m{"(/ui/\w+/)app\.js"};
my (%seen, %text);
my @todo = $page =~ m{"(/ui/[^"]+)"}g;
while (defined(my $path = shift @todo)) {
	next if $seen{$path}++;
	($status, $head, my $body) = $f->request(GET => $path);
	is($status, 200, $path);
	like($head, qr/^Cache-Control: public, max-age=\d+, immutable\r?$/m,
	    'is kept');
	(my $folder = $path) =~ s{[^/]*$}{};
	$text{substr $path, length $base} = decode('UTF-8', $body);
	for my $import ($body =~ /^(?:import|\} ?from|\s+from)\b.*?'(\.[^']+)'/mg) {
		my $to = "$folder$import";
		$to =~ s{/\./}{/}g;
		1 while $to =~ s{/[^/]+/\.\./}{/};
		push @todo, $to;
	}
}
my @files;
find({ no_chdir => 1, wanted => sub {
	push @files, substr($_, length 'master/api/web/')
	    if /\.(?:js|css|svg)$/;
} }, 'master/api/web');
is_deeply([sort keys %text], [sort @files], 'each file is reached');
($status) = $f->request(GET => '/ui/0123456789abcdef/app.js');
is($status, 404, 'one of another version is not there');
$answer = $f->raw("GET ${base}app.js HTTP/1.1\r\nHost: x\r\n"
    . "Connection: close\r\nAccept-Encoding: gzip, br\r\n\r\n");
my ($h, $packed) = split /\r\n\r\n/, $answer, 2;
like($h, qr/^Content-Encoding: gzip\r?$/m, 'compressed for who takes it');
gunzip(\$packed => \my $plain);
is(decode('UTF-8', $plain), $text{'app.js'}, 'it is the same');
# What the policy forbids is not even tried; no data becomes markup.
unlike($page, qr/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/,
    'nothing is inline');
for my $name (sort keys %text) {
	unlike($text{$name}, qr/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\bhttps?:\/\/(?!www\.w3\.org)/,
	    "$name: no markup from text, no other origin");
}

# The words of the code are the keys of the dictionary.
my $string = qr/'((?:[^'\\]|\\.)*)'(?:\s*\+\s*'((?:[^'\\]|\\.)*)')?/;
my %said;
for my $name (grep { /\.js$/ && !m{^lang/} } keys %text) {
	my $code = $text{$name};
	$said{$1 . ($2 // '')} = 1 while $code =~ /\bt\(\s*$string/g;
	@said{$1, $3} = (1, 1) while $code =~ /\btn\(\s*$string,\s*$string/g;
}
my ($texts, $words) = $text{'lang/zh.js'}
    =~ /const texts = \{\n(.*?)^\};.*const words = \{\n(.*?)^\};/ms;
my $entry = qr/^\t'((?:[^'\\]|\\.)*)':\s+'([^']+)',$/m;
my (%chinese, %word);
$chinese{$1} = $2 while $texts =~ /$entry/g;
$word{$1} = $2 while $words =~ /$entry/g;
is_deeply([sort keys %chinese], [sort keys %said],
    'each text is there in Chinese, and no other');
for my $key (sort keys %chinese) {
	is(join(' ', sort $chinese{$key} =~ /\{\w+\}/g),
	    join(' ', sort $key =~ /\{\w+\}/g), "the same values: $key");
}
my ($looks) = $text{'lib/outcome.js'} =~ /const looks = \{\n(.*?)^\};/ms;
my @named = map { $1 // $2 if /^\t(?:'(.+?)'|(\w+)):/ } split /\n/, $looks;
ok(@named > 10, 'outcomes and states');
ok($word{$_} // $chinese{$_}, "the word $_") for @named;

$f->finish;
done_testing;
