#include "config/set/heat.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "config/set/herd.h"

#define HOUR   3600
#define DAY    86400
#define DIGITS "0123456789"

/* Which hours of the week; a bit each, a word a day. */
struct hours {
	uint32_t days[HEAT_DAYS];
};

static int64_t
week_end(const struct job_heat *heat)
{
	return zone_from_local(
	    heat->zone, (heat->day + HEAT_DAYS) * DAY, NULL, NULL);
}

static int64_t
week_begin(const struct job_heat *heat)
{
	return zone_from_local(heat->zone, heat->day * DAY, NULL, NULL);
}

/* Marks the hour of t; the last second of it. */
static int64_t
mark(const struct job_heat *heat, int64_t t, struct hours *hours)
{
	int64_t local = t + zone_offset_at(heat->zone, t);
	int64_t day = local / DAY - heat->day;

	if (day >= 0 && day < HEAT_DAYS)
		hours->days[day] |= 1U << local % DAY / HOUR;
	return t - local % HOUR + HOUR - 1;
}

static void
mark_fires(
    const struct job_heat *heat, const struct rule *rule, struct hours *hours)
{
	int64_t t = week_begin(heat) - 1, end = week_end(heat);

	while (rule_next(rule, t, &t) && t < end)
		t = mark(heat, t, hours);
}

/* An interval fires in each hour when it is no longer than one. */
static void
mark_interval(
    const struct job_heat *heat, const struct rule *rule, struct hours *hours)
{
	int64_t end = week_end(heat);

	for (int64_t t = week_begin(heat); t < end; t++) {
		struct hours ignored = {{0}};

		if (t < rule->end && t + HOUR > rule->start &&
		    !rule_leaves_out(rule, t))
			t = mark(heat, t, hours);
		else
			t = mark(heat, t, &ignored);
	}
}

/* False: nobody knows here when it fires. */
static bool
mark_rule(
    const struct job_heat *heat, const struct rule *rule, struct hours *hours)
{
	switch (schedule_kind(rule->schedule)) {
	case SCHEDULE_CRON:
	case SCHEDULE_AT:
		mark_fires(heat, rule, hours);
		return true;
	case SCHEDULE_EVERY:
		if (schedule_interval(rule->schedule) > HOUR)
			return false;
		mark_interval(heat, rule, hours);
		return true;
	case SCHEDULE_AFTER:
		return false;
	case SCHEDULE_REBOOT:
	case SCHEDULE_MANUAL:
		break;
	}
	return true;
}

static void
count_job(struct job_heat *heat, const struct job_def *def)
{
	struct hours hours = {{0}};
	bool known = true;
	struct rule rule;

	for (size_t i = 0; i < def->nschedules; i++) {
		job_def_rule(def, i, &rule);
		known &= mark_rule(heat, &rule, &hours);
	}
	heat->uncounted += !known;
	for (size_t day = 0; day < HEAT_DAYS; day++)
		for (size_t hour = 0; hour < HEAT_HOURS; hour++)
			heat->jobs[day][hour] += hours.days[day] >> hour & 1;
}

/* The end of field n of an expression, its beginning in *begin_r. */
static const char *
field(const char *text, int n, const char **begin_r)
{
	const char *end = text;

	do {
		*begin_r = end + strspn(end, " \t");
		end = *begin_r + strcspn(*begin_r, " \t");
	} while (n-- > 0);
	return end;
}

static const char *
fields_of(const char *name)
{
	static const struct {
		const char *name, *fields;
	} names[] = {
	    {"@hourly", "0 * * * *"},
	    {"@daily", "0 0 * * *"},
	    {"@midnight", "0 0 * * *"},
	    {"@weekly", "0 0 * * 0"},
	    {"@monthly", "0 0 1 * *"},
	};

	for (size_t i = 0; i < nitems(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].fields;
	return *name != '@' ? name : NULL;
}

char *
job_heat_instead(const char *schedule)
{
	const char *text = schedule, *begin, *end, *rest;
	int n = 0;

	if (strncmp(text, "TZ=", 3) == 0 || strncmp(text, "CRON_TZ=", 8) == 0)
		end = field(text, 0, &begin), text = end + strspn(end, " \t");
	rest = fields_of(text);
	if (rest == NULL)
		return NULL;
	for (begin = rest; *begin != '\0'; n++)
		end = field(rest, n + 1, &begin);
	end = field(rest, n == 5 ? 0 : 1, &begin);
	/* 0 and STAR/5: H and H/5. */
	if (n < 5 || n > 7)
		return NULL;
	if (strncmp(begin, "*/", 2) == 0)
		return xasprintf("%.*s%.*sH%s", (int)(text - schedule),
		    schedule, (int)(begin - rest), rest, begin + 1);
	if (strspn(begin, DIGITS) != (size_t)(end - begin))
		return NULL;
	return xasprintf("%.*s%.*sH%s", (int)(text - schedule), schedule,
	    (int)(begin - rest), rest, end);
}

static int
by_place(const void *a, const void *b)
{
	const struct heat_job *x = a, *y = b;

	if (x->def->source != y->def->source)
		return strcmp(x->def->source->path, y->def->source->path);
	return x->def->line < y->def->line ? -1 : x->def->line > y->def->line;
}

static void
add_spread(struct job_heat *heat, const struct job_use *use)
{
	const struct job_def *def = use->def;
	char *instead;
	size_t i = 0;

	while (def->schedules[i] != use->schedule)
		i++;
	if (def->options->dialect != SCHEDULE_DIALECT_CRON)
		return;
	instead = job_heat_instead(job_def_schedule_text(def, i));
	if (instead == NULL)
		return;
	array_reserve(&heat->spread, &heat->cap, heat->nspread + 1,
	    sizeof(*heat->spread));
	heat->spread[heat->nspread++] = (struct heat_job){def, i, instead};
}

static void
find_busiest(struct job_heat *heat, const struct job_set *set)
{
	int64_t begin = week_begin(heat), end = week_end(heat);
	uint32_t *counts;
	struct job_use *uses;
	size_t n, fullest = 0;

	uses = job_uses(set, &n);
	counts = job_herd_count(uses, n, begin - 1, end - begin);
	for (size_t i = 0; i < (size_t)(end - begin); i++)
		if (counts[i] > counts[fullest])
			fullest = i;
	heat->busiest = begin + (int64_t)fullest;
	heat->busiest_jobs = counts[fullest];
	for (size_t i = 0; i < n && heat->busiest_jobs > 1; i++)
		if (job_use_fires(&uses[i], heat->busiest))
			add_spread(heat, &uses[i]);
	if (heat->nspread > 0)
		qsort(heat->spread, heat->nspread, sizeof(*heat->spread),
		    by_place);
	free(counts);
	free(uses);
}

void
job_heat_count(const struct job_set *set, const struct zone *zone, int64_t now,
    struct job_heat *heat_r)
{
	int64_t local = now + zone_offset_at(zone, now);

	memset(heat_r, 0, sizeof(*heat_r));
	heat_r->zone = zone;
	heat_r->day = local / DAY;
	for (size_t i = 0; i < job_set_count(set); i++) {
		const struct job_def *def = job_set_at(set, i);

		if (def->options->enabled != 0)
			count_job(heat_r, def);
	}
	find_busiest(heat_r, set);
}

void
job_heat_fini(struct job_heat *heat)
{
	for (size_t i = 0; i < heat->nspread; i++)
		free(heat->spread[i].instead);
	free(heat->spread);
	memset(heat, 0, sizeof(*heat));
}
