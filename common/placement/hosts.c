#include "placement/hosts.h"

#include <stdlib.h>
#include <string.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz"
			      "0123456789._-";

struct parser {
	const char *text;
	const char *p;
	const struct hosts_host *host; /* NULL: only check */
	struct err *err;
	bool failed;
	bool plain; /* the last term was a name and nothing else */
	int depth;
};

static bool parse_or(struct parser *parser);

static bool
fail(struct parser *parser, const char *what)
{
	if (!parser->failed && parser->err != NULL)
		err_set(parser->err, "column %d: %s",
		    (int)(parser->p - parser->text) + 1, what);
	parser->failed = true;
	return false;
}

static void
skip_blanks(struct parser *parser)
{
	parser->p += strspn(parser->p, " \t");
}

static bool
take(struct parser *parser, char c)
{
	skip_blanks(parser);
	if (*parser->p != c)
		return false;
	parser->p++;
	return true;
}

static bool
is_equal(const char *word, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(word, text, len) == 0;
}

static bool
has_tag(const char *tags, const char *word, size_t len)
{
	size_t n;

	for (tags += strspn(tags, " "); *tags != '\0';
	     tags += n, tags += strspn(tags, " ")) {
		n = strcspn(tags, " ");
		if (n == len && memcmp(tags, word, len) == 0)
			return true;
	}
	return false;
}

static bool
parse_word(struct parser *parser)
{
	const struct hosts_host *host = parser->host;
	bool is_tag = strncmp(parser->p, "tag:", 4) == 0;
	const char *word = parser->p += is_tag ? 4 : 0;
	size_t len = strspn(word, letters);

	if (len == 0)
		return fail(parser,
		    is_tag ? "a tag is missing after \"tag:\"" :
			     "expected a host's name, tag:NAME, any or all");
	if (!is_tag && is_equal(word, len, "all"))
		return fail(parser, "write \"all of\" in front, or any here");
	if (word[len] == ':')
		return fail(parser, "only \"tag:\" may stand before a word");
	parser->p += len;
	parser->plain = !is_tag;
	if (host == NULL)
		return true;
	if (is_tag)
		return has_tag(host->tags, word, len);
	return is_equal(word, len, "any") || is_equal(word, len, host->name);
}

static bool
parse_not(struct parser *parser)
{
	bool negated = false, value;

	parser->plain = false;
	while (take(parser, '!'))
		negated = !negated;
	if (!take(parser, '(')) {
		value = parse_word(parser);
		parser->plain = parser->plain && !negated;
		return value != negated;
	}
	if (++parser->depth > HOSTS_DEPTH_MAX)
		return fail(parser, "too many parentheses in each other");
	value = parse_or(parser);
	if (!parser->failed && !take(parser, ')'))
		fail(parser, "expected \")\", \"&\" or \"|\"");
	parser->depth--;
	parser->plain = false;
	return value != negated;
}

static bool
parse_and(struct parser *parser)
{
	bool value = parse_not(parser), plain = parser->plain;

	while (!parser->failed && take(parser, '&')) {
		value = parse_not(parser) && value;
		plain = false;
	}
	parser->plain = plain;
	return value;
}

/* Between names alone a blank will do: "web1 web2". */
static bool
takes_or(struct parser *parser)
{
	size_t len;

	if (take(parser, '|') || take(parser, ','))
		return true;
	len = strspn(parser->p, letters);
	return parser->plain && len > 0 && parser->p[len] != ':';
}

static bool
parse_or(struct parser *parser)
{
	bool value = parse_and(parser);

	while (!parser->failed && takes_or(parser))
		value = parse_and(parser) || value;
	return value;
}

/* A number of hosts; 0: out of range. */
static uint32_t
parse_number(const char *p, size_t len)
{
	unsigned long n = len <= 4 ? strtoul(p, NULL, 10) : 0;

	return n <= HOSTS_COUNT_MAX ? (uint32_t)n : 0;
}

/*
 * Where the expression begins, after "N of"; *count_r is 0 when the number is
 * out of range.
 */
static const char *
parse_count(const char *text, uint32_t *count_r)
{
	const char *word = text + strspn(text, " \t"), *of;
	size_t len = strspn(word, letters);
	size_t gap = strspn(word + len, " \t");
	bool is_all = is_equal(word, len, "all");

	of = word + len + gap;
	*count_r = 1;
	if (is_all && *of == '\0') {
		*count_r = HOSTS_ALL;
		return "any";
	}
	if (gap == 0 || strncmp(of, "of", 2) != 0 ||
	    strspn(of, letters) != strlen("of"))
		return text;
	if (is_all)
		*count_r = HOSTS_ALL;
	else if (strspn(word, "0123456789") == len)
		*count_r = parse_number(word, len);
	else
		return text;
	return of + strlen("of");
}

int
hosts_check(const char *text, struct err *err)
{
	struct parser parser = {.text = text, .err = err};
	uint32_t count;

	parser.p = parse_count(text, &count);
	if (strcmp(parser.p, "any") == 0)
		return 0;
	if (count == 0)
		return err_set(err,
		    "column 1: a slot runs on 1 to %d hosts, or write "
		    "\"all of\"",
		    HOSTS_COUNT_MAX);
	parse_or(&parser);
	skip_blanks(&parser);
	if (!parser.failed && *parser.p != '\0')
		fail(&parser, "expected \"&\" or \"|\" between hosts");
	return parser.failed ? -1 : 0;
}

uint32_t
hosts_count(const char *text)
{
	uint32_t count;

	parse_count(text, &count);
	return count;
}

bool
hosts_match(const char *text, const struct hosts_host *host)
{
	struct parser parser = {.text = text, .host = host};
	uint32_t count;

	parser.p = parse_count(text, &count);
	return parse_or(&parser) && !parser.failed;
}

bool
hosts_is_word(const char *text)
{
	size_t len = strspn(text, letters);

	return len > 0 && text[len] == '\0';
}
