#include "config/job/time.h"

#include <stdio.h>
#include <string.h>

#include "base/timestamp.h"
#include "config/quote.h"
#include "schedule/zone/zone.h"

static int
parse_name(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	const char **field = job_key_field(key, &draft->options);

	if (*value == '\0')
		return err_set(err, "a value is missing");
	*field = strcmp(value, "none") == 0 ? "" : value;
	return 0;
}

static void
print_name(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const char *const *field = job_key_value(key, def->options);

	strbuf_adds(b, *field);
}

const struct job_type job_type_calendar = {false, parse_name, print_name};

/* A time without an offset; a date alone is its first second. */
static int
parse_local(const char *text, struct civil *civil_r)
{
	struct err unused;
	char day[32];

	if (civil_parse(text, civil_r, &unused) == 0)
		return 0;
	if (strlen(text) != strlen("2026-12-31"))
		return -1;
	snprintf(day, sizeof(day), "%s 00:00", text);
	return civil_parse(day, civil_r, &unused);
}

/* Whether it is one can be told now; which instant, when the zone is known. */
static int
parse_instant(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct civil civil;
	int64_t ms;

	if (strcmp(value, "none") != 0 && parse_local(value, &civil) == -1 &&
	    timestamp_parse_ms(value, &ms, err) == -1)
		return -1;
	return parse_name(draft, key, value, line, err);
}

const struct job_type job_type_instant = {false, parse_instant, print_name};

static void
resolve_instant(const char *text, const struct zone *zone, int64_t *s_r)
{
	struct civil civil;
	struct err unused;
	int64_t ms;

	if (*text == '\0')
		return;
	if (parse_local(text, &civil) == 0)
		*s_r =
		    zone_from_local(zone, civil_to_seconds(&civil), NULL, NULL);
	else if (timestamp_parse_ms(text, &ms, &unused) == 0)
		*s_r = ms / 1000 - (ms % 1000 < 0);
}

static int
resolve_window(
    struct job_options *o, struct schedule_pool *pool, struct err *err)
{
	const struct zone *zone;

	o->start_s = INT64_MIN;
	o->end_s = INT64_MAX;
	if (*o->start_at == '\0' && *o->end_at == '\0')
		return 0;
	zone = schedule_pool_zone(
	    pool, *o->timezone != '\0' ? o->timezone : NULL, err);
	if (zone == NULL)
		return 0; /* has been told */
	resolve_instant(o->start_at, zone, &o->start_s);
	resolve_instant(o->end_at, zone, &o->end_s);
	if (o->start_s >= o->end_s)
		return err_set(err,
		    "end-at is not after start-at: no slot is between them");
	return 0;
}

int
job_time_resolve(struct job_draft *draft, struct schedule_pool *pool,
    const struct job_calendars *calendars, const char **key_r, struct err *err)
{
	struct job_options *o = &draft->options;
	char quoted[QUOTE_SIZE];

	*key_r = "end-at";
	if (resolve_window(o, pool, err) == -1)
		return -1;
	o->calendar = NULL;
	if (*o->calendar_name == '\0')
		return 0;
	*key_r = "calendar";
	o->calendar = job_calendars_find(calendars, o->calendar_name, err);
	if (o->calendar == NULL)
		return err_prefix(
		    err, "calendar %s", quote(quoted, o->calendar_name));
	return 0;
}

void
job_time_options(const struct job_draft *draft, const char *job,
    struct schedule_options *options_r)
{
	const struct job_options *o = &draft->options;

	*options_r = (struct schedule_options){
	    .zone = *o->timezone != '\0' ? o->timezone : NULL,
	    .job = job,
	    .dialect = (enum schedule_dialect)o->dialect,
	    .day_match = (enum schedule_day_match)o->day_match,
	    .gap = (enum schedule_gap)o->dst_gap,
	    .overlap = (enum schedule_overlap)o->dst_overlap,
	};
}
