/*
 * The rows of a timeline and their bars. What is too close to be told apart
 * at the scale of the window becomes one bar that counts its runs.
 */
#ifndef BELFRY_MASTER_RECORDER_TIMELINE_ROWS_H
#define BELFRY_MASTER_RECORDER_TIMELINE_ROWS_H

#include <jansson.h>

#include "recorder/store.h"

struct timeline_rows;

/* One run; strings are copied. */
struct timeline_bar {
	const char *run, *job, *host;
	enum outcome outcome;
	int64_t started_us;
	int64_t finished_us; /* 0: it runs */
};

/* resolution_us: what may be joined. */
struct timeline_rows *timeline_rows_new(int64_t resolution_us);
void timeline_rows_free(struct timeline_rows *rows);

/* A row without anything, at its place. */
void timeline_rows_add(struct timeline_rows *rows, const char *name);

/* Into the row of that name, newest first. */
void timeline_rows_bar(struct timeline_rows *rows, const char *name,
    const struct timeline_bar *bar);
void timeline_rows_slot(struct timeline_rows *rows, const char *name,
    const struct store_slot *slot);

/* False: there was no room for all. */
bool timeline_rows_complete(const struct timeline_rows *rows);

/* The rows as an array. */
json_t *timeline_rows_json(const struct timeline_rows *rows);

#endif
