/* What schedules depend on besides their text: files of others. */
#include "base/log.h"
#include "config/config.h"
#include "config/job/calendar.h"
#include "schedule/zone/zone.h"
#include "scheduler/master.h"

static void
log_calendar(void *arg, uint32_t line, const char *text)
{
	const struct master *m = arg;

	log_error("%s:%u: %s", m->config->path, line, text);
}

void
refresh_files(struct master *m)
{
	struct jobs *jobs = &m->jobs;
	struct job_calendars *old = jobs->calendars;
	struct err err = {""};

	if (jobs->set != NULL && schedule_pool_refresh(jobs->pool, &err) == -1)
		log_error("%s; it stays as it was", err.text);
	jobs->calendars = job_calendars_load(m->config->calendars,
	    m->config->ncalendars, jobs->pool, old, log_calendar, m);
	job_calendars_free(old);
}

bool
refresh_moved(const struct job_def *def)
{
	const struct job_calendar *calendar = def->options->calendar;

	for (unsigned i = 0; i < def->nschedules; i++)
		if (schedule_zone(def->schedules[i])->changed)
			return true;
	return calendar != NULL && calendar->zone != NULL &&
	    calendar->zone->changed;
}
