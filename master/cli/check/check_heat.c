#include "cli/check/check_heat.h"

#include <stdio.h>

#include "base/timestamp.h"

/* More of a herd are only counted. */
#define SHOWN 10

static const char *
format_busiest(const struct job_heat *heat, char *buf)
{
	return timestamp_format_offset(buf, heat->busiest,
	    zone_offset_at(heat->zone, heat->busiest),
	    zone_name_is_utc(heat->zone->name));
}

static void
print_days(const struct job_heat *heat)
{
	static const char *const names[] = {
	    "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	struct civil c;

	printf("\njobs that fire in each hour, by the clock of %s\n     ",
	    heat->zone->name);
	for (int day = 0; day < HEAT_DAYS; day++) {
		civil_from_days(heat->day + day, &c);
		printf("   %s %02d", names[(heat->day + day) % 7], c.day);
	}
	putchar('\n');
}

static void
print_hours(const struct job_heat *heat)
{
	for (int hour = 0; hour < HEAT_HOURS; hour++) {
		printf("%02d:00", hour);
		for (int day = 0; day < HEAT_DAYS; day++)
			if (heat->jobs[day][hour] > 0)
				printf(" %8u", heat->jobs[day][hour]);
			else
				printf("        .");
		putchar('\n');
	}
}

static void
print_spread(const struct job_heat *heat)
{
	if (heat->nspread == 0)
		return;
	printf("H would spread %zu of them:\n", heat->nspread);
	for (size_t i = 0; i < heat->nspread && i < SHOWN; i++) {
		const struct heat_job *job = &heat->spread[i];

		printf("  %s: %s -> %s\n", job->def->name,
		    job_def_schedule_text(job->def, job->schedule),
		    job->instead);
	}
	if (heat->nspread > SHOWN)
		printf("  and %zu more\n", heat->nspread - SHOWN);
}

void
check_heat_print(const struct job_heat *heat)
{
	char when[TIMESTAMP_TEXT_MAX];

	print_days(heat);
	print_hours(heat);
	if (heat->busiest_jobs > 0)
		printf("busiest second: %s, %u job%s\n",
		    format_busiest(heat, when), heat->busiest_jobs,
		    heat->busiest_jobs == 1 ? "" : "s");
	print_spread(heat);
	if (heat->uncounted > 0)
		printf("not counted: %u job%s with intervals, whose phase only "
		       "the daemon knows\n",
		    heat->uncounted, heat->uncounted == 1 ? "" : "s");
}

static json_t *
json_days(const struct job_heat *heat)
{
	json_t *days = json_array(), *hours;
	char date[32];
	struct civil c;

	for (int day = 0; day < HEAT_DAYS; day++) {
		civil_from_days(heat->day + day, &c);
		snprintf(date, sizeof(date), "%04d-%02d-%02d", c.year, c.month,
		    c.day);
		hours = json_array();
		for (int hour = 0; hour < HEAT_HOURS; hour++)
			json_array_append_new(
			    hours, json_integer(heat->jobs[day][hour]));
		json_array_append_new(days,
		    json_pack("{s:s, s:o}", "date", date, "hours", hours));
	}
	return days;
}

static json_t *
json_busiest(const struct job_heat *heat)
{
	json_t *list = json_array();
	char when[TIMESTAMP_TEXT_MAX];

	if (heat->busiest_jobs == 0) {
		json_decref(list);
		return json_null();
	}
	for (size_t i = 0; i < heat->nspread; i++) {
		const struct heat_job *job = &heat->spread[i];

		json_array_append_new(list,
		    json_pack("{s:s, s:s*, s:i, s:s, s:s}", "job",
			job->def->name, "file", job->def->source->path, "line",
			(int)job->def->line, "schedule",
			job_def_schedule_text(job->def, job->schedule),
			"instead", job->instead));
	}
	return json_pack("{s:s, s:i, s:o}", "at", format_busiest(heat, when),
	    "jobs", (int)heat->busiest_jobs, "spread", list);
}

json_t *
check_heat_json(const struct job_heat *heat)
{
	return json_pack("{s:s, s:o, s:o, s:i}", "zone", heat->zone->name,
	    "days", json_days(heat), "busiest", json_busiest(heat), "uncounted",
	    (int)heat->uncounted);
}
