/*
 * Text of others in messages: cut to a length that fits a line, control
 * characters made visible, and the word that was probably meant.
 */
#ifndef BELFRY_CONFIG_QUOTE_H
#define BELFRY_CONFIG_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define QUOTE_SIZE 64

/*
 * The text in double quotes, at most 56 bytes of it (then "..."), with "?" for
 * control characters. A character of UTF-8 is never cut. Returns buf.
 */
const char *quote(char buf[QUOTE_SIZE], const char *text);

/* The whole of it stands in one pair of quotes, as in another kind of file. */
bool quote_is_quoted(const char *value);

/*
 * Adds to err, which says why the value is wrong, that it is written without
 * quotes, if it is in quotes, or that a comment needs a line of its own, if
 * it has a blank and then "#" or ";": what other kinds of file would allow.
 */
void quote_explain(const char *value, struct err *err);

/*
 * Looks for the candidate that a mistyped word was meant to be. Start with
 * best NULL, show it each candidate, then read best: NULL when none is near.
 */
struct suggest {
	const char *word;
	const char *best;
	size_t distance; /* of best */
};

void suggest_init(struct suggest *s, const char *word);
void suggest_try(struct suggest *s, const char *candidate);

/* "; did you mean X?" or "". Returns buf. */
const char *suggest_text(char buf[QUOTE_SIZE], const struct suggest *s);

#endif
