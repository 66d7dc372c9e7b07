/* Answers "heat": of each hour the runs that began, and how long jobs ran. */
#include <stdlib.h>

#include "base/mem.h"
#include "json_text.h"
#include "recorder/charts/chart.h"
#include "recorder/query/query_filter.h"

#define HOUR_MS         ((int64_t)3600 * 1000)
#define SPAN_DEFAULT_MS (7 * 24 * HOUR_MS)
#define SPAN_MAX_MS     (54 * 7 * 24 * HOUR_MS)

struct heat {
	struct chart chart;
	int64_t since_ms, until_ms;
	json_t *hours; /* owned */
};

static void
heat_free(struct heat *h)
{
	json_decref(h->hours);
	free(h);
}

static void
add_hour(void *arg, const struct store_hour *hour)
{
	struct heat *h = arg;

	json_array_append_new(h->hours,
	    json_pack("{s:o, s:I, s:I, s:I}", "hour",
		json_time(hour->hour * HOUR_MS), "runs", (json_int_t)hour->runs,
		"failures", (json_int_t)hour->failures, "busy_ms",
		(json_int_t)(hour->busy_us / 1000)));
}

static void
hours_done(void *arg, const struct err *err)
{
	struct heat *h = arg;

	if (chart_goes_on(&h->chart, err))
		chart_answer(&h->chart,
		    json_pack("{s:o, s:o, s:O}", "since",
			json_time(h->since_ms), "until", json_time(h->until_ms),
			"hours", h->hours));
	heat_free(h);
}

void
heat_answer(struct query_env *env, const struct ask *ask)
{
	static const char *const args[] = {"since", "until", NULL};
	struct heat *h = xcalloc(1, sizeof(*h));
	struct store *store = env->store;

	chart_init(&h->chart, env, ask);
	h->until_ms = chart_now_ms() + 1;
	h->since_ms = h->until_ms - SPAN_DEFAULT_MS;
	if (!query_knows_args(ask, args) ||
	    chart_take_window(ask, SPAN_MAX_MS, &h->since_ms, &h->until_ms) ==
		-1) {
		heat_free(h);
		return;
	}
	h->hours = json_array();
	store->ops->hours(store, h->since_ms / HOUR_MS,
	    (h->until_ms + HOUR_MS - 1) / HOUR_MS, add_hour, hours_done, h);
}
