/*
 * When a job is due: tables of keys, the time from which on it is known, and
 * what comes then, in order. What is decided moves the job's mark, as in the
 * scheduler; nothing runs, so @after counts from the mark.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../config/support.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "config/config.h"
#include "config/job/calendar.h"
#include "schedule/hash.h"
#include "scheduler/clock/due.h"
#include "scheduler/jobs/memory.h"
#include "scheduler/runs/outbox.h"

#define CONF                                                                   \
	"[calendar xmas]\ndates = 12-25..12-26\n"                              \
	"[calendar weekend]\nweekdays = SAT SUN\ntimezone = UTC\n"

struct fixture {
	struct scratch scratch;
	struct config *config;
	struct job_calendars *calendars;
	struct job_set *set;
	struct jobs jobs;
	struct job job;
};

bool
jobs_is_busy(const struct job *job)
{
	return job->active > 0;
}

/* The rest of the scheduler is not here. */
struct job *
jobs_find(const struct jobs *jobs, const char *name)
{
	return NULL;
}

void
outbox_job(struct master *m, const struct record_job *record)
{
}

static void
never(void *arg, uint32_t line, const char *text)
{
	fail_msg("%s", text);
}

static int64_t
ms(const char *text)
{
	struct err err;
	int64_t t;

	if (timestamp_parse_ms(text, &t, &err) == -1)
		fail_msg("%s: %s", text, err.text);
	return t;
}

/* A job with these keys that was first seen at a time. */
static void
begin(struct fixture *f, const char *keys, const char *from)
{
	struct job_set_options options = {0};
	char *text = xasprintf("[job j]\ncommand = c\n%s\n", keys);
	struct strbuf b = STRBUF_INIT;
	struct err err;

	memset(f, 0, sizeof(*f));
	scratch_init(&f->scratch);
	f->config = config_parse("c", CONF, strlen(CONF), &err);
	assert_non_null(f->config);
	f->calendars = job_calendars_load(f->config->calendars,
	    f->config->ncalendars, f->scratch.pool, NULL, never, NULL);
	scratch_write(&f->scratch, "a.ini", text);
	free(text);
	options.calendars = f->calendars;
	f->set =
	    job_set_load(f->scratch.dir, f->scratch.pool, &options, NULL, &err);
	if (job_set_count(f->set) != 1)
		fail_msg("%s", problems_text(&f->scratch, f->set, &b));
	f->job.def = job_set_at(f->set, 0);
	f->job.name = f->job.def->name;
	f->job.hwm_ms = ms(from);
	memo_apply(&f->jobs, &f->job, "", ms(from));
}

static void
end(struct fixture *f)
{
	free(f->job.anchors);
	job_set_free(f->set);
	job_calendars_free(f->calendars);
	config_free(f->config);
	scratch_fini(&f->scratch);
}

/* What comes next, n times: "slot TIME", "calendar TIME" or "gap TIME". */
static const char *
walk(struct fixture *f, int n, struct strbuf *b)
{
	static const char *const kinds[] = {
	    [DUE_SLOT] = "slot",
	    [DUE_CALENDAR] = "calendar",
	    [DUE_GAP] = "gap",
	};
	char text[TIMESTAMP_TEXT_MAX];
	struct due due;

	strbuf_reset(b);
	for (; n > 0; n--) {
		if (!due_next(&f->job, &due)) {
			strbuf_adds(b, "never\n");
			break;
		}
		strbuf_addf(b, "%s %s\n", kinds[due.kind],
		    timestamp_format_ms(text, due.at_ms));
		f->job.hwm_ms = due.at_ms;
	}
	return strbuf_str(b);
}

#define UTC "timezone = UTC\n"
#define NY  "timezone = America/New_York\n"

static const struct {
	const char *keys, *from, *want;
} walks[] = {
    /* Several schedules; times that meet are one. */
    {UTC "schedule = 0 3 * * *\nschedule = 0 */3 * * *", "2030-06-03T01:00:00Z",
	"slot 2030-06-03T03:00:00Z\nslot 2030-06-03T06:00:00Z\n"},
    {UTC "schedule = @every 10s\nschedule = @every 4s", "2030-06-03T00:00:00Z",
	"slot 2030-06-03T00:00:04Z\nslot 2030-06-03T00:00:08Z\n"
	"slot 2030-06-03T00:00:10Z\nslot 2030-06-03T00:00:12Z\n"},
    {UTC "schedule = @after 5s\nschedule = @at 2030-06-03T00:00:03Z",
	"2030-06-03T00:00:00.250Z",
	"slot 2030-06-03T00:00:03Z\nslot 2030-06-03T00:00:08Z\n"},
    {"schedule = @manual", "2030-06-03T00:00:00Z", "never\n"},
    /* first = now */
    {"schedule = @every 1h\nfirst = now", "2030-06-03T00:00:00.250Z",
	"slot 2030-06-03T00:00:01Z\nslot 2030-06-03T01:00:01Z\n"},
    {"schedule = @after 1h\nfirst = now", "2030-06-03T00:00:00.250Z",
	"slot 2030-06-03T00:00:01Z\nslot 2030-06-03T01:00:01Z\n"},
    /* Windows. */
    {UTC "schedule = 0 * * * *\nstart-at = 2030-06-03 02:00\n"
	 "end-at = 2030-06-03T04:00:00Z",
	"2030-06-03T00:00:00Z",
	"slot 2030-06-03T02:00:00Z\nslot 2030-06-03T03:00:00Z\nnever\n"},
    {"schedule = @every 7m\nstart-at = 2030-06-03T01:00:00Z",
	"2030-06-03T00:00:00Z",
	"slot 2030-06-03T01:00:00Z\nslot 2030-06-03T01:07:00Z\n"},
    {"schedule = @every 7m\nstart-at = 2030-06-03T01:00:00Z",
	"2030-06-03T01:30:30Z",
	"slot 2030-06-03T01:35:00Z\nslot 2030-06-03T01:42:00Z\n"},
    {"schedule = @every 7m\nend-at = 2030-06-03T00:14:00Z",
	"2030-06-03T00:00:00Z", "slot 2030-06-03T00:07:00Z\nnever\n"},
    {"schedule = @after 1m\nstart-at = 2030-06-03T01:00:00Z\n"
     "end-at = 2030-06-03T01:01:30Z",
	"2030-06-03T00:00:00Z",
	"slot 2030-06-03T01:00:00Z\nslot 2030-06-03T01:01:00Z\nnever\n"},
    /* Calendars. */
    {UTC "schedule = 0 3 * * *\ncalendar = xmas", "2030-12-24T00:00:00Z",
	"slot 2030-12-24T03:00:00Z\ncalendar 2030-12-25T03:00:00Z\n"
	"calendar 2030-12-26T03:00:00Z\nslot 2030-12-27T03:00:00Z\n"},
    {UTC "schedule = 0 3 * * *\ncalendar = xmas\ncalendar-mode = include",
	"2030-12-24T00:00:00Z",
	"calendar 2030-12-24T03:00:00Z\nslot 2030-12-25T03:00:00Z\n"
	"slot 2030-12-26T03:00:00Z\ncalendar 2030-12-27T03:00:00Z\n"},
    {UTC "schedule = 0 3 25 * *\ncalendar = xmas\ncalendar-mode = next",
	"2030-12-24T00:00:00Z",
	"slot 2030-12-27T03:00:00Z\nslot 2031-01-25T03:00:00Z\n"},
    {UTC "schedule = 0 3 26 * *\ncalendar = xmas\ncalendar-mode = previous",
	"2030-12-01T00:00:00Z",
	"slot 2030-12-24T03:00:00Z\nslot 2031-01-26T03:00:00Z\n"},
    {UTC "schedule = @every 12h\ncalendar = xmas\ncalendar-mode = next",
	"2030-12-24T06:00:00Z",
	"slot 2030-12-24T18:00:00Z\ncalendar 2030-12-25T06:00:00Z\n"
	"calendar 2030-12-25T18:00:00Z\ncalendar 2030-12-26T06:00:00Z\n"
	"calendar 2030-12-26T18:00:00Z\nslot 2030-12-27T06:00:00Z\n"},
    {UTC "schedule = @after 1d\ncalendar = xmas", "2030-12-24T06:00:00Z",
	"calendar 2030-12-25T06:00:00Z\ncalendar 2030-12-26T06:00:00Z\n"
	"slot 2030-12-27T06:00:00Z\n"},
    /* The calendar's zone decides the date, not the schedule's. */
    {NY "schedule = 30 20 * * FRI\ncalendar = weekend", "2030-06-01T12:00:00Z",
	"calendar 2030-06-08T00:30:00Z\n"},
    {UTC "schedule = 0 3 * * *\ncalendar = xmas\n"
	 "start-at = 2030-12-26\nend-at = 2030-12-28",
	"2030-12-24T00:00:00Z",
	"calendar 2030-12-26T03:00:00Z\nslot 2030-12-27T03:00:00Z\nnever\n"},
    /* Gaps: 10 March 2030, 07:00Z. */
    {NY "schedule = 30 2 * * *", "2030-03-10T00:00:00Z",
	"slot 2030-03-10T07:00:00Z\nslot 2030-03-11T06:30:00Z\n"},
    {NY "schedule = */30 2 * * *", "2030-03-10T00:00:00Z",
	"gap 2030-03-10T07:00:00Z\nslot 2030-03-11T06:00:00Z\n"},
    {NY "schedule = */30 2 * * *\nschedule = 0 3 * * *", "2030-03-10T00:00:00Z",
	"slot 2030-03-10T07:00:00Z\nslot 2030-03-11T06:00:00Z\n"},
    {NY "schedule = 30 2 * * *\ndst-gap = skip", "2030-03-10T00:00:00Z",
	"gap 2030-03-10T07:00:00Z\nslot 2030-03-11T06:30:00Z\n"},
    {NY "schedule = */30 2 * * *\ndst-gap = run", "2030-03-10T00:00:00Z",
	"slot 2030-03-10T07:00:00Z\nslot 2030-03-11T06:00:00Z\n"},
    {NY "schedule = */30 2 * * *\nend-at = 2030-03-10T07:00:00Z",
	"2030-03-10T00:00:00Z", "never\n"},
    {NY "schedule = */30 2 * * *\ncalendar = weekend", "2030-03-10T00:00:00Z",
	"slot 2030-03-11T06:00:00Z\nslot 2030-03-11T06:30:00Z\n"},
    {NY "schedule = 30 1 * * *", "2030-11-03T00:00:00Z",
	"slot 2030-11-03T05:30:00Z\nslot 2030-11-04T06:30:00Z\n"},
    {NY "schedule = 30 1 * * *\ndst-overlap = both", "2030-11-03T00:00:00Z",
	"slot 2030-11-03T05:30:00Z\nslot 2030-11-03T06:30:00Z\n"},
    /* Dialects and day-match. */
    {UTC "dialect = quartz\nschedule = 0 0 9 ? * 2-6", "2030-06-01T00:00:00Z",
	"slot 2030-06-03T09:00:00Z\nslot 2030-06-04T09:00:00Z\n"},
    {UTC "day-match = both\nschedule = 0 0 13 * FRI", "2030-06-01T00:00:00Z",
	"slot 2030-09-13T00:00:00Z\nslot 2030-12-13T00:00:00Z\n"},
};

static void
what_comes(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct fixture f;
	int n;

	for (size_t i = 0; i < nitems(walks); i++) {
		begin(&f, walks[i].keys, walks[i].from);
		n = 0;
		for (const char *p = walks[i].want; *p != '\0'; p++)
			n += *p == '\n';
		if (strcmp(walk(&f, n, &b), walks[i].want) != 0)
			fail_msg("%s:\n%s", walks[i].keys, b.s);
		end(&f);
	}
	strbuf_fini(&b);
}

static const struct {
	const char *keys, *from, *until, *last;
	int64_t count;
} stretches[] = {
    {UTC "schedule = 0 3 * * *", "2030-06-03T00:00:00Z", "2030-06-03T12:00:00Z",
	"2030-06-03T03:00:00Z", 1},
    {UTC "schedule = 0 * * * *\nschedule = 30 3 * * *", "2030-06-03T00:00:00Z",
	"2030-06-03T04:00:00Z", "2030-06-03T04:00:00Z", 5},
    {UTC "schedule = * * * * * *", "2030-06-03T00:00:00Z",
	"2030-06-03T04:00:00Z", "2030-06-03T04:00:00Z", 0},
    /* The calendar and gaps end one. */
    {UTC "schedule = 0 3 * * *\ncalendar = xmas", "2030-12-20T00:00:00Z",
	"2030-12-31T00:00:00Z", "2030-12-24T03:00:00Z", 5},
    {UTC "schedule = 0 3 * * *\ncalendar = xmas", "2030-12-24T12:00:00Z",
	"2030-12-31T00:00:00Z", "2030-12-26T03:00:00Z", 2},
    {NY "schedule = */30 2 * * *", "2030-03-08T12:00:00Z",
	"2030-03-12T12:00:00Z", "2030-03-09T07:30:00Z", 2},
    {"schedule = @every 10m", "2030-06-03T00:00:00Z", "2030-06-03T01:05:00Z",
	"2030-06-03T01:00:00Z", 6},
    {UTC "schedule = @every 12h\ncalendar = xmas", "2030-12-23T18:00:00Z",
	"2030-12-31T00:00:00Z", "2030-12-24T18:00:00Z", 2},
    {"schedule = @after 10m", "2030-06-03T00:00:00Z", "2030-06-03T01:05:00Z",
	"2030-06-03T00:10:00Z", 1},
    {UTC "schedule = 0 * * * *\nend-at = 2030-06-03 03:00",
	"2030-06-03T00:00:00Z", "2030-06-05T00:00:00Z", "2030-06-03T02:00:00Z",
	2},
};

static void
how_far_it_goes(void **state)
{
	char text[TIMESTAMP_TEXT_MAX];
	int64_t last, count;
	struct fixture f;
	struct due due;

	for (size_t i = 0; i < nitems(stretches); i++) {
		begin(&f, stretches[i].keys, stretches[i].from);
		assert_true(due_next(&f.job, &due));
		due_stretch(
		    &f.job, &due, ms(stretches[i].until), &last, &count);
		if (last != ms(stretches[i].last) ||
		    count != stretches[i].count)
			fail_msg("%s: %s %d", stretches[i].keys,
			    timestamp_format_ms(text, last), (int)count);
		end(&f);
	}
}

static void
jitter_is_the_published_hash(void **state)
{
	int64_t slot = ms("2030-06-03T00:00:00Z"), start;
	struct fixture f;

	begin(&f, "schedule = @daily\njitter = 30s", "2030-06-01T00:00:00Z");
	for (int i = 0; i < 1000; i++, slot += 1000) {
		start = due_start(&f.job, slot);
		assert_int_equal(start, slot + hash_jitter("j", slot, 30000));
		assert_in_range(start, slot, slot + 29999);
	}
	end(&f);
	begin(&f, "schedule = @daily", "2030-06-01T00:00:00Z");
	assert_int_equal(due_start(&f.job, slot), slot);
	end(&f);
}

static const struct {
	const char *before, *after;
	bool same;
	const char *next; /* after two hours */
} changes[] = {
    {"schedule = @every 7h", "schedule = @every 7h", true,
	"slot 2030-06-03T07:00:00Z\n"},
    {"schedule = @every 7h", "schedule = @every 8h", false,
	"slot 2030-06-03T10:00:00Z\n"},
    /* The others keep their phase when one comes or goes. */
    {"schedule = @every 7h\nschedule = @every 9h",
	"schedule = @every 9h\nschedule = @every 30h", false,
	"slot 2030-06-03T09:00:00Z\n"},
    {"schedule = @every 7h", "schedule = @every 7h\njitter = 5s", true,
	"slot 2030-06-03T07:00:00Z\n"},
    {"schedule = @every 7h", "schedule = @every 7h\ncalendar = xmas", false,
	"slot 2030-06-03T07:00:00Z\n"},
    {"schedule = @every 7h", "schedule = @every 7h\nfirst = now", true,
	"slot 2030-06-03T07:00:00Z\n"},
    {"schedule = @every 7h\nstart-at = 2030-06-03T01:00:00Z",
	"schedule = @every 7h", false, "slot 2030-06-03T08:00:00Z\n"},
    {UTC "schedule = 0 3 * * *", UTC "schedule = 0 3 * * *\ncalendar = xmas",
	false, "slot 2030-06-03T03:00:00Z\n"},
    {UTC "schedule = 0 3 * * *\ncalendar = xmas",
	UTC "schedule = 0 3 * * *\ncalendar = xmas\ncalendar-mode = include",
	false, "calendar 2030-06-03T03:00:00Z\n"},
    {UTC "schedule = 0 0 13 * 5", UTC "schedule = 0 0 13 * 5\nday-match = both",
	false, "slot 2030-09-13T00:00:00Z\n"},
};

static void
what_a_reload_keeps(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct fixture f;
	char *memo;
	bool same;

	for (size_t i = 0; i < nitems(changes); i++) {
		begin(&f, changes[i].before, "2030-06-03T00:00:00Z");
		memo = memo_make(&f.job, "boot");
		end(&f);
		begin(&f, changes[i].after, "2030-06-03T02:00:00Z");
		same = memo_apply(
		    &f.jobs, &f.job, memo, ms("2030-06-03T02:00:00Z"));
		if (same != changes[i].same ||
		    strcmp(walk(&f, 1, &b), changes[i].next) != 0)
			fail_msg("%s -> %s: %d %s", changes[i].before,
			    changes[i].after, same, strbuf_str(&b));
		free(memo);
		end(&f);
	}
	strbuf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_comes),
	    cmocka_unit_test(how_far_it_goes),
	    cmocka_unit_test(jitter_is_the_published_hash),
	    cmocka_unit_test(what_a_reload_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
