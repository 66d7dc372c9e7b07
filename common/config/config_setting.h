/* The settings of belfry.conf as one table: section, key, kind, default. */
#ifndef BELFRY_CONFIG_CONFIG_SETTING_H
#define BELFRY_CONFIG_CONFIG_SETTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "config/config.h"
#include "config/job/calendar.h"

#define SETTING_MAX 64

struct job_defaults;

/* A configuration and the strings that it borrows. */
struct setting_file {
	struct config config; /* first: callers hold a pointer to it */
	struct job_defaults *defaults;
	struct calendar_section *calendars; /* owned; the config's */
	size_t calendars_cap;
	struct database_section *databases; /* owned; the config's */
	size_t databases_cap;
	struct notify_section *notify; /* owned; the config's */
	size_t notify_cap;
	struct queue_section *queues; /* owned; the config's */
	size_t queues_cap;
	char **strings; /* owned */
	size_t nstrings, cap;
};

struct setting {
	const char *section, *name;
	/* Keeps a copy of what it needs of value. 0, or -1 with err. */
	int (*parse)(struct setting_file *file, const struct setting *setting,
	    const char *value, struct err *err);
	size_t offset; /* into struct config */
	int64_t min, max;
	const char *fallback; /* NULL: worked out when all is read */
};

/* All but [defaults]; ends with name NULL. */
extern const struct setting settings[];

/*
 * All that is right in a text, *nerrors_r: how much is not. config_free() frees
 * its config.
 */
struct setting_file *setting_read(const char *path, const char *text,
    size_t len, void (*problem)(void *arg, uint32_t line, const char *text),
    void *arg, size_t *nerrors_r);

/* Gives a string of the heap to the file. Returns it. */
const char *setting_keep(struct setting_file *file, char *s);

/*
 * The words of value, parted by commas or blanks, each checked, with one byte
 * between. The file's; NULL with err.
 */
const char *
setting_words(struct setting_file *file, const char *value, char between,
    int (*check)(const char *word, struct err *err), struct err *err);

#endif
