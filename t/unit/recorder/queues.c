/*
 * Queues in the store: what is submitted, taken, kept, cancelled, ended and
 * told, in SQLite and in PostgreSQL.
 */
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
#include "kind.h"
#include "recorder/store.h"

#define NOW INT64_C(1800000000000)

static struct {
	struct kind k;
	bool done;
	struct strbuf got; /* what was told, a word each */
	int64_t next_ms;
	char id[RUN_ID_SIZE];
} fx;

static const char *
id_of(int n)
{
	snprintf(fx.id, sizeof(fx.id), "01%015duaa", n);
	return fx.id;
}

static void
done_cb(void *arg, const struct err *err)
{
	if (err != NULL)
		fail_msg("%s", err->text);
	fx.done = true;
}

static void
take_done_cb(void *arg, int64_t next_ms, const struct err *err)
{
	fx.next_ms = next_ms;
	done_cb(arg, err);
}

/* The number in an id. */
static void
tell(const char *id, const char *more)
{
	char text[RUN_ID_SIZE] = "";

	snprintf(text, sizeof(text), "%s", id);
	text[17] = '\0';
	strbuf_addf(&fx.got, "%s%ld%s", fx.got.len > 0 ? " " : "",
	    strtol(text + 2, NULL, 10), more);
}

static void
submitted_cb(void *arg, const struct store_submitted *s)
{
	static const char *const words[] = {"", "=known", "=full"};

	tell(s->id, words[s->result]);
}

static void
submission_cb(void *arg, const struct submission *s)
{
	tell(s->id, "");
}

static void
reply_cb(void *arg, const struct submission_reply *s)
{
	char more[64];

	snprintf(more, sizeof(more), ":%s:%d", s->url, (int)s->tries);
	tell(s->id, more);
}

static void
queued_cb(void *arg, const struct store_queued *queued)
{
	char more[64];

	snprintf(more, sizeof(more), "=%s", queued->state);
	tell(queued->submission.id, more);
}

/* What was told since, and what it should be. */
static void
expect(const char *want)
{
	kind_wait(fx.k.base, &fx.done);
	assert_string_equal(strbuf_str(&fx.got), want);
	strbuf_reset(&fx.got);
}

static void
submit(int n, const char *queue, const char *key, int64_t due_ms)
{
	const struct submission s = {
	    .id = id_of(n),
	    .queue = queue,
	    .command = "true",
	    .user = "",
	    .who = "uid 1",
	    .key = key,
	    .callback = n % 2 != 0 ? "http://x/" : "",
	    .due_ms = due_ms,
	    .created_ms = NOW,
	};

	fx.k.store->ops->submit(fx.k.store, &s, 3, submitted_cb, done_cb, NULL);
}

static void
take(const char *queue, int64_t now_ms, int workers, int most)
{
	const struct store_take take = {
	    .queue = queue,
	    .host = "h",
	    .now_ms = now_ms,
	    .workers = workers,
	    .most = most,
	};

	if (*queue == '\0')
		fx.k.store->ops->replies(
		    fx.k.store, &take, reply_cb, take_done_cb, NULL);
	else
		fx.k.store->ops->take(
		    fx.k.store, &take, submission_cb, take_done_cb, NULL);
}

static void
end(int n)
{
	struct record_end record = {
	    .begin =
		{
		    .job = "queue:q",
		    .host = "h",
		    .attempt = 1,
		    .slot_ms = NOW + n,
		    .created_ms = NOW,
		    .trigger = TRIGGER_QUEUE,
		},
	    .result =
		{
		    .outcome = OUTCOME_SUCCESS,
		    .started_us = NOW * 1000,
		    .finished_us = NOW * 1000,
		},
	};

	snprintf(record.begin.id, sizeof(record.begin.id), "%s", id_of(n));
	fx.k.store->ops->begin(fx.k.store);
	fx.k.store->ops->run_end(fx.k.store, &record);
	kind_commit(fx.k.base, fx.k.store);
}

static void
reply(int n, int tries, bool delivered, int64_t due_ms)
{
	const struct record_reply record = {
	    .id = id_of(n),
	    .tries = tries,
	    .delivered = delivered,
	    .due_ms = due_ms,
	};

	fx.k.store->ops->begin(fx.k.store);
	fx.k.store->ops->reply(fx.k.store, &record);
	kind_commit(fx.k.base, fx.k.store);
}

static void
list(const char *id, bool all)
{
	const struct store_queued_filter filter = {
	    .id = id,
	    .all = all,
	    .limit = 10,
	};

	fx.k.store->ops->queued(fx.k.store, &filter, queued_cb, done_cb, NULL);
}

static void
test_submit(void **state)
{
	submit(1, "q", "k", NOW);
	expect("1");
	submit(2, "other", "k", NOW);
	expect("1=known");
	submit(3, "q", "", NOW);
	expect("3");
	submit(4, "q", "", NOW + 5);
	expect("4");
	submit(5, "q", "", NOW);
	expect("5=full");
	submit(6, "q", "k", NOW);
	expect("1=known");
	submit(7, "other", "", NOW);
	expect("7");
	/* A slot is one's own. */
	assert_int_equal(kind_number(fx.k.path,
			     "SELECT count(DISTINCT slot) FROM submissions "
			     "WHERE queue = 'q'"),
	    3);
}

static void
test_take(void **state)
{
	for (int n = 1; n <= 3; n++) {
		submit(n, "q", "", NOW + n * 10);
		kind_wait(fx.k.base, &fx.done);
	}
	strbuf_reset(&fx.got);
	take("q", NOW, 2, 2);
	expect("");
	assert_int_equal(fx.next_ms, NOW + 10);
	take("q", NOW + 100, 2, 1);
	expect("1");
	take("q", NOW + 100, 2, 5);
	expect("2"); /* two workers, whoever asks */
	take("q", NOW + 100, 2, 5);
	expect("");
	list(NULL, false);
	expect("1=taken 2=taken 3=waiting");
	end(1);
	take("q", NOW + 100, 2, 5);
	expect("3");
	assert_true(fx.next_ms == INT64_MAX);
	list(NULL, true);
	expect("2=taken 3=taken 1=ended");
}

/* What a host has not any more, and never began, goes back. */
static void
test_keep(void **state)
{
	char kept[RUN_ID_SIZE];
	const char *ids[] = {kept};

	submit(2, "q", "", NOW);
	kind_wait(fx.k.base, &fx.done);
	submit(4, "q", "", NOW);
	kind_wait(fx.k.base, &fx.done);
	take("q", NOW, 9, 9);
	kind_wait(fx.k.base, &fx.done);
	strbuf_reset(&fx.got);
	snprintf(kept, sizeof(kept), "%s", id_of(2));
	fx.k.store->ops->keep(fx.k.store, "h", ids, 1, false, done_cb, NULL);
	kind_wait(fx.k.base, &fx.done);
	list(NULL, false);
	expect("2=taken 4=taken");
	fx.k.store->ops->keep(fx.k.store, "h", ids, 1, true, done_cb, NULL);
	kind_wait(fx.k.base, &fx.done);
	list(NULL, false);
	expect("2=taken 4=waiting");
}

static void
test_cancel(void **state)
{
	char first[RUN_ID_SIZE];

	submit(1, "q", "k", NOW);
	expect("1");
	snprintf(first, sizeof(first), "%s", id_of(1));
	fx.k.store->ops->cancel(
	    fx.k.store, first, "uid 2", NOW, queued_cb, done_cb, NULL);
	expect("1=waiting");
	fx.k.store->ops->cancel(
	    fx.k.store, first, "uid 2", NOW, queued_cb, done_cb, NULL);
	expect("1=cancelled");
	take("q", NOW, 9, 9);
	expect("");
	submit(2, "q", "k", NOW);
	expect("2"); /* its key is free again */
}

static void
test_reply(void **state)
{
	submit(1, "q", "", NOW);
	kind_wait(fx.k.base, &fx.done);
	submit(2, "q", "", NOW);
	kind_wait(fx.k.base, &fx.done);
	take("q", NOW, 9, 9);
	kind_wait(fx.k.base, &fx.done);
	strbuf_reset(&fx.got);
	end(1);
	end(2);
	take("", NOW, 8, 8);
	expect("1:http://x/:0"); /* the other has no URL */
	take("", NOW, 8, 8);
	expect("");
	reply(1, 1, false, NOW + 50);
	take("", NOW, 8, 8);
	expect("");
	assert_int_equal(fx.next_ms, NOW + 50);
	take("", NOW + 50, 8, 8);
	expect("1:http://x/:1");
	reply(1, 2, true, 0);
	reply(1, 1, false, NOW); /* said again: it is of an earlier try */
	take("", NOW + 100, 8, 8);
	expect("");
	assert_int_equal(kind_number(fx.k.path,
			     "SELECT count(*) FROM submissions WHERE "
			     "callback_state = 'delivered' AND "
			     "callback_tries = 2"),
	    1);
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
	    cmocka_unit_test_setup_teardown(test_submit, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_take, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_keep, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_reply, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
