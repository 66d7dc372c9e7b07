#include "recorder/query/usual.h"

#include <stdlib.h>

#include "base/mem.h"

#define RUNS_LOOKED_AT 100

/* Of fewer nothing can be told. */
#define RUNS_LEAST 5

struct usual {
	char *run, *job;
	int64_t times[RUNS_LOOKED_AT];
	size_t n;
	struct store_filter filter;
	void (*cb)(void *arg, const char *run, int64_t ms);
	void *arg;
};

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int64_t
usual_limit_ms(int64_t *times, size_t n)
{
	int64_t high, twice;

	if (n < RUNS_LEAST)
		return 0;
	qsort(times, n, sizeof(*times), compare);
	high = times[(n * 99 + 99) / 100 - 1];
	twice = 2 * times[n / 2];
	if (twice > high)
		high = twice;
	return high > 0 ? high : 1; /* 0: not known */
}

static void
take_run(void *arg, const struct store_run *run)
{
	struct usual *usual = arg;

	if (run->result.outcome != OUTCOME_NONE &&
	    run->result.started_us != 0 && usual->n < RUNS_LOOKED_AT)
		usual->times[usual->n++] = run->result.duration_us / 1000;
}

static void
done(void *arg, const struct store_cursor *next, const struct err *err)
{
	struct usual *usual = arg;

	usual->cb(usual->arg, usual->run,
	    err == NULL ? usual_limit_ms(usual->times, usual->n) : 0);
	free(usual->run);
	free(usual->job);
	free(usual);
}

void
usual_ask(struct store *store, const char *run, const char *job,
    void (*cb)(void *arg, const char *run, int64_t ms), void *arg)
{
	struct usual *usual = xcalloc(1, sizeof(*usual));

	usual->run = xstrdup(run);
	usual->job = xstrdup(job);
	usual->cb = cb;
	usual->arg = arg;
	usual->filter = (struct store_filter){
	    .job = usual->job,
	    .since_ms = INT64_MIN,
	    .until_ms = INT64_MAX,
	    .limit = RUNS_LOOKED_AT + 1,
	};
	store->ops->runs(store, &usual->filter, take_run, done, usual);
}
