# Holds JSON against the schemas of an OpenAPI 3.1 document: as much of JSON
# Schema as master/api/openapi.json uses, and what it does not know is an error.
#
#   my $schema = Schema->new($document);
#   my @wrong = $schema->check_answer('GET', '/v1/jobs', 200, $json);
package Schema;

use strict;
use warnings;
use B ();
use JSON::PP;

my %known = map { $_ => 1 } qw($ref type properties required items enum
    additionalProperties propertyNames oneOf pattern minimum maximum maxLength
    description);

sub new {
	my ($class, $document) = @_;
	return bless { document => $document }, $class;
}

sub load {
	my ($class, $path) = @_;
	open(my $in, '<:raw', $path) or die "$path: $!";
	local $/;
	return $class->new(JSON::PP->new->utf8->decode(scalar <$in>));
}

sub document { $_[0]{document} }

sub resolve {
	my ($self, $ref) = @_;
	my $node = $self->{document};
	my ($path) = $ref =~ m{\A#/(.*)\z} or die "reference $ref";
	for (split m{/}, $path) {
		$node = $node->{$_} // die "reference $ref leads nowhere";
	}
	return $node;
}

# The JSON type of a value.
sub type_of {
	my ($v) = @_;
	return 'null' unless defined $v;
	return 'object' if ref $v eq 'HASH';
	return 'array' if ref $v eq 'ARRAY';
	return 'boolean' if JSON::PP::is_bool($v);
	# A number has no string in it, as the parser leaves it.
	my $flags = B::svref_2object(\$v)->FLAGS;
	return 'string' if $flags & B::SVf_POK();
	return $v =~ /\A-?\d+\z/ ? 'integer' : 'number';
}


sub has_type {
	my ($v, $wanted) = @_;
	my $type = type_of($v);
	return grep { $type eq $_ || ($type eq 'integer' && $_ eq 'number') }
	    ref $wanted ? @$wanted : $wanted;
}

# What is wrong with a value, each with its place.
sub check {
	my ($self, $v, $schema, $at) = @_;
	my @wrong = map { "$at: the schema says \"$_\"" }
	    grep { !$known{$_} } keys %$schema;
	return $self->check($v, $self->resolve($schema->{'$ref'}), $at)
	    if $schema->{'$ref'};
	if ($schema->{oneOf}) {
		my @fits = grep { !$self->check($v, $_, $at) }
		    @{ $schema->{oneOf} };
		return (@wrong, @fits == 1 ? () : ("$at: fits " . @fits
		    . ' of ' . @{ $schema->{oneOf} } . ' schemas: '
		    . join(', ', map { $self->check($v, $_, $at) }
			@{ $schema->{oneOf} })));
	}
	return (@wrong, "$at: is " . type_of($v))
	    if exists $schema->{type} && !has_type($v, $schema->{type});
	return @wrong unless defined $v;
	push @wrong, "$at: \"$v\" is none of the enum" if $schema->{enum}
	    && !grep { $_ eq $v } @{ $schema->{enum} };
	push @wrong, "$at: \"$v\" is not like the pattern"
	    if $schema->{pattern} && $v !~ /$schema->{pattern}/;
	push @wrong, "$at: $v is too small"
	    if exists $schema->{minimum} && $v < $schema->{minimum};
	push @wrong, $self->check_array($v, $schema, $at) if ref $v eq 'ARRAY';
	push @wrong, $self->check_object($v, $schema, $at) if ref $v eq 'HASH';
	return @wrong;
}

sub check_array {
	my ($self, $v, $schema, $at) = @_;
	return () unless $schema->{items};
	return map { $self->check($v->[$_], $schema->{items}, "$at\[$_]") }
	    0 .. $#$v;
}

sub check_object {
	my ($self, $v, $schema, $at) = @_;
	my $properties = $schema->{properties} // {};
	my $more = $schema->{additionalProperties} // JSON::PP::true;
	my @wrong = map { "$at: lacks $_" }
	    grep { !exists $v->{$_} } @{ $schema->{required} // [] };
	for (sort keys %$v) {
		my $here = $properties->{$_};
		push @wrong, $self->check($_, $schema->{propertyNames},
		    "$at: the name $_") if $schema->{propertyNames};
		if ($here || ref $more eq 'HASH') {
			push @wrong, $self->check($v->{$_}, $here // $more,
			    "$at.$_");
		} elsif (!$more) {
			push @wrong, "$at: has $_";
		}
	}
	return @wrong;
}

# The operation of a method and a path, and how the document writes the path.
sub operation {
	my ($self, $method, $path) = @_;
	$method = 'GET' if $method eq 'HEAD';
	$path =~ s/\?.*//;
	my $paths = $self->{document}{paths};
	# One that is written out goes before one with a name in it.
	for my $pattern (sort { ($a =~ tr/{//) <=> ($b =~ tr/{//) }
	    keys %$paths) {
		my $re = join '/', map { /^\{/ ? '[^/]+' : quotemeta }
		    split m{/}, $pattern, -1;
		next unless $path =~ /\A$re\z/;
		return ($paths->{$pattern}{ lc $method }, $pattern);
	}
	return;
}

# What is wrong with an answer; the type is that of its header.
sub check_answer {
	my ($self, $method, $path, $status, $type, $json) = @_;
	my ($operation) = $self->operation($method, $path);
	return "$method $path is not in the document" unless $operation;
	my $response = $operation->{responses}{$status}
	    // ($status >= 400 ? $operation->{responses}{default} : undef);
	return "$method $path: no answer $status" unless $response;
	$type =~ s/;.*//;
	my $content = $response->{content}{$type};
	return "$method $path: $status is no $type" unless $content;
	return () unless $type eq 'application/json';
	return map { "$method $path: $_" }
	    $self->check($json, $content->{schema}, 'answer');
}

1;
