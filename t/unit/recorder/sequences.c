/*
 * What sequences of records leave in the store; and that nothing changes when
 * a crash of recorder or master has parts of them sent again: every prefix,
 * followed by everything from any earlier point on.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cases.h"
#include "kind.h"
#include "recorder/intake/batch.h"

struct fixture {
	struct kind k;
	int dirfd;
	struct batch *batch;
	bool failed;
	uint64_t seq;
};

static struct fixture fixture;

static enum trigger
trigger_of(const char *name)
{
	for (int i = 0; i < TRIGGER_COUNT; i++)
		if (strcmp(trigger_name((enum trigger)i), name) == 0)
			return (enum trigger)i;
	fail_msg("no trigger %s", name);
	return TRIGGER_SCHEDULE;
}

static enum outcome
outcome_of(const char *name)
{
	int outcome = outcome_parse(name);

	assert_int_not_equal(outcome, -1);
	return (enum outcome)outcome;
}

/* 0 for what is left out. */
static long
number(const char *text)
{
	return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* word[0] is "begin" or "end". */
static void
encode_run(char *word[], struct wire_writer *w)
{
	struct record_end end = {
	    .begin =
		{
		    .host = "h",
		    .slot_ms = number(word[3]),
		    .attempt = (int32_t)number(word[4]),
		    .trigger = trigger_of(word[5]),
		    .created_ms = 71,
		},
	};

	snprintf(end.begin.id, sizeof(end.begin.id), "%s", word[1]);
	snprintf(end.begin.job, sizeof(end.begin.job), "%s", word[2]);
	end.begin.joined =
	    (uint64_t)number(word[strcmp(word[0], "begin") == 0 ? 6 : 9]);
	if (strcmp(word[0], "begin") == 0) {
		run_begin_encode(&end.begin, w);
		return;
	}
	end.result.outcome = outcome_of(word[6]);
	end.result.exit_code = -1;
	end.result.finished_us = number(word[7]) * 1000;
	end.result.started_us = end.result.finished_us != 0 ? 12000 : 0;
	end.retry_ms = number(word[8]);
	record_end_encode(&end, w);
}

/* The message that an operation stands for. */
static uint16_t
encode(const char *op, struct wire_writer *w)
{
	char *copy = xstrdup(op), *rest = copy, *word[16] = {NULL};
	struct record_slot slot;
	struct record_after after;
	struct record_job job;
	uint16_t type;

	for (size_t n = 0; rest != NULL && n < nitems(word); n++)
		word[n] = strsep(&rest, " ");
	if (strcmp(word[0], "slot") == 0) {
		type = MSG_RECORD_SLOT;
		slot = (struct record_slot){word[1], number(word[2]),
		    number(word[3]), number(word[4]), outcome_of(word[5]),
		    word[6], "", "h", (uint64_t)number(word[7])};
		record_slot_encode(&slot, w);
	} else if (strcmp(word[0], "rewind") == 0) {
		type = MSG_RECORD_SLOT;
		slot = (struct record_slot){.job = word[1],
		    .slot_ms = number(word[2]),
		    .until_ms = number(word[2]),
		    .reason = RECORD_REWIND};
		record_slot_encode(&slot, w);
	} else if (strcmp(word[0], "job") == 0) {
		type = MSG_RECORD_JOB;
		job = (struct record_job){.job = word[1],
		    .memo = word[2],
		    .hwm_ms = number(word[3]),
		    .last_run = ""};
		record_job_encode(&job, w);
	} else if (strcmp(word[0], "after") == 0) {
		type = MSG_RECORD_AFTER;
		after = (struct record_after){.job = word[1],
		    .mark = (uint64_t)number(word[2]),
		    .parent = word[3],
		    .run = strcmp(word[3], "-") == 0 ? "" : "r0",
		    .outcome = OUTCOME_SUCCESS,
		    .replaces = (uint64_t)number(word[4]),
		    .used = (uint64_t)number(word[5])};
		record_after_encode(&after, w);
	} else {
		type = strcmp(word[0], "begin") == 0 ? MSG_RECORD_BEGIN :
						       MSG_RECORD_END;
		encode_run(word, w);
	}
	free(copy);
	return type;
}

static void
add(const char *op)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct message message = {.id = ++fixture.seq};
	struct err err = {""};

	message.type = encode(op, &w);
	wire_reader_init(&message.body, w.p, w.len);
	if (batch_add(fixture.batch, &message, &err) == -1)
		fail_msg("%s: %s", op, err.text);
	wire_writer_fini(&w);
}

static void
flush(void)
{
	batch_flush(fixture.batch);
	while (batch_count(fixture.batch) > 0 && !fixture.failed)
		event_base_loop(fixture.k.base, EVLOOP_ONCE);
	assert_false(fixture.failed);
	assert_int_equal(batch_count(fixture.batch), 0);
}

static void
select_rows(struct strbuf *b, const char *text)
{
	assert_true(kind_sql(fixture.k.path, text, b));
}

/* 0: the store has no such thing. */
static size_t
count_ops(size_t i)
{
	size_t n = 0;

	for (; kind_conninfo() != NULL && cases[i].ops[n] != NULL; n++)
		if (strncmp(cases[i].ops[n], "after ", 6) == 0)
			return 0;
	n = 0;
	while (n < OPS_MAX && cases[i].ops[n] != NULL)
		n++;
	return n;
}

/* What one host must know is in a file. */
static void
select_ends(struct strbuf *b)
{
	select_rows(b,
	    "SELECT job || ' joined=' || joined FROM jobs WHERE joined > 0 "
	    "ORDER BY job");
	select_rows(b,
	    "SELECT 'end ' || job || ' ' || mark || ' of ' || parent FROM ends "
	    "ORDER BY job, mark");
}

static void
check(size_t i, const char *how)
{
	struct strbuf b = STRBUF_INIT;

	select_rows(&b,
	    "SELECT id || ' ' || job || '@' || slot || '#' || attempt || ' ' "
	    "|| coalesce(outcome, '-') || ' retry=' || coalesce(CAST(retry_ms AS TEXT), '-')"
	    " FROM runs ORDER BY id");
	select_rows(&b,
	    "SELECT job || '@' || slot || '-' || until || ' n=' || count || "
	    "' ' || coalesce(outcome, '-') || ' run=' || coalesce(run, '-') "
	    "|| ' #' || attempts || ' reason=' || coalesce(reason, '-') "
	    "FROM ledger ORDER BY job, slot");
	select_rows(&b,
	    "SELECT job || ' memo=' || coalesce(memo, '-') || ' hwm=' || hwm "
	    "|| ' end=' || last_end || ' run=' || last_run || ' ' || "
	    "coalesce(last_outcome, '-') || ' good=' || last_success || "
	    "' failures=' || failures FROM jobs ORDER BY job");
	if (kind_conninfo() == NULL)
		select_ends(&b);
	if (count_ops(i) > 0 && strcmp(strbuf_str(&b), cases[i].store) != 0)
		fail_msg("%s, %s:\n%sexpected\n%s", cases[i].what, how,
		    strbuf_str(&b), cases[i].store);
	strbuf_fini(&b);
}

static void
clear(void)
{
	assert_true(kind_sql(fixture.k.path,
	    "DELETE FROM runs; DELETE FROM ledger; DELETE FROM jobs", NULL));
	if (kind_conninfo() == NULL)
		assert_true(kind_sql(fixture.k.path, "DELETE FROM ends", NULL));
}

static void
test_one_by_one(void **state)
{
	for (size_t i = 0; i < nitems(cases); i++) {
		clear();
		for (size_t n = 0; n < count_ops(i); n++) {
			add(cases[i].ops[n]);
			flush();
		}
		check(i, "one by one");
	}
}

/* A batch leaves out beginnings whose end it holds. */
static void
test_in_one_batch(void **state)
{
	for (size_t i = 0; i < nitems(cases); i++) {
		clear();
		for (size_t n = 0; n < count_ops(i); n++)
			add(cases[i].ops[n]);
		flush();
		check(i, "in one batch");
	}
}

static void
test_each_twice(void **state)
{
	for (size_t i = 0; i < nitems(cases); i++) {
		clear();
		for (size_t n = 0; n < 2 * count_ops(i); n++) {
			add(cases[i].ops[n / 2]);
			flush();
		}
		check(i, "each twice");
	}
}

/* known records are on disk; then all from an earlier point come again. */
static void
crash(size_t i, size_t known, size_t again, bool batched)
{
	char how[80];

	clear();
	for (size_t n = 0; n < known; n++) {
		add(cases[i].ops[n]);
		flush();
	}
	for (size_t n = again; n < count_ops(i); n++) {
		add(cases[i].ops[n]);
		if (!batched)
			flush();
	}
	flush();
	snprintf(how, sizeof(how), "%zu, then again from %zu%s", known, again,
	    batched ? " in a batch" : "");
	check(i, how);
}

static void
test_every_crash(void **state)
{
	for (size_t i = 0; i < nitems(cases); i++)
		for (size_t known = 0; known <= count_ops(i); known++)
			for (size_t again = 0; again <= known; again++) {
				crash(i, known, again, false);
				crash(i, known, again, true);
			}
}

static void
ended(void *arg, const char *run)
{
}

static void
flushed(void *arg, uint64_t seq, const struct err *err)
{
	fixture.failed = err != NULL;
	if (err == NULL)
		assert_true(seq > 0 && seq <= fixture.seq);
}

static int
setup(void **state)
{
	struct batch_config config = {
	    .ended_cb = ended,
	    .flushed_cb = flushed,
	};

	kind_begin(&fixture.k);
	fixture.dirfd = open(fixture.k.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	config.store = fixture.k.store;
	config.runs_fd = fixture.dirfd;
	fixture.batch = batch_new(&config);
	return 0;
}

static int
teardown(void **state)
{
	batch_free(fixture.batch);
	kind_end(&fixture.k);
	close(fixture.dirfd);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_by_one),
	    cmocka_unit_test(test_in_one_batch),
	    cmocka_unit_test(test_each_twice),
	    cmocka_unit_test(test_every_crash),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
