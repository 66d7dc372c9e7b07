/* Jobs that come after others: what is wrong with that, over files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "config/set/after.h"
#include "support.h"

static struct scratch scratch;

static int
setup(void **state)
{
	scratch_init(&scratch);
	return 0;
}

static int
teardown(void **state)
{
	scratch_fini(&scratch);
	return 0;
}

/* "a=b c;d" becomes three jobs: "a" that comes after b and c, and "d". */
static void
write_jobs(const char *name, const char *jobs)
{
	struct strbuf text = STRBUF_INIT;
	char *copy = xstrdup(jobs), *rest = copy, *job, *after;

	while ((job = strsep(&rest, ";")) != NULL) {
		after = strchr(job, '=');
		if (after != NULL)
			*after++ = '\0';
		strbuf_addf(&text, "[job %s]\ncommand = c\n", job);
		if (after != NULL)
			strbuf_addf(&text, "after = %s\n", after);
	}
	scratch_write(&scratch, name, strbuf_str(&text));
	strbuf_fini(&text);
	free(copy);
}

/* "a b c": the names of all that are in force. */
static const char *
names(const struct job_set *set, struct strbuf *b)
{
	strbuf_reset(b);
	for (size_t i = 0; i < job_set_count(set); i++)
		strbuf_addf(
		    b, "%s%s", i > 0 ? " " : "", job_set_at(set, i)->name);
	return strbuf_str(b);
}

/* The jobs of the file, those that stay, what is told; DIR is left out. */
static const struct {
	const char *jobs, *stay, *problems;
} cases[] = {
    {"a;b=a;c=a b;d=c", "a b c d", ""},
    {"a=b;b=c;c", "a b c", ""},
    {"a=a;b", "b",
	"a.ini:1: job a: error: after: it is named itself; a job cannot run "
	"after itself\n"},
    {"first;b=frist", "first",
	"a.ini:3: job b: error: after \"frist\": there is no such job, or it "
	"has an error; did you mean first?\n"},
    {"a=elsewhere;b=a;c=b;d", "d",
	"a.ini:1: job a: error: after \"elsewhere\": there is no such job, or it has "
	"an error\n"
	"a.ini:4: job b: error: after a: that job is left out, because of its "
	"own error\n"
	"a.ini:7: job c: error: after b: that job is left out, because of its "
	"own error\n"},
    {"a=c;b=a;c=b;d", "d",
	"a.ini:1: job a: error: after: these jobs wait for each other in a "
	"cycle: a (a.ini:1) -> b (a.ini:4) -> c (a.ini:7) -> a\n"},
    /* What leads into it and what follows from it is no part of it. */
    {"z;a=b z;b=a;c=b", "z",
	"a.ini:3: job a: error: after: these jobs wait for each other in a "
	"cycle: a (a.ini:3) -> b (a.ini:6) -> a\n"
	"a.ini:9: job c: error: after b: that job is left out, because of its "
	"own error\n"},
    {"a=b;b=a;c=d;d=c", "",
	"a.ini:1: job a: error: after: these jobs wait for each other in a "
	"cycle: a (a.ini:1) -> b (a.ini:4) -> a\n"
	"a.ini:7: job c: error: after: these jobs wait for each other in a "
	"cycle: c (a.ini:7) -> d (a.ini:10) -> c\n"},
    /* Found from what comes after it. */
    {"a=b;b=c;c=b", "",
	"a.ini:4: job b: error: after: these jobs wait for each other in a "
	"cycle: b (a.ini:4) -> c (a.ini:7) -> b\n"
	"a.ini:1: job a: error: after b: that job is left out, because of its "
	"own error\n"},
};

/* Paths in the texts too, without the directory. */
static char *
without_dir(const char *text)
{
	struct strbuf b = STRBUF_INIT;
	size_t n = strlen(scratch.dir);

	while (*text != '\0') {
		if (strncmp(text, scratch.dir, n) == 0 && text[n] == '/')
			text += n + 1;
		else
			strbuf_addch(&b, *text++);
	}
	return strbuf_take(&b);
}

static void
in_one_file(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set;
	char *text;

	for (size_t i = 0; i < nitems(cases); i++) {
		write_jobs("a.ini", cases[i].jobs);
		set = scratch_load(&scratch, NULL);
		text = without_dir(problems_text(&scratch, set, &b));
		assert_string_equal(text, cases[i].problems);
		assert_string_equal(names(set, &b), cases[i].stay);
		for (size_t k = 0; k < job_set_count(set); k++)
			assert_ptr_equal(
			    job_set_find(set, job_set_at(set, k)->name),
			    job_set_at(set, k));
		free(text);
		job_set_free(set);
	}
	strbuf_fini(&b);
}

static void
over_files_and_reloads(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set, *next;
	char *text;

	write_jobs("a.ini", "a");
	write_jobs("b.ini", "b=a");
	write_jobs("c.ini", "c=b;other");
	set = scratch_load(&scratch, NULL);
	assert_string_equal(names(set, &b), "a b c other");

	/* A file that closes a cycle stays as it was. */
	write_jobs("a.ini", "a=c;new");
	next = scratch_load(&scratch, set);
	text = without_dir(problems_text(&scratch, next, &b));
	assert_string_equal(text,
	    "a.ini:1: job a: error: after: these jobs wait for each other in a "
	    "cycle: a (a.ini:1) -> b (b.ini:1) -> c (c.ini:1) -> a\n");
	assert_string_equal(names(next, &b), "a b c other");
	assert_string_equal(job_set_find(next, "a")->options->after, "");
	free(text);
	job_set_free(set);
	set = next;

	/* And is told of again, until it is mended. */
	next = scratch_load(&scratch, set);
	assert_int_equal(job_set_problem_count(next), 1);
	job_set_free(set);
	set = next;

	/* The parent is gone: what cannot be is left out. */
	scratch_remove(&scratch, "a.ini");
	next = scratch_load(&scratch, set);
	assert_string_equal(names(next, &b), "other");
	assert_int_equal(job_set_problem_count(next), 2);
	job_set_free(set);
	set = next;

	write_jobs("a.ini", "a");
	next = scratch_load(&scratch, set);
	assert_string_equal(names(next, &b), "a b c other");
	assert_int_equal(job_set_problem_count(next), 0);
	job_set_free(set);
	job_set_free(next);
	strbuf_fini(&b);
}

static void
long_chains(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set;
	const int n = 20000;

	for (int i = 0; i < n; i++)
		strbuf_addf(&b, "[job j%d]\ncommand = c\nafter = j%d\n", i,
		    (i + 1) % n);
	scratch_write(&scratch, "a.ini", b.s);
	set = scratch_load(&scratch, NULL);
	assert_int_equal(job_set_count(set), 0);
	assert_int_equal(job_set_problem_count(set), 1);
	assert_non_null(strstr(
	    job_set_problem(set, 0)->text, " -> j19901 (")); /* the hundredth */
	assert_non_null(
	    strstr(job_set_problem(set, 0)->text, " -> 19900 more -> j0"));
	job_set_free(set);
	strbuf_fini(&b);
}

static void
labels_are_found(void **state)
{
	struct job_set *set;
	const struct job_def *def;

	scratch_write(&scratch, "a.ini",
	    "[job j]\ncommand = c\nlabels = nightly, team=data size=\n");
	set = scratch_load(&scratch, NULL);
	def = job_set_find(set, "j");
	assert_true(job_def_has_label(def, "nightly"));
	assert_true(job_def_has_label(def, "team"));
	assert_true(job_def_has_label(def, "team=data"));
	assert_true(job_def_has_label(def, "size"));
	assert_false(job_def_has_label(def, "night"));
	assert_false(job_def_has_label(def, "team=dat"));
	assert_false(job_def_has_label(def, "data"));
	assert_false(job_def_has_label(def, "nightly=x"));
	job_set_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(in_one_file, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		over_files_and_reloads, setup, teardown),
	    cmocka_unit_test_setup_teardown(long_chains, setup, teardown),
	    cmocka_unit_test_setup_teardown(labels_are_found, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
