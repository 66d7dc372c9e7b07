/* Faults that are put into a store, and what verify finds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kind.h"
#include "rig.h"

/* As both kinds of stores have them. */
#define RUN_COLUMNS                                                            \
	"id, job, slot, due, attempt, trigger, host, outcome, reason, "        \
	"exit_code, signal, started, finished, duration_us, cpu_us, "          \
	"max_rss_kb, fence, output_bytes, dropped_bytes, created, retry_ms, "  \
	"chain, parent"

#define PAGES_MAX 10000

static struct rig rig;
static unsigned pages;

/* "5m" of one job from its first slot, 1000 s, to slot 10 (of 1300 s ...). */
static const char base_sql[] =
    "INSERT INTO jobs (job, memo, hwm) VALUES ('j', '', 4000000);"
    "INSERT INTO schedules (job, since, seen, memo, ends) VALUES "
    "('j', 1000000, 1000000, '1000000' || char(9) || 'UTC' || char(9) || "
    "'@every 5m' || char(10) || '=' || char(9) || char(9) || "
    "'overlap=skip retries=1' || char(10), NULL);"
    /* and then it was gone */
    "INSERT INTO schedules VALUES ('j', 4000000, 4000000, '=' || char(9) || "
    "char(9) || 'gone=yes' || char(10), 4000000);"
    "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
    "INSERT INTO runs (id, job, slot, due, attempt, trigger, host, outcome, "
    "started, finished, fence, created) SELECT printf('r%02d', i), 'j', "
    "1000000 + i * 300000, 0, 1, 'schedule', 'here', 'success', "
    "(1000000 + i * 300000) * 1000, (1000000 + i * 300000 + 5000) * 1000, "
    "0, 1000000 + i * 300000 FROM n;"
    "INSERT INTO ledger (job, slot, until, count, outcome, run, attempts) "
    "SELECT job, slot, slot, 1, outcome, id, 1 FROM runs;";

#define S "1000000 + 300000 * "

static const struct {
	const char *what, *sql, *found;
} cases[] = {
    {"all is well", "", ""},
    {"a gap",
	"DELETE FROM ledger WHERE slot = " S "3; "
	"DELETE FROM runs WHERE id = 'r03'",
	"gap 1900 n=1;"},
    {"a gap of several",
	"DELETE FROM ledger WHERE slot BETWEEN " S "3 AND " S "5; "
	"DELETE FROM runs WHERE id BETWEEN 'r03' AND 'r05'",
	"gap 1900 n=3;"},
    {"the first",
	"DELETE FROM ledger WHERE slot = " S "1; "
	"DELETE FROM runs WHERE id = 'r01'",
	"gap 1300 n=1;"},
    {"the last",
	"DELETE FROM ledger WHERE slot = " S "10; "
	"DELETE FROM runs WHERE id = 'r10'",
	"gap 4000 n=1;"},
    {"a range is no gap",
	"DELETE FROM runs WHERE id BETWEEN 'r03' AND 'r05'; "
	"DELETE FROM ledger WHERE slot IN (" S "4, " S "5); "
	"UPDATE ledger SET run = NULL, attempts = 0, outcome = 'missed', "
	"reason = 'late', until = " S "5, count = 3 WHERE slot = " S "3",
	""},
    {"a range over a row",
	"UPDATE ledger SET run = NULL, attempts = 0, outcome = 'missed', "
	"reason = 'late', until = " S "5, count = 3 WHERE slot = " S "3; "
	"DELETE FROM runs WHERE id = 'r03'; "
	"DELETE FROM ledger WHERE slot = " S "4; "
	"DELETE FROM runs WHERE id = 'r04'",
	"duplicate 2500 n=1;"},
    {"a range that was cut",
	"DELETE FROM runs WHERE id BETWEEN 'r03' AND 'r05'; "
	"DELETE FROM ledger WHERE slot IN (" S "4, " S "5); "
	"UPDATE ledger SET run = NULL, attempts = 0, outcome = 'missed', "
	"reason = 'late', until = " S "4, count = 3 WHERE slot = " S "3",
	"disagreement 1900 n=1;gap 2500 n=1;"},
    {"a row by hand in a range",
	"DELETE FROM runs WHERE id BETWEEN 'r03' AND 'r05'; "
	"DELETE FROM ledger WHERE slot IN (" S "4, " S "5); "
	"UPDATE ledger SET run = NULL, attempts = 0, outcome = 'missed', "
	"reason = 'late', until = " S "5, count = 3 WHERE slot = " S "3; "
	"INSERT INTO runs (" RUN_COLUMNS
	") SELECT 'r055', job, 2300001, due, 1, 'manual', "
	"host, outcome, reason, exit_code, signal, started, finished, "
	"duration_us, cpu_us, max_rss_kb, fence, output_bytes, "
	"dropped_bytes, created, retry_ms, chain, parent FROM runs WHERE id = 'r06'; "
	"INSERT INTO ledger (job, slot, until, count, outcome, run, attempts)"
	" VALUES ('j', 2300001, 2300001, 1, 'success', 'r055', 1)",
	""},
    {"what was swept is no gap",
	"DELETE FROM ledger WHERE slot < " S "4; "
	"DELETE FROM runs WHERE id < 'r04'; UPDATE swept SET slot = " S "3",
	""},
    {"swept by number",
	"DELETE FROM ledger WHERE slot < " S "4; "
	"DELETE FROM runs WHERE id < 'r04'; UPDATE jobs SET swept = " S "3",
	""},
    {"a phantom",
	"INSERT INTO ledger (job, slot, until, count, outcome, reason, "
	"attempts) VALUES ('j', 1950000, 1950000, 1, 'skipped', 'overlap', 0)",
	"phantom 1950 n=1;"},
    {"no phantom: by hand",
	"INSERT INTO runs (" RUN_COLUMNS
	") SELECT 'r055', job, 1950001, due, 1, 'manual', "
	"host, outcome, reason, exit_code, signal, started, finished, "
	"duration_us, cpu_us, max_rss_kb, fence, output_bytes, "
	"dropped_bytes, created, retry_ms, chain, parent FROM runs WHERE id = 'r05'; "
	"INSERT INTO ledger (job, slot, until, count, outcome, run, attempts)"
	" VALUES ('j', 1950001, 1950001, 1, 'success', 'r055', 1)",
	""},
    {"no phantom: another schedule then",
	"INSERT INTO schedules SELECT 'j', " S "5 + 1000, 0, '0' || char(9) || "
	"'UTC' || char(9) || '@every 300s' || char(10), " S "5;"
	"UPDATE schedules SET ends = since WHERE ends IS NULL",
	"gap 2700 n=1;gap 3000 n=1;gap 3300 n=1;gap 3600 n=1;gap 3900 n=1;"
	"phantom 2800 n=1;phantom 3100 n=1;phantom 3400 n=1;"
	"phantom 3700 n=1;phantom 4000 n=1;"},
    {"a duplicate",
	"INSERT INTO runs (" RUN_COLUMNS
	") SELECT 'r111', job, slot, due, 1, 'schedule', host, "
	"outcome, reason, exit_code, signal, finished, finished, duration_us, "
	"cpu_us, max_rss_kb, fence, output_bytes, dropped_bytes, created, "
	"retry_ms, chain, parent FROM runs WHERE id = 'r10'",
	"duplicate 4000 n=1;"},
    {"too many attempts",
	"UPDATE runs SET attempt = 3, trigger = 'retry' WHERE id = 'r07'; "
	"UPDATE ledger SET attempts = 3 WHERE run = 'r07'",
	"duplicate 3100 n=1;"},
    {"an overlap",
	"UPDATE runs SET finished = finished + 400000000 WHERE id = 'r04'",
	"overlap 2200 n=1;"},
    {"overlap that is allowed",
	"UPDATE schedules SET memo = replace(memo, 'overlap=skip ', '');"
	"UPDATE runs SET finished = finished + 400000000 WHERE id = 'r04'",
	""},
    {"not alive",
	"UPDATE runs SET outcome = NULL, finished = NULL WHERE id = 'r10'; "
	"UPDATE ledger SET outcome = NULL WHERE run = 'r10'",
	"not-alive 4000 n=1;"},
    {"outcomes differ", "UPDATE runs SET outcome = 'failure' WHERE id = 'r02'",
	"disagreement 1600 n=1;"},
    {"a run without a row",
	"UPDATE ledger SET run = NULL, outcome = 'missed', reason = 'late' "
	"WHERE run = 'r02'",
	"disagreement 1600 n=1;"},
};

static void
execute(const char *sql)
{
	if (!kind_sql(rig.store_path, sql, NULL))
		fail_msg("%s", sql);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every finding in a line, in order of kind and slot. */
static char *
verify(const char *args)
{
	struct strbuf b = STRBUF_INIT;
	char *lines[PAGES_MAX], next[1100];
	size_t n = 0, i;
	json_t *list, *o;

	snprintf(next, sizeof(next), "%s", args);
	pages = 0;
	do {
		list = rig_json(&rig, 200, "verify", next);
		json_array_foreach(list, i, o)
		{
			const char *slot =
			    json_string_value(json_object_get(o, "slot"));
			long h = strtol(slot + 11, NULL, 10);
			long m = strtol(slot + 14, NULL, 10);
			long sec = strtol(slot + 17, NULL, 10);

			lines[n++] = xasprintf("%s %ld n=%d;",
			    json_string_value(json_object_get(o, "kind")),
			    h * 3600 + m * 60 + sec,
			    (int)json_integer_value(
				json_object_get(o, "count")));
		}
		json_decref(list);
		snprintf(next, sizeof(next), "%s", rig.next);
		/* It becomes a part of an URL as it is. */
		for (const char *p = next; *p != '\0'; p++)
			assert_in_range(*p, '!', '~');
		pages++;
	} while (*next != '\0' && pages < PAGES_MAX);
	if (n > 0)
		qsort(lines, n, sizeof(*lines), compare);
	for (i = 0; i < n; i++) {
		strbuf_adds(&b, lines[i]);
		free(lines[i]);
	}
	return strbuf_take(&b);
}

static void
test_faults(void **state)
{
	char *found;

	for (size_t i = 0; i < nitems(cases); i++) {
		rig_start(&rig);
		/* What PostgreSQL does not let in is found as well. */
		if (kind_conninfo() != NULL)
			execute("DROP INDEX runs_once");
		execute(base_sql);
		execute(cases[i].sql);
		found = verify("");
		if (strcmp(found, cases[i].found) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", cases[i].what, found,
			    cases[i].found);
		free(found);
		rig_fini(&rig);
	}
}

/* Many jobs and rows: in pages, each finding once. */
static void
test_pages(void **state)
{
	char *found, *p;
	int gaps = 0;

	rig_start(&rig);
	execute(base_sql);
	execute(
	    "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE "
	    "i < 300) INSERT INTO jobs (job, memo, hwm) SELECT "
	    "printf('k%03d', i), '', 4000000 FROM n;"
	    "INSERT INTO schedules SELECT k.job, since, seen, s.memo, ends "
	    "FROM jobs AS k, schedules AS s WHERE k.job LIKE 'k%';"
	    "INSERT INTO ledger (job, slot, until, count, outcome, reason, "
	    "attempts) SELECT k.job, l.slot, l.slot, 1, 'skipped', "
	    "'overlap', 0 FROM jobs AS k, ledger AS l "
	    "WHERE k.job LIKE 'k%' AND l.slot <> " S "4;"
	    "UPDATE schedules SET since = 1000000000, ends = 1000000000 "
	    "WHERE job = 'j' AND since = 4000000;"
	    "WITH RECURSIVE n(i) AS (SELECT CAST(11 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE "
	    "i < 3330) INSERT INTO ledger (job, slot, until, count, "
	    "outcome, reason, attempts) SELECT 'j', " S "i, " S "i, 1, "
	    "'skipped', 'overlap', 0 FROM n WHERE i NOT IN (500, 501)");
	found = verify("");
	for (p = strstr(found, "gap 2200 n=1;"); p != NULL;
	     p = strstr(p + 1, "gap 2200 n=1;"))
		gaps++;
	assert_int_equal(gaps, 300);
	assert_non_null(strstr(found, " n=2;"));
	assert_in_range(pages, 5, PAGES_MAX - 1);
	free(found);
	found = verify("job=k007");
	assert_string_equal(found, "gap 2200 n=1;");
	free(found);
	found = verify("job=k007&since=1970-01-01T00:40:00Z");
	assert_string_equal(found, "");
	free(found);
	rig_fini(&rig);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *args;
		int status;
	} errors[] = {
	    {"job=nothing", 404},
	    {"job=", 400},
	    {"since=noon", 400},
	    {"after=x", 400},
	    {"after=9,1,1,,1,,1,j", 400},
	    {"after=1,1,1,,1,,1,j,k", 400},
	    {"after=1,1,1,,1,,1,gone", 200},
	    {"after=2,x,y,z,w,v,u,gone", 200},
	};

	rig_start(&rig);
	for (size_t i = 0; i < nitems(errors); i++)
		json_decref(
		    rig_json(&rig, errors[i].status, "verify", errors[i].args));
	rig_fini(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
