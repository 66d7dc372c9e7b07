/*
 * INI text as a sequence of sections, keys and errors, each with its line.
 *
 *   [TYPE] or [TYPE NAME]     blanks around are trimmed
 *   KEY = VALUE               values to 64 KiB, taken as they stand
 *   ; comment, # comment      only as the first thing on a line
 *
 * An indented line is a line like any other, CRLF and a UTF-8 byte order mark
 * are tolerated. libinih drives the reading; none of its limits (line
 * length, section length, inline comments, continuation lines) is left.
 */
#ifndef BELFRY_CONFIG_INI_H
#define BELFRY_CONFIG_INI_H

#include <stddef.h>
#include <stdint.h>

#define INI_VALUE_MAX 65536
#define INI_FILE_MAX  (64U << 20)

enum ini_event_type {
	INI_SECTION,       /* type, name */
	INI_KEY,           /* key, value */
	INI_ERROR,         /* text: one line of the section is wrong */
	INI_SECTION_ERROR, /* text: a section begins that nobody understands */
	INI_FILE_ERROR,    /* text: the whole file is wrong; the only event */
};

/* Strings point into the text that was given, but the error's. */
struct ini_event {
	enum ini_event_type type;
	uint32_t line;
	uint32_t column; /* of a section's type, in characters, from 1 */
	const char *section; /* its type: "job" of "[job backup]" */
	const char *name;    /* "backup"; "" when there is none */
	const char *key;
	const char *value;
	/* "column N: what is wrong; what would be right" */
	const char *text;
};

struct ini_reader {
	const char *example; /* a section as this kind of file has them */
	void (*event)(void *arg, const struct ini_event *event);
	void *arg;
};

/*
 * Reads all of text, len bytes and a NUL behind them, cutting it into strings
 * in place. After an error it goes on with the next line; the keys of a
 * section that is wrong, and those before the first section but one, are left
 * out in silence.
 */
void ini_read(const struct ini_reader *reader, char *text, size_t len);

#endif
