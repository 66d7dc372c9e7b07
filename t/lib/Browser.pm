# A real browser, told by WebDriver (W3C) what to do: Debian's chromium.
#
#   my $b = Browser->new;
#   $b->open("http://127.0.0.1:$port/");
#   $b->click('a', 'Jobs');
#   is($b->text('h1'), 'Jobs');
package Browser;

use strict;
use warnings;
use Encode qw(encode);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use POSIX ();
use Test::More ();
use Time::HiRes qw(sleep time);

our $PATIENCE = 30;
my $ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

# Why there is none here, or undef.
sub missing {
	for my $program (qw(chromium chromedriver)) {
		return "no $program here" unless grep { -x "$_/$program" }
		    split /:/, $ENV{PATH};
	}
	return undef;
}

sub new {
	my ($class, %arg) = @_;
	my $self = bless {
		dir => tempdir('belfry-browser.XXXXXX', TMPDIR => 1,
		    CLEANUP => 1),
		owner => $$,
		http => HTTP::Tiny->new(timeout => 60, keep_alive => 1),
		json => JSON::PP->new->utf8->allow_nonref->convert_blessed,
	}, $class;
	$self->start_driver;
	my @args = ("--user-data-dir=$self->{dir}/profile", '--headless=new',
	    '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
	    '--disable-extensions', '--disable-background-networking',
	    '--disable-component-update', '--hide-scrollbars',
	    '--lang=' . ($arg{language} // 'en'));
	push @args, '--no-sandbox' if $> == 0;
	my $session = $self->call(POST => '/session', {
		capabilities => { alwaysMatch => {
			'goog:chromeOptions' => { args => \@args,
			    prefs => { 'intl.accept_languages' =>
				$arg{language} // 'en' } },
			'goog:loggingPrefs' => { browser => 'ALL' },
		} },
	});
	$self->{session} = "/session/$session->{sessionId}";
	$self->size($arg{width} // 1280, $arg{height} // 900);
	return $self;
}

# It takes a port of its own and says which.
sub start_driver {
	my ($self) = @_;
	my $log = "$self->{dir}/driver";
	my $pid = fork // die "fork: $!";
	if ($pid == 0) {
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>', $log);
		open(STDERR, '>&', \*STDOUT);
		$ENV{HOME} = $self->{dir};
		setpgrp(0, 0);
		exec 'chromedriver', '--port=0' or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	$self->wait_for('chromedriver', sub {
		open(my $in, '<', $log) or return 0;
		local $/;
		($self->{port}) = (<$in> // '') =~ /successfully on port (\d+)/;
		return $self->{port};
	});
}

sub wait_for {
	my ($self, $what, $condition, $patience) = @_;
	my $end = time + ($patience // $PATIENCE);
	while (time < $end) {
		my $value = $condition->();
		return $value if $value;
		sleep 0.05;
	}
	Test::More::diag(encode('UTF-8', $self->script(
	    'return location.href + "\n" + document.body.innerText')))
	    if $self->{session};
	die "waited in vain for $what\n";
}

sub call {
	my ($self, $method, $path, $body) = @_;
	my $answer = $self->{http}->request($method,
	    "http://127.0.0.1:$self->{port}$path", {
		headers => { 'Content-Type' => 'application/json' },
		defined $body ? (content => $self->{json}->encode($body)) : (),
	});
	my $value = eval { $self->{json}->decode($answer->{content})->{value} };
	die "$method $path: " . ($value->{message} // $answer->{content}) . "\n"
	    unless $answer->{success};
	return $value;
}

sub do {
	my ($self, $method, $path, $body) = @_;
	return $self->call($method, "$self->{session}$path",
	    $method eq 'POST' ? $body // {} : undef);
}

sub open {
	my ($self, $url) = @_;
	$self->do(POST => '/url', { url => $url });
}

sub size {
	my ($self, $width, $height) = @_;
	$self->do(POST => '/goog/cdp/execute', {
		cmd => 'Emulation.setDeviceMetricsOverride',
		params => { width => 0 + $width, height => 0 + $height,
		    deviceScaleFactor => 1, mobile => JSON::PP::false },
	});
}

# "dark" or "light", as if the system had these colours.
sub colours {
	my ($self, $scheme) = @_;
	$self->do(POST => '/goog/cdp/execute', {
		cmd => 'Emulation.setEmulatedMedia',
		params => { features => [{ name => 'prefers-color-scheme',
		    value => $scheme }] },
	});
}

# Runs JavaScript; what it returns.
sub script {
	my ($self, $text, @args) = @_;
	return $self->do(POST => '/execute/sync',
	    { script => $text, args => \@args });
}

# Waits for a visible element, with this text in it when one is given.
sub find {
	my ($self, $css, $text) = @_;
	my $what = defined $text ? "$css with \"$text\"" : $css;
	return $self->wait_for($what, sub {
		return $self->script(<<'END', $css, $text);
const [css, text] = arguments;
return [...document.querySelectorAll(css)].find((e) => e.checkVisibility()
    && (text === null || (e.innerText ?? e.textContent).includes(text)
	|| (e.getAttribute('aria-label') ?? '').includes(text))) ?? null;
END
	});
}

sub has {
	my ($self, $css, $text) = @_;
	return eval { $self->find($css, $text); 1 };
}

sub click {
	my ($self, $css, $text) = @_;
	# A list may be made anew between finding and clicking.
	$self->wait_for("a click on $css", sub {
		my $e = $self->find($css, $text);
		return eval {
			$self->do(POST => "/element/$e->{$ELEMENT}/click");
			1;
		};
	});
}

sub type {
	my ($self, $css, $text) = @_;
	my $e = $self->find($css);
	$self->do(POST => "/element/$e->{$ELEMENT}/clear")
	    unless $css =~ /^select/;
	$self->do(POST => "/element/$e->{$ELEMENT}/value", { text => $text });
}

# A key for what has the focus.
sub key {
	my ($self, $key) = @_;
	$self->do(POST => '/actions', { actions => [{ type => 'key', id => 'k',
	    actions => [{ type => 'keyDown', value => $key },
		{ type => 'keyUp', value => $key }] }] });
}

# The pointer goes down at one share of an element's width, up at another.
sub drag {
	my ($self, $css, $from, $to) = @_;
	my $e = $self->find($css);
	my $width = $self->script('return arguments[0].clientWidth', $e);
	my @moves = map { { type => 'pointerMove', duration => 50,
	    origin => $e, x => int(($_ - 0.5) * $width), y => 0 } }
	    $from, ($from + $to) / 2, $to;
	$self->do(POST => '/actions', { actions => [{ type => 'pointer',
	    id => 'm', parameters => { pointerType => 'mouse' },
	    actions => [$moves[0], { type => 'pointerDown', button => 0 },
		@moves[1, 2], { type => 'pointerUp', button => 0 }] }] });
}

sub text {
	my ($self, $css) = @_;
	$self->find($css);
	return $self->script(
	    'return document.querySelector(arguments[0]).innerText', $css);
}

sub screenshot {
	my ($self, $path) = @_;
	my $png = decode_base64($self->do(GET => '/screenshot'));
	CORE::open(my $out, '>', $path) or die "$path: $!";
	binmode $out;
	print $out $png;
	close $out;
}

# What the browser complained of since the last time, one a line.
sub complaints {
	my ($self) = @_;
	return map { $_->{message} } grep { $_->{level} ne 'INFO'
	    && $_->{level} ne 'DEBUG' }
	    @{ $self->do(POST => '/se/log', { type => 'browser' }) };
}

sub finish {
	my ($self) = @_;
	my $pid = delete $self->{pid} // return;
	eval { $self->do(DELETE => '') } if $self->{session};
	kill 'TERM', $pid;
	waitpid($pid, 0);
}

sub DESTROY {
	my ($self) = @_;
	return unless $self->{owner} == $$ && $self->{pid};
	local ($@, $?);
	# Its browser is in its process group.
	kill 'KILL', -$self->{pid};
	waitpid($self->{pid}, 0);
}

1;
