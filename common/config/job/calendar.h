/*
 * The calendars that jobs name: what [calendar NAME] says in belfry.conf, and
 * the days that come of it. One that did not change stays the same object
 * over reloads.
 */
#ifndef BELFRY_CONFIG_JOB_CALENDAR_H
#define BELFRY_CONFIG_JOB_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "schedule/calendar.h"
#include "schedule/schedule.h"

enum calendar_key {
	CALENDAR_DATES,
	CALENDAR_WEEKDAYS,
	CALENDAR_FILE,
	CALENDAR_TIMEZONE,
};

/* One line of a section. */
struct calendar_item {
	enum calendar_key key;
	const char *value; /* a file's path is absolute */
	uint32_t line;
};

/* A section as it was read; strings are the configuration's. */
struct calendar_section {
	const char *name;
	uint32_t line;
	struct calendar_item *items; /* owned */
	size_t nitems, cap;
};

/* Counted by reference; immutable but for its count. */
struct job_calendar {
	unsigned refs;
	char *name;              /* owned */
	struct calendar *days;   /* owned; NULL: it could not be read */
	const struct zone *zone; /* the pool's; NULL: that of the schedule */
	uint64_t hash;           /* of days and the name of the zone */
};

void job_calendar_ref(const struct job_calendar *calendar);
void job_calendar_release(const struct job_calendar *calendar);

struct job_calendars;

/*
 * Reads the files of n sections. previous, or NULL: those in force, of which
 * the good ones stay when they cannot be read now. Calls problem for each
 * calendar that is wrong, with the configuration file's line.
 */
struct job_calendars *
job_calendars_load(const struct calendar_section *sections, size_t n,
    struct schedule_pool *pool, const struct job_calendars *previous,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);
void job_calendars_free(struct job_calendars *calendars);

/*
 * The calendar of that name, borrowed. NULL with err: unknown, or it could
 * not be read. calendars may be NULL.
 */
const struct job_calendar *job_calendars_find(
    const struct job_calendars *calendars, const char *name, struct err *err);

/* Appends text that is equal when, and only when, all calendars are. */
void
job_calendars_print(const struct job_calendars *calendars, struct strbuf *b);

#endif
