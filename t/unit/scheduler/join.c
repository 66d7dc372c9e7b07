/* What ends of parents add up to: a line of events a case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "scheduler/jobs/join.h"

/*
 * Events: "a" parent a ended so that it counts, "-a" so that it does not, "<3"
 * all up to mark 3 is used up, "!" the first fire is done, "=PLAN" another
 * plan, with "/" for commas. ">" and "^" send the open round and the first fire
 * to another host, "*" that one has the first of it, "~a" what is on its way of
 * a counts no more. Marks are 1, 2, 3 ... What comes of it: fires as "a1+b2"
 * (parent, mark), oldest first; then "|" and the open round, and ">" and what is
 * on its way.
 */
static const struct {
	const char *plan, *events, *state;
} cases[] = {
    {"success,all,a", "a", "a1 |"},
    {"success,all,a", "a a", "a1 a2 |"},
    {"success,all,a,b", "a", "| a1"},
    {"success,all,a,b", "a b", "a1+b2 |"},
    {"success,all,a,b", "b a", "b1+a2 |"},
    {"success,all,a,b", "a a b", "a2+b3 |"},
    {"success,all,a,b", "a b a", "a1+b2 | a3"},
    {"success,all,a,b", "a b a b", "a1+b2 a3+b4 |"},
    {"success,all,a,b", "a -a b", "| b3"},
    {"success,all,a,b", "a -a b a", "b3+a4 |"},
    {"success,all,a,b", "a b -a", "a1+b2 |"},
    {"success,all,a,b", "-a -b", "|"},
    {"success,all,a,b,c", "a b a c", "b2+a3+c4 |"},
    {"success,any,a,b", "a", "a1 |"},
    {"success,any,a,b", "a b b", "a1 b2 b3 |"},
    {"success,any,a,b", "a -a", "a1 |"},
    /* used up: whatever led to it was done before somebody was killed */
    {"success,any,a,b", "a b a <2", "a3 |"},
    {"success,all,a,b", "a b a <2", "| a3"},
    {"success,all,a,b", "a b a <3", "|"},
    {"success,all,a,b", "a <1 b", "| b2"},
    {"success,all,a", "a a !", "a2 |"},
    /* another plan: fires stay, the open round does not */
    {"success,all,a,b", "a b a =success/all/a", "a1+b2 |"},
    {"success,all,a,b", "a =success/all/a a", "a2 |"},
    {"success,all,a,b", "a =success/all/a/b b", "a1+b2 |"},
    {"success,any,a", "a =", "a1 |"},
    /* what is on its way to another host counts for nothing here */
    {"success,all,a,b", "a >", "| > a1"},
    {"success,all,a,b", "a > b", "| b2 > a1"},
    {"success,all,a,b", "a > b >", "| > a1 b2"},
    {"success,all,a,b", "a > b > *", "| > b2"},
    {"success,all,a,b", "a > b > ~a", "| > b2"},
    {"success,all,a,b", "a > ~b", "| > a1"},
    {"success,all,a,b", "a b ^ ~a", "| > a1 b2"},
    {"success,all,a,b", "a b ^ * *", "|"},
    {"success,all,a,b", "a b ^ * * *", "|"},
    {"success,any,a", "a a ^", "a2 | > a1"},
};

static void
add_ends(struct strbuf *b, const struct join_end *end, const char *between)
{
	for (; end != NULL; end = end->next)
		strbuf_addf(b, "%s%llu%s", end->parent,
		    (unsigned long long)end->mark,
		    end->next != NULL ? between : "");
}

static const char *
state_of(const struct join *join, struct strbuf *b)
{
	const struct join_fire *fire;

	strbuf_reset(b);
	for (fire = join->fires; fire != NULL; fire = fire->next) {
		add_ends(b, fire->ends, "+");
		strbuf_addch(b, ' ');
	}
	strbuf_adds(b, join->ends != NULL ? "| " : "|");
	add_ends(b, join->ends, " ");
	strbuf_adds(b, join->sent != NULL ? " > " : "");
	add_ends(b, join->sent, " ");
	return strbuf_str(b);
}

static void
change_plan(struct join *join, const char *text)
{
	char *plan = xstrdup(text);

	for (char *p = plan; *p != '\0'; p++)
		if (*p == '/')
			*p = ',';
	join_set_plan(join, plan, NULL, NULL);
	free(plan);
}

static void
play(struct join *join, const char *event, uint64_t *mark)
{
	struct record_after end = {
	    .job = "child",
	    .parent = event,
	    .run = "run",
	    .chain = "chain",
	    .params = "",
	};
	uint64_t replaced;

	switch (*event) {
	case '-':
		join_undo(join, event + 1, ++*mark);
		break;
	case '<':
		join_use(join, strtoull(event + 1, NULL, 10));
		break;
	case '!':
		join_fire_done(join);
		break;
	case '>':
		join_send_round(join);
		break;
	case '^':
		join_send_fire(join);
		break;
	case '~':
		join_sent_parent(join, event + 1);
		break;
	case '*':
		join_sent_run(join, "run");
		break;
	case '=':
		change_plan(join, event + 1);
		break;
	default:
		end.mark = ++*mark;
		join_add(join, &end, &replaced);
		break;
	}
}

static void
events_add_up(void **state)
{
	struct strbuf b = STRBUF_INIT;

	for (size_t i = 0; i < nitems(cases); i++) {
		char *copy = xstrdup(cases[i].events), *rest = copy, *event;
		struct join *join = join_new(cases[i].plan);
		uint64_t mark = 0;

		while ((event = strsep(&rest, " ")) != NULL)
			play(join, event, &mark);
		if (strcmp(state_of(join, &b), cases[i].state) != 0)
			fail_msg("%s: %s: %s, not %s", cases[i].plan,
			    cases[i].events, b.s, cases[i].state);
		join_free(join);
		free(copy);
	}
	strbuf_fini(&b);
}

static void
kinds_of_ends(void **state)
{
	static const enum outcome others[] = {OUTCOME_FAILURE, OUTCOME_TIMEOUT,
	    OUTCOME_KILLED, OUTCOME_LOST, OUTCOME_LAUNCH_FAILED};

	assert_true(join_counts(JOB_AFTER_SUCCESS, OUTCOME_SUCCESS));
	assert_false(join_counts(JOB_AFTER_FAILURE, OUTCOME_SUCCESS));
	assert_true(join_counts(JOB_AFTER_ALWAYS, OUTCOME_SUCCESS));
	for (size_t i = 0; i < nitems(others); i++) {
		assert_false(join_counts(JOB_AFTER_SUCCESS, others[i]));
		assert_true(join_counts(JOB_AFTER_FAILURE, others[i]));
		assert_true(join_counts(JOB_AFTER_ALWAYS, others[i]));
	}
}

static struct record_after
end_of(const char *parent, const char *run, uint64_t mark, const char *params)
{
	return (struct record_after){
	    .job = "child",
	    .parent = parent,
	    .run = run,
	    .mark = mark,
	    .outcome = OUTCOME_SUCCESS,
	    .end_ms = 5000,
	    .chain = "chain",
	    .params = params,
	};
}

static void
what_is_inherited(void **state)
{
	struct join *join = join_new("success,all,a,b,c");
	struct record_after b =
	    end_of("b", "rb", 1, "{\"X\":\"b\",\"Y\":\"b\"}");
	struct record_after a = end_of("a", "ra", 2, "{\"X\":\"a\"}");
	struct record_after c = end_of("c", "rc", 3, "");
	uint64_t replaced;
	const char *cut;
	char *text;

	c.outcome = OUTCOME_LOST;
	c.exit_code = -1;
	assert_false(join_add(join, &b, &replaced));
	assert_false(join_add(join, &a, &replaced));
	assert_int_equal(replaced, 0);
	a.mark = 3;
	assert_false(join_add(join, &a, &replaced));
	assert_int_equal(replaced, 2);
	assert_true(join_has_run(join, "ra"));
	assert_false(join_has_run(join, "rc"));
	c.mark = 4;
	assert_true(join_add(join, &c, &replaced));
	assert_true(join_has_run(join, "rc"));
	assert_string_equal(join->fires->last->run, "rc");
	assert_int_equal(join->seen, 4);

	text = join_fire_parents(join, join->fires);
	assert_string_equal(text,
	    "[{\"job\":\"a\",\"run\":\"ra\",\"outcome\":\"success\","
	    "\"exit_code\":0},{\"job\":\"b\",\"run\":\"rb\",\"outcome\":"
	    "\"success\",\"exit_code\":0},{\"job\":\"c\",\"run\":\"rc\","
	    "\"outcome\":\"lost\",\"exit_code\":null}]");
	free(text);
	text = join_fire_params(join, join->fires, 1000, &cut);
	assert_string_equal(text, "{\"X\":\"a\",\"Y\":\"b\"}");
	assert_null(cut);
	free(text);
	text = join_fire_params(join, join->fires, 10, &cut);
	assert_string_equal(text, "{\"X\":\"a\"}");
	assert_string_equal(cut, "b");
	free(text);
	join_free(join);
}

/* Never a whole second, never the same twice. */
static void
slots(void **state)
{
	struct join *join = join_new("success,any,a,b");
	struct record_after end = end_of("a", "r", 1, "");
	uint64_t replaced;

	for (; end.mark <= 3; end.mark++)
		join_add(join, &end, &replaced);
	assert_int_equal(join_fire_slot(join, join->fires), 5001);
	join_fire_done(join);
	assert_int_equal(join_fire_slot(join, join->fires), 5002);
	join_fire_done(join);
	join->slot_ms = 5999;
	assert_int_equal(join_fire_slot(join, join->fires), 6001);
	join_free(join);
}

static void
plans(void **state)
{
	struct job_options o = {.after = ""};
	char *plan = join_plan(&o);

	assert_string_equal(plan, "");
	free(plan);
	o.after = "a b";
	o.after_when = JOB_AFTER_ALWAYS;
	o.after_join = JOB_AFTER_ANY;
	plan = join_plan(&o);
	assert_string_equal(plan, "always,any,a,b");
	free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_add_up),
	    cmocka_unit_test(kinds_of_ends),
	    cmocka_unit_test(what_is_inherited),
	    cmocka_unit_test(slots),
	    cmocka_unit_test(plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
