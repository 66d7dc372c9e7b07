/*
 * inih as packaged cuts lines and sections, has comments inside values and
 * knows no line numbers. So our reader takes the text apart and hands inih
 * nothing but a short stand-in for each key, which inih's handler turns into
 * the key at hand.
 */
#include "config/ini.h"

#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/quote.h"

struct scan {
	const struct ini_reader *reader;
	char *next, *end;
	const char *start; /* of the line */
	uint32_t line;
	bool in_section; /* and it is a good one */
	bool told;       /* that keys need a section */
	struct ini_event key;
};

/* Of p in its line, in characters, from 1. */
static uint32_t
column_of(const struct scan *scan, const char *p)
{
	uint32_t column = 1;

	for (const char *q = scan->start; q < p; q++)
		column += ((unsigned char)*q & 0xc0) != 0x80;
	return column;
}

static void
emit_error(struct scan *scan, enum ini_event_type type, const char *at,
    const char *what)
{
	char text[192];
	struct ini_event event = {
	    .type = type,
	    .line = scan->line,
	    .text = text,
	};

	snprintf(
	    text, sizeof(text), "column %u: %s", column_of(scan, at), what);
	scan->reader->event(scan->reader->arg, &event);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static char *
skip_blanks(char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Ends the string before its trailing blanks. */
static char *
trim_end(const char *start, char *end)
{
	while (end > start && is_blank(end[-1]))
		end--;
	*end = '\0';
	return end;
}

static void
section_error(struct scan *scan, const char *at, const char *what)
{
	char text[160];

	snprintf(
	    text, sizeof(text), "%s; write %s", what, scan->reader->example);
	scan->in_section = false;
	scan->told = true;
	emit_error(scan, INI_SECTION_ERROR, at, text);
}

/* p is behind "[". */
static void
read_section(struct scan *scan, char *p, char *end)
{
	struct ini_event event = {.type = INI_SECTION, .line = scan->line};
	char *close = memchr(p, ']', (size_t)(end - p));
	char *name;

	if (close == NULL) {
		section_error(scan, trim_end(p, end), "\"]\" is missing");
		return;
	}
	name = skip_blanks(close + 1, end);
	if (name != end) {
		section_error(scan, name,
		    "text behind \"]\"; a comment needs a line of its own");
		return;
	}
	p = skip_blanks(p, close);
	close = trim_end(p, close);
	if (p == close) {
		section_error(scan, p, "a section without a name");
		return;
	}
	event.column = column_of(scan, p);
	event.section = p;
	for (name = p; name < close && !is_blank(*name); name++)
		;
	event.name = skip_blanks(name, close);
	*name = '\0';
	scan->in_section = true;
	scan->reader->event(scan->reader->arg, &event);
}

static void
no_section(struct scan *scan, const char *at)
{
	char text[160];

	if (scan->told)
		return;
	scan->told = true;
	snprintf(text, sizeof(text),
	    "a key before the first section; write %s above it",
	    scan->reader->example);
	emit_error(scan, INI_ERROR, at, text);
}

/* Before the first section it may be any file at all: that is said once. */
static void
no_section_text(struct scan *scan, const char *line)
{
	char text[160], quoted[QUOTE_SIZE];

	if (scan->told)
		return;
	scan->told = true;
	snprintf(text, sizeof(text), "expected %s, found %s",
	    scan->reader->example, quote(quoted, line));
	emit_error(scan, INI_ERROR, line, text);
}

static void
no_equals(struct scan *scan, const char *line)
{
	char text[160], quoted[QUOTE_SIZE];

	if (!scan->in_section) {
		no_section_text(scan, line);
		return;
	}
	snprintf(text, sizeof(text), "expected KEY = VALUE, found %s",
	    quote(quoted, line));
	emit_error(scan, INI_ERROR, line, text);
}

static void
value_too_long(
    struct scan *scan, const char *key, const char *value, size_t len)
{
	char text[160], quoted[QUOTE_SIZE];

	snprintf(text, sizeof(text),
	    "the value of %s has %zu bytes; at most %d are possible",
	    quote(quoted, key), len, INI_VALUE_MAX);
	emit_error(scan, INI_ERROR, value + INI_VALUE_MAX, text);
}

/* True when there is a key to hand on. */
static bool
read_key(struct scan *scan, char *p, char *end)
{
	char *equals = memchr(p, '=', (size_t)(end - p));
	char *value, *value_end;

	if (equals == NULL) {
		trim_end(p, end);
		no_equals(scan, p);
		return false;
	}
	if (equals == p) {
		emit_error(scan, INI_ERROR, p,
		    "nothing stands before \"=\"; write KEY = VALUE");
		return false;
	}
	if (!scan->in_section) {
		no_section(scan, p);
		return false;
	}
	value = skip_blanks(equals + 1, end);
	value_end = trim_end(value, end);
	trim_end(p, equals);
	if (value_end - value > INI_VALUE_MAX) {
		value_too_long(scan, p, value, (size_t)(value_end - value));
		return false;
	}
	scan->key.line = scan->line;
	scan->key.key = p;
	scan->key.value = value;
	return true;
}

/* inih's reader: goes on to the next key and gives a stand-in for it. */
static char *
next_key(char *buf, int size, void *stream)
{
	struct scan *scan = stream;
	char *p, *end;

	while (scan->next < scan->end) {
		p = scan->next;
		end = memchr(p, '\n', (size_t)(scan->end - p));
		if (end == NULL)
			end = scan->end;
		scan->start = p;
		scan->next = end + 1;
		scan->line++;
		p = skip_blanks(p, end);
		if (p == end || *p == ';' || *p == '#')
			continue;
		if (*p == '[') {
			read_section(scan, p + 1, end);
		} else if (read_key(scan, p, end)) {
			memcpy(buf, "k=v\n", 5); /* inih has 200 bytes */
			return buf;
		}
	}
	return NULL;
}

static int
give_key(void *arg, const char *section, const char *name, const char *value)
{
	struct scan *scan = arg;

	scan->reader->event(scan->reader->arg, &scan->key);
	return 1;
}

/* By its byte order mark. */
static bool
is_utf16(const char *text, size_t len)
{
	return len >= 2 &&
	    (memcmp(text, "\xff\xfe", 2) == 0 ||
		memcmp(text, "\xfe\xff", 2) == 0);
}

/* A NUL, or what a compressed or compiled file begins with. */
static bool
refuse_binary(struct scan *scan, const char *text, size_t len)
{
	const char *nul = memchr(text, '\0', len);

	if (nul == NULL)
		return false;
	scan->line = 1;
	scan->start = text;
	for (const char *p = text; p < nul; p++)
		if (*p == '\n') {
			scan->line++;
			scan->start = p + 1;
		}
	emit_error(scan, INI_FILE_ERROR, nul,
	    is_utf16(text, len) ?
		"this is UTF-16 text; save the file as UTF-8" :
		"binary data (a NUL byte); this must be a text file");
	return true;
}

void
ini_read(const struct ini_reader *reader, char *text, size_t len)
{
	struct scan scan = {
	    .reader = reader,
	    .next = text,
	    .end = text + len,
	    .key = {.type = INI_KEY},
	};

	if (refuse_binary(&scan, text, len))
		return;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		scan.next += 3;
	ini_parse_stream(next_key, &scan, give_key, &scan);
}
