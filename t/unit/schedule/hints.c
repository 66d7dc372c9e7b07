/* What is said about a schedule that is right and may surprise. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "schedule/schedule.h"

static int
setup(void **state)
{
	*state = schedule_pool_new(NULL);
	return 0;
}

static int
teardown(void **state)
{
	struct schedule_pool *pool = *state;

	assert_int_equal(schedule_pool_count(pool), 0);
	schedule_pool_free(pool);
	return 0;
}

static void
collect(void *arg, const char *text)
{
	struct strbuf *out = arg;

	strbuf_adds(out, text);
	strbuf_addch(out, '\n');
}

#define BOTH_DAYS                                                              \
	"day of month and day of week are both set: it fires when EITHER "     \
	"matches; day-match = both wants both\n"

static const struct {
	const char *text, *hints;
} hinted[] = {
    {"0 9 * * *", ""},
    {"* * * * *", ""},
    {"*/5 * * * * *", ""},
    {"* * * * * *", ""},
    {"0 9 13 * 5", BOTH_DAYS},
    {"0 9 */2 * 5", ""},
    {"0 0 30 2 *", "never fires: no date matches\n"},
    {"0 0 0 1 1 * 2020", "never fires again: all its dates are past\n"},
    {"* 30 9 * * *",
	"* in the seconds: it fires 60 times in each minute that matches; "
	"write 0 for once\n"},
    {"*/90 * * * *",
	"a step is larger than its range: only the first "
	"value matches\n"},
    {"*/60 * * * *",
	"a step is larger than its range: only the first "
	"value matches\n"},
    {"*/59 * * * *", ""},
    {"59/1 * * * *", ""},
    {"@every 10ms", "intervals are whole seconds: it runs every 1s\n"},
    {"@at 2020-01-01 00:00", "never fires again: all its times are past\n"},
    {"30 2 * * *",
	"2027-03-14 02:30:00 does not exist in America/New_York, where "
	"the clocks go forward: it fires at 2027-03-14 03:00:00\n"},
    {"*/30 2 * * *",
	"2027-03-14 02:00:00 does not exist in America/New_York, where "
	"the clocks go forward: it does not fire\n"},
    {"30 1 * * *",
	"2027-11-07 01:30:00 comes twice in America/New_York, where the "
	"clocks go back: it fires the first time only\n"},
    {"*/30 1 * * *",
	"2027-11-07 01:00:00 comes twice in America/New_York, where the "
	"clocks go back: it fires both times\n"},
};

static void
surprises_are_hints(void **state)
{
	const struct schedule_options options = {
	    .zone = "America/New_York",
	};
	struct strbuf out = STRBUF_INIT;
	const struct schedule *s;
	struct err err = {""};
	int64_t from;

	assert_int_equal(
	    timestamp_parse_ms("2026-11-20T00:00:00Z", &from, &err), 0);
	for (size_t i = 0; i < nitems(hinted); i++) {
		s = schedule_get(*state, hinted[i].text, &options, &err);
		if (s == NULL)
			fail_msg("%s: %s", hinted[i].text, err.text);
		strbuf_reset(&out);
		schedule_hints(s, from / 1000, collect, &out);
		assert_string_equal(strbuf_str(&out), hinted[i].hints);
		schedule_release(*state, s);
	}
	strbuf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		surprises_are_hints, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
