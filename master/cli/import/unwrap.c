/* Programs that users of cron put in front of their commands. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "cli/import/import.h"

#define BLANKS " \t"

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, BLANKS);
}

/*
 * One word as a shell sees it, without its quotes. What follows it and its
 * blanks; NULL: there is none, or it has what only a shell can resolve.
 */
static const char *
take_word(const char *p, struct strbuf *word)
{
	char quote = '\0';

	strbuf_reset(word);
	if (*p == '\0')
		return NULL;
	strbuf_adds(word, "");
	for (; *p != '\0'; p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote == '\0' && strchr(BLANKS, *p) != NULL)
			break;
		else if ((quote == '\0' && strchr(";&|<>()\\$`", *p) != NULL) ||
		    (quote == '"' && strchr("\\$`", *p) != NULL))
			return NULL;
		else
			strbuf_addch(word, *p);
	}
	return quote == '\0' ? skip_blanks(p) : NULL;
}

/* One command, perhaps with redirections: what holds for it holds for all. */
static bool
is_single(const char *p)
{
	char quote = '\0';

	for (; *p != '\0'; p++) {
		if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\'')
			continue;
		else if (*p == '\\' && p[1] != '\0')
			p++;
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote == '\0' && (*p == ';' || *p == '|'))
			return false;
		else if (quote == '\0' && *p == '&' && p[1] != '>' &&
		    p[-1] != '>' && p[-1] != '<')
			return false;
	}
	return true;
}

/* Behind the program's name, with or without its directory; NULL: another. */
static const char *
take_program(const char *p, const char *name)
{
	static const char *const dirs[] = {"/usr/bin/", "/bin/", ""};
	size_t len;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		len = strlen(dirs[i]);
		if (strncmp(p, dirs[i], len) == 0 &&
		    strncmp(p + len, name, strlen(name)) == 0 &&
		    strchr(BLANKS, p[len + strlen(name)]) != NULL &&
		    p[len + strlen(name)] != '\0')
			return skip_blanks(p + len + strlen(name));
	}
	return NULL;
}

/* "300", "5m": as timeout(1) and sleep(1) have it. False: it is none. */
static bool
take_seconds(const char *text, char duration[32])
{
	int64_t ms;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 7 || strlen(text) > digits + 1)
		return false;
	snprintf(duration, 32, "%s%s", text, text[digits] == '\0' ? "s" : "");
	return duration_parse_ms(duration, &ms, NULL) == 0;
}

/* The options of flock that mean: do not wait. */
static bool
is_no_wait(const char *word)
{
	static const char *const words[] = {
	    "-n", "--nb", "--nonblock", "-xn", "-nx", "-en", "-ne"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

/* Options, then the file; what follows, or NULL. */
static const char *
take_flock_words(const char *p, struct unwrapped *u, struct strbuf *word)
{
	bool no_wait = false;

	while ((p = take_word(p, word)) != NULL && word->len > 0 &&
	    word->s[0] == '-') {
		if (is_no_wait(word->s))
			no_wait = true;
		else if (strcmp(word->s, "-x") != 0 &&
		    strcmp(word->s, "-e") != 0)
			return NULL;
	}
	if (p == NULL || !no_wait || word->len == 0)
		return NULL;
	strbuf_reset(&u->lock);
	strbuf_adds(&u->lock, word->s);
	return p;
}

/* "flock -n FILE COMMAND" or "flock -n FILE -c 'COMMAND'". */
static bool
strip_flock(struct unwrapped *u)
{
	const char *p = take_program(u->command.s, "flock"), *after;
	struct strbuf word = STRBUF_INIT;
	bool done = false;

	if (p != NULL)
		p = take_flock_words(p, u, &word);
	if (p != NULL && strncmp(p, "-c ", 3) == 0) {
		after = take_word(skip_blanks(p + 3), &word);
		done = after != NULL && *after == '\0' && word.len > 0;
	} else if (p != NULL && *p != '\0' && *p != '-') {
		strbuf_reset(&word);
		strbuf_adds(&word, p);
		done = is_single(p);
	}
	u->kept = u->kept || (p != NULL && !done);
	if (done) {
		u->skip = true;
		strbuf_reset(&u->command);
		strbuf_adds(&u->command, word.s);
	}
	strbuf_fini(&word);
	return done;
}

/* The value of an option of timeout, "-k5" or "-k 5" or "--kill-after=5". */
static const char *
take_value(
    const char *p, const char *letter, const char *name, struct strbuf *word)
{
	size_t n = strlen(name);

	if (strncmp(word->s, name, n) == 0 && word->s[n] == '=') {
		memmove(word->s, word->s + n + 1, word->len - n);
		return p;
	}
	if (strncmp(word->s, letter, 2) != 0)
		return NULL;
	if (word->s[2] == '\0')
		return take_word(p, word);
	memmove(word->s, word->s + 2, word->len - 1);
	return p;
}

/* One option of timeout, which is in word; what follows, or NULL. */
static const char *
take_timeout_option(const char *p, struct unwrapped *u, struct strbuf *word)
{
	const char *after = take_value(p, "-k", "--kill-after", word);

	if (after != NULL)
		return take_seconds(word->s, u->kill_grace) ? after : NULL;
	after = take_value(p, "-s", "--signal", word);
	if (after == NULL || word->len >= sizeof(u->kill_signal))
		return NULL;
	snprintf(u->kill_signal, sizeof(u->kill_signal), "%s", word->s);
	return after;
}

/* "timeout [-k D] [-s SIGNAL] D COMMAND". */
static bool
strip_timeout(struct unwrapped *u)
{
	const char *p = take_program(u->command.s, "timeout");
	struct strbuf word = STRBUF_INIT;
	char *rest;
	bool done = false;

	if (p == NULL || u->timeout[0] != '\0')
		return false;
	while ((p = take_word(p, &word)) != NULL && word.s[0] == '-' &&
	    (p = take_timeout_option(p, u, &word)) != NULL)
		;
	if (p != NULL && *p != '\0' && take_seconds(word.s, u->timeout)) {
		done = is_single(p);
		u->kept = u->kept || !done;
	}
	strbuf_fini(&word);
	if (!done) {
		u->timeout[0] = u->kill_grace[0] = u->kill_signal[0] = '\0';
		return false;
	}
	rest = xstrdup(p);
	strbuf_reset(&u->command);
	strbuf_adds(&u->command, rest);
	free(rest);
	return true;
}

/*
 * Compares with a pattern in which a blank is any blanks or none and "#" a
 * number. What follows; NULL: it is not so.
 */
static const char *
match(const char *p, const char *pattern, unsigned long *number_r)
{
	char *end;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == ' ') {
			p = skip_blanks(p);
		} else if (*pattern == '#') {
			if (!isdigit((unsigned char)*p))
				return NULL;
			*number_r = strtoul(p, &end, 10);
			p = end;
		} else if (*p++ != *pattern) {
			return NULL;
		}
	}
	return p;
}

static const char *const sleeps[] = {
    "sleep $(( RANDOM % # ))",
    "sleep $(( $RANDOM % # ))",
    "sleep $[ RANDOM % # ]",
    "sleep $[ $RANDOM % # ]",
    "sleep `shuf -i 0-# -n 1`",
    "sleep $(shuf -i 0-# -n 1)",
    "sleep $(shuf -i 1-# -n 1)",
    "perl -e 'sleep int(rand(#))'",
    "perl -e 'sleep int rand #'",
    "perl -e 'sleep rand #'",
};

/* "sleep SOME-TIME; COMMAND", or with "&&". */
static bool
strip_sleep(struct unwrapped *u)
{
	const char *p = NULL;
	unsigned long seconds = 0;
	size_t i = 0, n = sizeof(sleeps) / sizeof(sleeps[0]);
	char *rest;

	while (i < n && (p = match(u->command.s, sleeps[i], &seconds)) == NULL)
		i++;
	if (i == n || seconds == 0 || seconds > 7 * 86400 ||
	    u->jitter[0] != '\0')
		return false;
	p = skip_blanks(p);
	if (*p == ';')
		p++;
	else if (p[0] == '&' && p[1] == '&')
		p += 2;
	else
		return false;
	p = skip_blanks(p);
	if (*p == '\0')
		return false;
	snprintf(u->jitter, sizeof(u->jitter), "%lus", seconds);
	rest = xstrdup(p);
	strbuf_reset(&u->command);
	strbuf_adds(&u->command, rest);
	free(rest);
	return true;
}

void
unwrap(struct unwrapped *u, const char *command)
{
	memset(u, 0, sizeof(*u));
	strbuf_adds(&u->command, command);
	while (strip_sleep(u) || strip_flock(u) || strip_timeout(u))
		;
}

void
unwrapped_fini(struct unwrapped *u)
{
	strbuf_fini(&u->command);
	strbuf_fini(&u->lock);
}
