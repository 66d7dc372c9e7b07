/*
 * What plugins have said of themselves, by name, for as long as their files
 * are the same. Asks nobody: who has a book does.
 */
#ifndef BELFRY_PLUGIN_BOOK_H
#define BELFRY_PLUGIN_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "config/job.h"
#include "kind/plugin.h"

struct plugin_entry {
	char *name;
	char *path;
	struct stat is;  /* the file that is to be asked about */
	struct stat was; /* the file that the answer is about */
	bool answered;
	bool good;      /* info is what some file has said */
	uint8_t *bytes; /* owned: info's strings are there */
	struct plugin_info info;
	char *problem; /* owned: why it cannot be used; NULL: it can */
	void *ask;     /* of who asks: it is under way; NULL: it is not */
};

struct plugin_book {
	struct plugin_entry **entries;
	size_t n, cap;
};

void plugin_book_fini(struct plugin_book *book);

/*
 * Looks a plugin up. KNOWN: *info_r; BAD: err; WAIT: its file has to be asked
 * about. *entry_r is its entry, NULL when it has no file. privileged: a file
 * that others than root may write is refused.
 */
struct plugin_lookup {
	const char *dir;
	bool privileged;
};

enum job_plugin
plugin_book_find(struct plugin_book *book, const struct plugin_lookup *lookup,
    const char *name, struct plugin_entry **entry_r, struct err *err);

/* The answer, as PLUGIN_DESCRIBED has it. */
void plugin_entry_take(struct plugin_entry *entry, const void *p, size_t len);

/* There was no answer, and why. */
void plugin_entry_refuse(struct plugin_entry *entry, const char *why);

/* Those that cannot be used are to be asked again. */
void plugin_book_retry(struct plugin_book *book);

#endif
