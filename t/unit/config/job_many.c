/* Sets of many jobs: all are found, and cost what they must. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <malloc.h>
#include <stdio.h>

#include "support.h"

static struct scratch scratch;

static int
set_up(void **state)
{
	scratch_init(&scratch);
	return 0;
}

static int
tear_down(void **state)
{
	scratch_fini(&scratch);
	return 0;
}

static void
many_names_are_found(void **state)
{
	struct strbuf b = STRBUF_INIT;
	struct job_set *set;
	char name[32];

	for (unsigned file = 0; file < 7; file++) {
		strbuf_reset(&b);
		for (unsigned i = file; i < 5000; i += 7)
			strbuf_addf(&b, "[job j%u]\ncommand = c %u\n", i, i);
		snprintf(name, sizeof(name), "%u.ini", file);
		scratch_write(&scratch, name, b.s);
	}
	set = scratch_load(&scratch, NULL);
	assert_int_equal(job_set_count(set), 5000);
	for (unsigned i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "j%u", i);
		assert_non_null(job_set_find(set, name));
		assert_string_equal(job_set_find(set, name)->name, name);
		snprintf(name, sizeof(name), "k%u", i);
		assert_null(job_set_find(set, name));
	}
	job_set_free(set);
	strbuf_fini(&b);
}

/* Printed, and held against a bound that only a mistake can reach. */
static void
bytes_a_job(void **state)
{
	const unsigned n = 20000;
	struct strbuf b = STRBUF_INIT;
	struct mallinfo2 before, after;
	struct job_set *set;
	size_t own = 0, all;

	for (unsigned i = 0; i < n; i++) {
		strbuf_addf(&b, "[job job-%06u]\n", i);
		strbuf_addf(&b, "command = /usr/local/bin/do %06u\n", i);
		strbuf_addf(&b, "schedule = %u 3 * * *\n", i % 60);
		own += 11 + 29 + 1;
	}
	scratch_write(&scratch, "a.ini", b.s);
	strbuf_fini(&b);
	before = mallinfo2();
	set = scratch_load(&scratch, NULL);
	after = mallinfo2();
	all = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
	print_message("%.1f bytes a job, of them %.1f its own strings\n",
	    (double)all / n, (double)own / n);
	/* An allocator of a sanitizer tells nothing. */
	if (all > 0)
		assert_in_range((all - own) / n, 0, 100);
	job_set_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		many_names_are_found, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(bytes_a_job, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
