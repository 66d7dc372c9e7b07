#include "base/duration.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define LETTERS        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DURATION_UNITS "write ns, us, ms, s, m, h, d or w"

struct unit {
	const char *name;
	int64_t ns;
};

/* A longer name stands before its own beginning. */
static const struct unit units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xc2\xb5s", 1000},
    {"\xce\xbcs", 1000},
    {"ms", 1000000},
    {"s", 1000000000LL},
    {"m", 60000000000LL},
    {"h", 3600000000000LL},
    {"d", 86400000000000LL},
    {"w", 604800000000000LL},
};

__extension__ typedef unsigned __int128 wide;

/* One decimal number: value / scale is its fraction, whole the rest. */
struct number {
	uint64_t whole;
	uint64_t fraction;
	uint64_t scale;
	bool overflow;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return c != '\0' && strchr(LETTERS, c) != NULL;
}

/* Returns the end, which is p when there is no digit at all. */
static const char *
number_read(const char *p, struct number *n)
{
	const char *start = p;
	int digits = 0;

	*n = (struct number){.scale = 1};
	for (; is_digit(*p); p++, digits++) {
		if (n->whole > INT64_MAX / 10)
			n->overflow = true;
		else
			n->whole = n->whole * 10 + (uint64_t)(*p - '0');
	}
	if (*p != '.')
		return p;
	for (p++; is_digit(*p); p++, digits++) {
		if (n->scale >= 1000000000000000000ULL)
			continue;
		n->fraction = n->fraction * 10 + (uint64_t)(*p - '0');
		n->scale *= 10;
	}
	return digits > 0 ? p : start;
}

static const struct unit *
unit_find(const char *p)
{
	for (size_t i = 0; i < nitems(units); i++)
		if (strncmp(p, units[i].name, strlen(units[i].name)) == 0)
			return &units[i];
	return NULL;
}

static int
bad_number(const char *p, int column, struct err *err)
{
	if (*p == '\0')
		return err_set(err,
		    "column %d: a duration is missing; write one like 1h30m",
		    column);
	if (*p == '-')
		return err_set(
		    err, "column %d: a duration cannot be negative", column);
	if (*p == ' ' || *p == '\t')
		return err_set(err,
		    "column %d: a duration has no blanks; write 1h30m", column);
	return err_set(err,
	    "column %d: expected a number; write a duration like 1h30m",
	    column);
}

/* What people write for a unit, by its beginning; "mi" is no month. */
static const char *
guess_unit(const char *p, size_t len)
{
	static const char *const guesses[][2] = {
	    {"nan", "ns"},
	    {"nse", "ns"},
	    {"mic", "us"},
	    {"use", "us"},
	    {"mil", "ms"},
	    {"mse", "ms"},
	    {"s", "s"},
	    {"mi", "m"},
	    {"h", "h"},
	    {"d", "d"},
	    {"w", "w"},
	};

	if (len == 1 && *p == 'M')
		return "m";
	for (size_t i = 0; i < nitems(guesses); i++)
		if (strncasecmp(p, guesses[i][0], strlen(guesses[i][0])) == 0)
			return guesses[i][1];
	return NULL;
}

static int
unknown_unit(const char *p, int column, struct err *err)
{
	size_t len = strspn(p, LETTERS);
	const char *guess = guess_unit(p, len);

	if (guess != NULL)
		return err_set(err,
		    "column %d: unknown unit \"%.*s\"; did you mean %s?",
		    column, len < 20 ? (int)len : 20, p, guess);
	return err_set(err, "column %d: unknown unit; " DURATION_UNITS, column);
}

static int
bad_unit(const char *p, int column, struct err *err)
{
	if (*p == '\0' || is_digit(*p) || *p == '.')
		return err_set(err,
		    "column %d: the unit is missing; " DURATION_UNITS, column);
	if (*p == ' ' || *p == '\t')
		return err_set(err,
		    "column %d: no blanks in a duration; write 1h30m", column);
	return unknown_unit(p, column, err);
}

int
duration_parse_column(
    const char *text, int column, int64_t *ns_r, struct err *err)
{
	const char *p = text, *q;
	const struct unit *unit;
	struct number n;
	wide sum = 0;

	if (*p == '+')
		p++;
	if (strcmp(p, "0") == 0) {
		*ns_r = 0;
		return 0;
	}
	do {
		q = number_read(p, &n);
		if (q == p)
			return bad_number(p, column + (int)(p - text), err);
		unit = unit_find(q);
		/* 5min is no 5m with something behind it. */
		if (unit == NULL || is_letter(q[strlen(unit->name)]))
			return bad_unit(q, column + (int)(q - text), err);
		sum += (wide)n.whole * (uint64_t)unit->ns +
		    (wide)n.fraction * (uint64_t)unit->ns / n.scale;
		if (n.overflow || sum > INT64_MAX)
			return err_set(err,
			    "column %d: too long; "
			    "a duration is at most 292 years",
			    column + (int)(p - text));
		p = q + strlen(unit->name);
	} while (*p != '\0');
	*ns_r = (int64_t)sum;
	return 0;
}

int
duration_parse(const char *text, int64_t *ns_r, struct err *err)
{
	return duration_parse_column(text, 1, ns_r, err);
}

int
duration_parse_ms(const char *text, int64_t *ms_r, struct err *err)
{
	int64_t ns;

	if (duration_parse(text, &ns, err) == -1)
		return -1;
	*ms_r = ns > 0 && ns < 1000000 ? 1 : ns / 1000000;
	return 0;
}

const char *
duration_format_ms(char *buf, int64_t ms)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} parts[] = {
	    {"d", 86400000},
	    {"h", 3600000},
	    {"m", 60000},
	    {"s", 1000},
	    {"ms", 1},
	};
	uint64_t rest = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
	size_t len = 0;

	if (ms == 0)
		return memcpy(buf, "0s", 3);
	if (ms < 0)
		buf[len++] = '-';
	if (rest % 604800000 == 0) {
		snprintf(buf + len, DURATION_TEXT_MAX - len, "%lluw",
		    (unsigned long long)(rest / 604800000));
		return buf;
	}
	for (size_t i = 0; i < nitems(parts); i++) {
		if (rest < parts[i].ms)
			continue;
		len += (size_t)snprintf(buf + len, DURATION_TEXT_MAX - len,
		    "%llu%s", (unsigned long long)(rest / parts[i].ms),
		    parts[i].name);
		rest %= parts[i].ms;
	}
	return buf;
}

/* The power of two that a suffix means, -1 for none of them. */
static int
size_shift(const char *p)
{
	static const char letters[] = "KMGTPE";
	const char *letter;
	char c = *p;
	int shift = 0;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	letter = c != '\0' ? strchr(letters, c) : NULL;
	if (letter != NULL) {
		shift = 10 * (int)(letter - letters + 1);
		p++;
	}
	if (*p == 'B' || *p == 'b')
		p++;
	return *p == '\0' ? shift : -1;
}

int
size_parse(const char *text, uint64_t *bytes_r, struct err *err)
{
	const char *p = text;
	uint64_t n = 0;
	int shift;

	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return err_set(err, "column 1: the size is too large");
	if (p == text)
		return err_set(err,
		    "column 1: expected a number; write a size like 64K or 1G");
	shift = size_shift(p);
	if (shift == -1)
		return err_set(err,
		    "column %d: unknown unit; "
		    "write K, M, G, T or nothing for bytes",
		    (int)(p - text) + 1);
	if (n > UINT64_MAX >> shift)
		return err_set(err, "column 1: the size is too large");
	*bytes_r = n << shift;
	return 0;
}

const char *
size_format(char *buf, uint64_t bytes)
{
	static const char *const letters[] = {"", "K", "M", "G"};
	size_t i = 0;

	while (bytes > 0 && bytes % 1024 == 0 && i + 1 < nitems(letters)) {
		bytes /= 1024;
		i++;
	}
	snprintf(buf, SIZE_TEXT_MAX, "%" PRIu64 "%s", bytes, letters[i]);
	return buf;
}
