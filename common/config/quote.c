#include "config/quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define QUOTE_TEXT  56 /* and quotes, dots, NUL */
#define SUGGEST_MAX 32 /* longer words are not compared */

const char *
quote(char buf[QUOTE_SIZE], const char *text)
{
	size_t len = strnlen(text, QUOTE_TEXT + 1);
	bool cut = len > QUOTE_TEXT;
	char *p = buf;

	if (cut) {
		len = QUOTE_TEXT;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	*p++ = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		*p++ = c < 0x20 || c == 0x7f ? '?' : text[i];
	}
	snprintf(p, (size_t)(buf + QUOTE_SIZE - p), "%s\"", cut ? "..." : "");
	return buf;
}

void
suggest_init(struct suggest *s, const char *word)
{
	s->word = word;
	s->best = NULL;
	s->distance = 0;
}

bool
quote_is_quoted(const char *value)
{
	size_t n = strlen(value);

	return n >= 2 && (*value == '"' || *value == '\'') &&
	    strchr(value + 1, *value) == value + n - 1;
}

static bool
has_comment(const char *value)
{
	for (const char *p = value; (p = strpbrk(p, " \t")) != NULL; p++)
		if (p[1] == '#' || p[1] == ';')
			return true;
	return false;
}

void
quote_explain(const char *value, struct err *err)
{
	struct err why = *err;

	if (quote_is_quoted(value) &&
	    strstr(why.text, "without quotes") == NULL)
		err_set(err, "%s; a value is written without quotes", why.text);
	else if (has_comment(value))
		err_set(err, "%s; a comment needs a line of its own", why.text);
}

static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '_' ? '-' : c;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits between two words: insert, delete, change, swap neighbours. */
static size_t
distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t d[3][SUGGEST_MAX + 1];

	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *row = d[i % 3], *up = d[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			char x = fold(a[i - 1]), y = fold(b[j - 1]);
			size_t swap;

			row[j] = min3(row[j - 1] + 1, up[j] + 1,
			    up[j - 1] + (x == y ? 0 : 1));
			if (i < 2 || j < 2 || x != fold(b[j - 2]) ||
			    y != fold(a[i - 2]))
				continue;
			swap = d[(i - 2) % 3][j - 2] + 1;
			if (swap < row[j])
				row[j] = swap;
		}
	}
	return d[na % 3][nb];
}

void
suggest_try(struct suggest *s, const char *candidate)
{
	size_t nw = strlen(s->word), nc = strlen(candidate), d;

	if (nw == 0 || nw > SUGGEST_MAX || nc > SUGGEST_MAX)
		return;
	d = distance(s->word, nw, candidate, nc);
	/* A third of the word may be wrong, and one letter of a short one. */
	if (d > (nc < 6 ? 1 : nc / 3))
		return;
	if (s->best == NULL || d < s->distance) {
		s->best = candidate;
		s->distance = d;
	}
}

const char *
suggest_text(char buf[QUOTE_SIZE], const struct suggest *s)
{
	if (s->best == NULL)
		buf[0] = '\0';
	else
		snprintf(buf, QUOTE_SIZE, "; did you mean %s?", s->best);
	return buf;
}
