#include "recorder/charts/chart.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/query/query_filter.h"

void
chart_init(struct chart *chart, struct query_env *env, const struct ask *ask)
{
	chart->env = env;
	chart->id = ask->id;
	chart->connection = env->connection;
}

bool
chart_goes_on(const struct chart *chart, const struct err *err)
{
	const struct query_env *env = chart->env;

	if (env->channel == NULL || chart->connection != env->connection)
		return false;
	if (err == NULL)
		return true;
	answer_error(env->channel, chart->id, 503, "store_unavailable",
	    "the store cannot be read now: %s", err->text);
	return false;
}

void
chart_answer(const struct chart *chart, json_t *json)
{
	char *text = json_take_dump(json);

	answer_json(chart->env->channel, chart->id, 200, text);
	free(text);
}

int64_t
chart_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
chart_take_window(
    const struct ask *ask, int64_t max_ms, int64_t *since_r, int64_t *until_r)
{
	if (query_parse_time(ask, "since", since_r) == -1 ||
	    query_parse_time(ask, "until", until_r) == -1)
		return -1;
	if (*since_r < *until_r && *until_r - *since_r <= max_ms)
		return 0;
	answer_error(ask->channel, ask->id, 400, "bad_request",
	    "since: expected a time before until, by at most %lld hours",
	    (long long)(max_ms / 3600000));
	return -1;
}

static int
bad_jobs(const struct ask *ask)
{
	answer_error(ask->channel, ask->id, 400, "bad_request",
	    "jobs: expected names of jobs, at most %d, parted by commas",
	    CHART_JOBS_MAX);
	return -1;
}

int
chart_take_jobs(const struct ask *ask, struct chart_jobs *jobs)
{
	const char *text = ask_arg(ask, "jobs");
	char *rest, *name;

	if (text == NULL)
		return 0;
	free(jobs->text);
	jobs->text = rest = xstrdup(text);
	while ((name = strsep(&rest, ",")) != NULL) {
		if (*name == '\0' || strlen(name) > JOB_NAME_MAX ||
		    jobs->n == CHART_JOBS_MAX)
			return bad_jobs(ask);
		jobs->names[jobs->n++] = name;
	}
	return 0;
}

int64_t
chart_started_us(const struct chart *chart, const struct store_bar *bar)
{
	if (bar->outcome != OUTCOME_NONE)
		return bar->started_us;
	return query_live_start_us(chart->env, bar->id);
}
