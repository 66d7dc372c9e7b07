/* What charts are drawn from: bars of runs, and the load of each hour. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "kind.h"
#include "recorder/store.h"
#include "run/run_bound.h"

#define HOUR_MS INT64_C(3600000)
#define T0      (480000 * HOUR_MS)

static struct {
	struct kind k;
	bool done;
	struct strbuf got;
} fx;

static void
done(void *arg, const struct err *err)
{
	if (err != NULL)
		fail_msg("%s", err->text);
	fx.done = true;
}

/* A run of job n % 2 that began at ms and took so long; outcome NONE: runs. */
static struct record_end
make_run(int n, int64_t ms, int64_t took_ms, enum outcome outcome)
{
	struct record_end end = {
	    .begin =
		{
		    .slot_ms = ms,
		    .due_ms = ms,
		    .attempt = 1,
		    .created_ms = ms,
		},
	    .result = {.outcome = outcome},
	};

	run_bound(ms, end.begin.id);
	snprintf(end.begin.id + RUN_ID_TIME, 8, "%07d", n);
	snprintf(end.begin.job, sizeof(end.begin.job), "j%d", n % 2);
	snprintf(end.begin.host, sizeof(end.begin.host), "h%d", n % 3);
	if (outcome != OUTCOME_LAUNCH_FAILED) {
		end.result.started_us = ms * 1000;
		end.result.finished_us = (ms + took_ms) * 1000;
		end.result.duration_us = took_ms * 1000;
	}
	return end;
}

static void
record(const struct record_end *end)
{
	fx.k.store->ops->run_begin(fx.k.store, &end->begin);
	if (end->result.outcome != OUTCOME_NONE)
		fx.k.store->ops->run_end(fx.k.store, end);
}

/* "n:outcome:seconds," of each. */
static void
got_bar(void *arg, const struct store_bar *bar)
{
	assert_string_equal(bar->host[0] == 'h' ? "h" : bar->host, "h");
	strbuf_addf(&fx.got, "%d:%s:%d,", atoi(bar->id + RUN_ID_TIME),
	    outcome_name(bar->outcome), (int)(bar->duration_us / 1000000));
}

static void
check_bars(const char *job, int64_t from_ms, int64_t before_ms, int limit,
    const char *want)
{
	struct store_bars which = {.job = job, .limit = limit};

	if (from_ms != 0)
		run_bound(from_ms, which.from);
	if (before_ms != 0)
		run_bound(before_ms, which.before);
	strbuf_reset(&fx.got);
	fx.k.store->ops->bars(fx.k.store, &which, got_bar, done, NULL);
	kind_wait(fx.k.base, &fx.done);
	assert_string_equal(strbuf_str(&fx.got), want);
}

static void
test_bars(void **state)
{
	struct record_end end;

	fx.k.store->ops->begin(fx.k.store);
	for (int n = 1; n <= 4; n++) {
		end = make_run(n, T0 + n * 1000, n * 1000, OUTCOME_SUCCESS);
		record(&end);
	}
	end = make_run(5, T0 + 5000, 0, OUTCOME_NONE);
	record(&end);
	kind_commit(fx.k.base, fx.k.store);
	check_bars(NULL, 0, 0, 9,
	    "5:running:0,4:success:4,3:success:3,2:success:2,1:success:1,");
	check_bars(NULL, 0, 0, 2, "5:running:0,4:success:4,");
	check_bars("j1", 0, 0, 2, "5:running:0,3:success:3,");
	check_bars("j", 0, 0, 2, "");
	check_bars(NULL, T0 + 2000, T0 + 4000, 9, "3:success:3,2:success:2,");
	check_bars("j0", T0 + 2000, T0 + 4000, 9, "2:success:2,");
	check_bars("j0", T0 + 2000, T0 + 4001, 9, "4:success:4,2:success:2,");
	check_bars(NULL, 0, T0, 9, "");
}

/* "hour:runs/failures:seconds," of each. */
static void
got_hour(void *arg, const struct store_hour *hour)
{
	strbuf_addf(&fx.got, "%d:%d/%d:%d,", (int)(hour->hour - T0 / HOUR_MS),
	    (int)hour->runs, (int)hour->failures,
	    (int)(hour->busy_us / 1000000));
}

static void
check_hours(int from, int to, const char *want)
{
	strbuf_reset(&fx.got);
	fx.k.store->ops->hours(fx.k.store, T0 / HOUR_MS + from,
	    T0 / HOUR_MS + to, got_hour, done, NULL);
	kind_wait(fx.k.base, &fx.done);
	assert_string_equal(strbuf_str(&fx.got), want);
}

static void
commit_runs(const struct record_end *ends, size_t n)
{
	fx.k.store->ops->begin(fx.k.store);
	for (size_t i = 0; i < n; i++)
		record(&ends[i]);
	kind_commit(fx.k.base, fx.k.store);
}

static void
test_hours(void **state)
{
	const struct record_end ends[] = {
	    make_run(1, T0 + 1000, 2000, OUTCOME_SUCCESS),
	    make_run(2, T0 + 1000, 3000, OUTCOME_FAILURE),
	    make_run(3, T0 + HOUR_MS - 1000, 5000, OUTCOME_SUCCESS),
	    make_run(4, T0 + 3 * HOUR_MS, 0, OUTCOME_LAUNCH_FAILED),
	    make_run(5, T0 + 3 * HOUR_MS, 0, OUTCOME_NONE),
	};

	commit_runs(ends, nitems(ends));
	check_hours(0, 9, "0:3/1:6,1:0/0:4,3:1/1:0,");
	/* What is told again is no news. */
	commit_runs(ends, nitems(ends));
	check_hours(0, 9, "0:3/1:6,1:0/0:4,3:1/1:0,");
	check_hours(0, 1, "0:3/1:6,");
	check_hours(1, 3, "1:0/0:4,");
}

/* Longer than the hours that are kept for a transaction. */
static void
test_long_run(void **state)
{
	const struct record_end ends[] = {
	    make_run(1, T0, 40 * HOUR_MS, OUTCOME_SUCCESS),
	    make_run(2, T0 + 30 * HOUR_MS, 1000 * HOUR_MS, OUTCOME_KILLED),
	};

	commit_runs(ends, nitems(ends));
	check_hours(0, 2, "0:1/0:3600,1:0/0:3600,");
	check_hours(29, 32, "29:0/0:3600,30:1/1:7200,31:0/0:7200,");
	check_hours(39, 41, "39:0/0:7200,40:0/0:3600,");
	check_hours(30 + STORE_RUN_HOURS_MAX - 1, 1100, "229:0/0:3600,");
}

static int
setup(void **state)
{
	kind_begin(&fx.k);
	return 0;
}

static int
teardown(void **state)
{
	kind_end(&fx.k);
	strbuf_fini(&fx.got);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_bars, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hours, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_long_run, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
