#include "recorder/explain/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int64_t
floor_seconds(int64_t ms)
{
	return ms >= 0 ? ms / 1000 : (ms - 999) / 1000;
}

void
plans_init(struct plans *plans, const char *job)
{
	memset(plans, 0, sizeof(*plans));
	plans->pool = schedule_pool_new(NULL);
	plans->job = xstrdup(job);
}

void
plans_fini(struct plans *plans)
{
	for (size_t i = 0; i < plans->n; i++) {
		for (size_t k = 0; k < plans->all[i].n; k++)
			free(plans->all[i].lines[k].text);
		free(plans->all[i].lines);
		free(plans->all[i].after);
	}
	free(plans->all);
	free(plans->job);
	if (plans->pool != NULL)
		schedule_pool_free(plans->pool);
	memset(plans, 0, sizeof(*plans));
}

/* "enabled=no overlap=skip retries=3 gone=yes": what is not the default. */
static void
take_words(struct plan *plan, char *words)
{
	char *word, *value;

	while ((word = strsep(&words, " ")) != NULL) {
		value = strchr(word, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		if (strcmp(word, "gone") == 0)
			plan->gone = true;
		else if (strcmp(word, "enabled") == 0)
			plan->disabled = strcmp(value, "no") == 0;
		else if (strcmp(word, "overlap") == 0)
			snprintf(
			    plan->overlap, sizeof(plan->overlap), "%s", value);
		else if (strcmp(word, "retries") == 0)
			plan->retries = (int)strtol(value, NULL, 10);
		else if (strcmp(word, "after") == 0 && plan->after == NULL)
			plan->after = xstrdup(value);
	}
}

/*
 * "D,M,G,O,START,END[,MODE,CALENDAR]", as the scheduler's add_rule() writes
 * it. A calendar only leaves out what the ledger then has a row of, unless it
 * moves slots.
 */
static void
take_rule(struct plan_line *line, struct schedule_options *options, char *text)
{
	int64_t v[7] = {0, 0, 0, 0, INT64_MIN, INT64_MAX, CALENDAR_EXCLUDE};
	char *field;

	for (size_t i = 0; i < nitems(v); i++) {
		field = strsep(&text, ",");
		if (field != NULL)
			v[i] = strtoll(field, NULL, 10);
	}
	options->dialect = (enum schedule_dialect)v[0];
	options->day_match = (enum schedule_day_match)v[1];
	options->gap = (enum schedule_gap)v[2];
	options->overlap = (enum schedule_overlap)v[3];
	line->start = v[4];
	line->end = v[5];
	line->moves = v[6] == CALENDAR_NEXT || v[6] == CALENDAR_PREVIOUS;
}

static void
take_schedule(struct plans *plans, struct plan *plan, const char *key,
    char *zone, const char *text)
{
	struct schedule_options options = {.job = plans->job};
	struct plan_line *line;
	struct err err;
	char *rule = zone;

	array_reserve(
	    &plan->lines, &plan->cap, plan->n + 1, sizeof(*plan->lines));
	line = &plan->lines[plan->n++];
	memset(line, 0, sizeof(*line));
	strsep(&rule, " ");
	take_rule(line, &options, rule);
	if (*zone != '\0')
		options.zone = zone;
	line->schedule = schedule_get(plans->pool, text, &options, &err);
	line->anchor_ms = strtoll(key, NULL, 10);
	line->text = xstrdup(text);
}

void
plans_add(struct plans *plans, const struct store_plan *row)
{
	char *copy = xstrdup(row->memo), *rest = copy, *line, *zone, *text;
	struct plan *plan;

	array_reserve(
	    &plans->all, &plans->cap, plans->n + 1, sizeof(*plans->all));
	plan = &plans->all[plans->n++];
	memset(plan, 0, sizeof(*plan));
	plan->since_ms = row->since_ms;
	plan->seen_ms = row->seen_ms;
	plan->ends_ms =
	    row->ends_ms < row->since_ms ? row->ends_ms : row->since_ms;
	while ((line = strsep(&rest, "\n")) != NULL) {
		zone = line;
		strsep(&zone, "\t");
		text = zone;
		if (zone == NULL)
			continue;
		strsep(&text, "\t");
		if (text == NULL)
			continue;
		if (strcmp(line, "=") == 0)
			take_words(plan, text);
		else
			take_schedule(plans, plan, line, zone, text);
	}
	free(copy);
}

const struct plan *
plans_at(const struct plans *plans, int64_t slot_ms)
{
	for (size_t i = 0; i < plans->n; i++)
		if (slot_ms > plans->all[i].since_ms)
			return &plans->all[i];
	return NULL;
}

static struct rule
rule_of(const struct plan_line *line)
{
	return (struct rule){
	    .schedule = line->schedule,
	    .start = line->start,
	    .end = line->end,
	};
}

/* Slot n of @every, from 1, when it is within its window. */
static bool
every_slot(const struct plan_line *line, int64_t n, int64_t *slot_r)
{
	int64_t interval = schedule_interval(line->schedule) * 1000;

	*slot_r = line->anchor_ms + n * interval;
	return n >= 1 && floor_seconds(*slot_r) >= line->start &&
	    floor_seconds(*slot_r) < line->end;
}

/* How many whole intervals there are until ms, at least 0. */
static int64_t
every_count(const struct plan_line *line, int64_t ms)
{
	int64_t interval = schedule_interval(line->schedule) * 1000;

	return ms < line->anchor_ms ? 0 : (ms - line->anchor_ms) / interval;
}

/* The greatest slot of a line before ms. */
static bool
line_prev(const struct plan_line *line, int64_t ms, int64_t *slot_r)
{
	struct rule rule = rule_of(line);
	int64_t sec;

	if (line->schedule == NULL)
		return false;
	switch (schedule_kind(line->schedule)) {
	case SCHEDULE_CRON:
	case SCHEDULE_AT:
		/* Strictly before: a part of a second behind it is enough. */
		if (!rule_prev(&rule, floor_seconds(ms + 999), &sec))
			return false;
		*slot_r = sec * 1000;
		return true;
	case SCHEDULE_EVERY:
		if (line->end < ms / 1000)
			ms = line->end * 1000;
		return every_slot(line, every_count(line, ms - 1), slot_r);
	case SCHEDULE_AFTER:
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
		break;
	}
	return false;
}

/* The least slot of a line after ms. */
static bool
line_next(const struct plan_line *line, int64_t ms, int64_t *slot_r)
{
	struct rule rule = rule_of(line);
	int64_t sec;

	if (line->schedule == NULL)
		return false;
	switch (schedule_kind(line->schedule)) {
	case SCHEDULE_CRON:
	case SCHEDULE_AT:
		if (!rule_next(&rule, floor_seconds(ms), &sec))
			return false;
		*slot_r = sec * 1000;
		return true;
	case SCHEDULE_EVERY:
		if (line->start > ms / 1000)
			ms = line->start * 1000 - 1;
		return every_slot(line, every_count(line, ms) + 1, slot_r);
	case SCHEDULE_AFTER:
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
		break;
	}
	return false;
}

static bool
plan_prev(const struct plan *plan, int64_t ms, int64_t *slot_r)
{
	bool found = false;
	int64_t at;

	for (size_t i = 0; i < plan->n && !plan->gone; i++) {
		if (!line_prev(&plan->lines[i], ms, &at) ||
		    (found && at <= *slot_r))
			continue;
		*slot_r = at;
		found = true;
	}
	return found;
}

static bool
plan_next(const struct plan *plan, int64_t ms, int64_t *slot_r)
{
	bool found = false;
	int64_t at;

	for (size_t i = 0; i < plan->n && !plan->gone; i++) {
		if (!line_next(&plan->lines[i], ms, &at) ||
		    (found && at >= *slot_r))
			continue;
		*slot_r = at;
		found = true;
	}
	return found;
}

bool
plans_prev(const struct plans *plans, int64_t ms, int64_t *slot_r)
{
	for (size_t i = 0; i < plans->n; i++) {
		const struct plan *plan = &plans->all[i];

		if (plan_prev(plan, ms, slot_r) && *slot_r > plan->since_ms)
			return true;
		if (ms > plan->ends_ms)
			ms = plan->ends_ms + 1;
	}
	return false;
}

bool
plans_next(const struct plans *plans, int64_t ms, int64_t *slot_r)
{
	for (size_t i = plans->n; i-- > 0;) {
		const struct plan *plan = &plans->all[i];
		int64_t end = i > 0 ? plans->all[i - 1].ends_ms : INT64_MAX;

		if (ms < plan->since_ms)
			ms = plan->since_ms;
		if (ms < end && plan_next(plan, ms, slot_r) && *slot_r <= end)
			return true;
	}
	return false;
}

bool
plans_is_slot(const struct plans *plans, int64_t ms)
{
	int64_t at;

	return plans_prev(plans, ms + 1, &at) && at == ms;
}

bool
plan_is_clock(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		const struct schedule *s = plan->lines[i].schedule;

		if (s == NULL || plan->lines[i].moves ||
		    schedule_kind(s) == SCHEDULE_AFTER ||
		    schedule_kind(s) == SCHEDULE_REBOOT)
			return false;
	}
	return true;
}

const struct plan_line *
plan_line_of(const struct plan *plan, int64_t slot_ms)
{
	int64_t at;

	if (plan == NULL || plan->n == 0)
		return NULL;
	for (size_t i = 0; i < plan->n; i++)
		if (line_prev(&plan->lines[i], slot_ms + 1, &at) &&
		    at == slot_ms)
			return &plan->lines[i];
	return &plan->lines[0];
}

int32_t
plan_offset(const struct plan *plan, int64_t ms)
{
	if (plan == NULL || plan->n == 0 || plan->lines[0].schedule == NULL)
		return 0;
	return schedule_zone_offset(plan->lines[0].schedule, floor_seconds(ms));
}
