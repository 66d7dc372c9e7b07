/*
 * The store that is tested: a file of SQLite, or PostgreSQL when
 * BELFRY_TEST_CONNINFO says where a server is. The same tests for both.
 */
#ifndef BELFRY_T_RECORDER_KIND_H
#define BELFRY_T_RECORDER_KIND_H

#include <event2/event.h>
#include <stdbool.h>

#include "base/strbuf.h"
#include "recorder/store.h"

/* NULL: SQLite. */
const char *kind_conninfo(void);

/* Removes all that earlier tests left in the database. */
void kind_clean(void);

/* A store that is empty and can be used; path is for SQLite. */
struct store *kind_open(struct event_base *base, const char *path);

/* An empty store and a loop, in a directory of its own. */
struct kind {
	char dir[32];
	char path[64]; /* SQLite's file */
	struct event_base *base;
	struct store *store;
};

/* Makes all of it. */
void kind_begin(struct kind *kind);

/* Closes and removes all of it; nothing else may be in the directory. */
void kind_end(struct kind *kind);

/* Runs the loop until an answer of the store has set done, and unsets it. */
void kind_wait(struct event_base *base, bool *done);

/* Commits, and waits for it; fails the test when it fails. */
void kind_commit(struct event_base *base, struct store *store);

/* Runs SQL beside the store; b gets the first column of each row, a line
 * each, when it is not NULL. False: it failed. */
bool kind_sql(const char *path, const char *text, struct strbuf *b);

/* The same of the file alone. */
long kind_file_number(const char *path, const char *text);

/* The first number of the first row. */
long kind_number(const char *path, const char *text);

#endif
