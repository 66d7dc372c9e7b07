#include "config/job/calendar.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/quote.h"
#include "schedule/hash.h"
#include "schedule/zone/zone.h"

struct job_calendars {
	const struct job_calendar **items; /* references */
	size_t n;
};

void
job_calendar_ref(const struct job_calendar *calendar)
{
	if (calendar != NULL)
		((struct job_calendar *)(uintptr_t)calendar)->refs++;
}

void
job_calendar_release(const struct job_calendar *calendar)
{
	struct job_calendar *c = (struct job_calendar *)(uintptr_t)calendar;

	if (c == NULL || --c->refs > 0)
		return;
	calendar_free(c->days);
	free(c->name);
	free(c);
}

static int
add_item(struct job_calendar *c, const struct calendar_item *item,
    struct schedule_pool *pool, struct err *err)
{
	switch (item->key) {
	case CALENDAR_DATES:
		return calendar_add_dates(c->days, item->value, err);
	case CALENDAR_WEEKDAYS:
		return calendar_add_weekdays(c->days, item->value, err);
	case CALENDAR_FILE:
		return calendar_add_file(c->days, item->value, err);
	case CALENDAR_TIMEZONE:
		c->zone = schedule_pool_zone(pool, item->value, err);
		return c->zone != NULL ? 0 : -1;
	}
	return -1;
}

static void
set_hash(struct job_calendar *c)
{
	const char *zone = c->zone != NULL ? c->zone->name : "";
	uint64_t days = calendar_hash(c->days), h;

	h = hash_add(HASH_INIT, &days, sizeof(days));
	c->hash = hash_finish(hash_add(h, zone, strlen(zone)));
}

static const struct job_calendar *
find(const struct job_calendars *calendars, const char *name)
{
	for (size_t i = 0; calendars != NULL && i < calendars->n; i++)
		if (strcmp(calendars->items[i]->name, name) == 0)
			return calendars->items[i];
	return NULL;
}

/* What was in force goes on when it is the same, or when the new one is bad. */
static const struct job_calendar *
settle(struct job_calendar *fresh, const struct job_calendar *old)
{
	if (old == NULL || old->days == NULL ||
	    (fresh->days != NULL && fresh->hash != old->hash))
		return fresh;
	job_calendar_release(fresh);
	job_calendar_ref(old);
	return old;
}

static struct job_calendar *
make(const struct calendar_section *section, struct schedule_pool *pool,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct job_calendar *c = xcalloc(1, sizeof(*c));
	struct err err = {""};
	bool bad = false;

	c->refs = 1;
	c->name = xstrdup(section->name);
	c->days = calendar_new();
	for (size_t i = 0; i < section->nitems; i++) {
		if (add_item(c, &section->items[i], pool, &err) == 0)
			continue;
		err_prefix(&err, "calendar %s", section->name);
		problem(arg, section->items[i].line, err.text);
		bad = true;
	}
	if (bad) {
		calendar_free(c->days);
		c->days = NULL;
	} else {
		set_hash(c);
	}
	return c;
}

struct job_calendars *
job_calendars_load(const struct calendar_section *sections, size_t n,
    struct schedule_pool *pool, const struct job_calendars *previous,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct job_calendars *calendars = xcalloc(1, sizeof(*calendars));

	if (n > 0)
		calendars->items = xcalloc(n, sizeof(*calendars->items));
	for (size_t i = 0; i < n; i++)
		calendars->items[calendars->n++] =
		    settle(make(&sections[i], pool, problem, arg),
			find(previous, sections[i].name));
	return calendars;
}

void
job_calendars_free(struct job_calendars *calendars)
{
	if (calendars == NULL)
		return;
	for (size_t i = 0; i < calendars->n; i++)
		job_calendar_release(calendars->items[i]);
	free(calendars->items);
	free(calendars);
}

const struct job_calendar *
job_calendars_find(
    const struct job_calendars *calendars, const char *name, struct err *err)
{
	const struct job_calendar *c = find(calendars, name);
	char text[QUOTE_SIZE];
	struct suggest s;

	if (c != NULL && c->days != NULL)
		return c;
	if (c != NULL) {
		err_set(err, "this calendar has errors in belfry.conf");
		return NULL;
	}
	suggest_init(&s, name);
	for (size_t i = 0; calendars != NULL && i < calendars->n; i++)
		suggest_try(&s, calendars->items[i]->name);
	err_set(err, "unknown calendar; belfry.conf has no [calendar %.128s]%s",
	    name, suggest_text(text, &s));
	return NULL;
}

void
job_calendars_print(const struct job_calendars *calendars, struct strbuf *b)
{
	for (size_t i = 0; calendars != NULL && i < calendars->n; i++)
		strbuf_addf(b, "%s %d %" PRIx64 "\n", calendars->items[i]->name,
		    calendars->items[i]->days != NULL,
		    calendars->items[i]->hash);
}
