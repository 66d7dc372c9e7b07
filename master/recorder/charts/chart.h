/*
 * What charts have in common: who asked, the window of time, the jobs. And the
 * answers to "stats", "strips", "timeline" and "heat", which read a bounded
 * number of rows however many there are; one that could not show all says so
 * by "complete": false.
 */
#ifndef BELFRY_MASTER_RECORDER_CHART_H
#define BELFRY_MASTER_RECORDER_CHART_H

#include <jansson.h>

#include "recorder/query/query.h"

#define CHART_JOBS_MAX 50

/* Zero it. */
struct chart_jobs {
	char *text; /* owned; what names point into */
	const char *names[CHART_JOBS_MAX];
	size_t n;
};

/* Begins what is asked of the store; the ask itself is gone by the end. */
struct chart {
	struct query_env *env;
	uint64_t id;
	uint64_t connection; /* who asked */
};

void
chart_init(struct chart *chart, struct query_env *env, const struct ask *ask);

/* Is who asked still there, and err NULL? Else that was answered. */
bool chart_goes_on(const struct chart *chart, const struct err *err);

/* Takes json. */
void chart_answer(const struct chart *chart, json_t *json);

/*
 * Arguments since and until, which stay when they are not given; at most
 * max_ms apart. 0; or -1: 400 was answered.
 */
int chart_take_window(
    const struct ask *ask, int64_t max_ms, int64_t *since_r, int64_t *until_r);

/* Argument jobs, "A,B,C", which need not be there. 0; or -1: answered. */
int chart_take_jobs(const struct ask *ask, struct chart_jobs *jobs_r);

/* Milliseconds since 1970. */
int64_t chart_now_ms(void);

/* Its start, also of a run in progress; 0 when that is not known. */
int64_t chart_started_us(const struct chart *chart, const struct store_bar *b);

/* stats.c: how long and how late a job's runs are, in parts of the time. */
void stats_answer(struct query_env *env, const struct ask *ask);

/* strips.c: how the last runs of jobs ended. */
void strips_answer(struct query_env *env, const struct ask *ask);

/* timeline.c: runs as bars, and slots that did not run, by job or host. */
void timeline_answer(struct query_env *env, const struct ask *ask);

/* heat.c: the load of each hour. */
void heat_answer(struct query_env *env, const struct ask *ask);

#endif
