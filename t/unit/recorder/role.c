/* The recorder role as its peers see it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "rig.h"

static bool
has_file(struct rig *rig, const struct run_begin *begin)
{
	return faccessat(rig->runs_fd, begin->id, F_OK, 0) == 0;
}

static void
check_run_json(json_t *run)
{
	static const char expected[] =
	    "{\"id\":\"01k3000000000001\",\"job\":\"backup\","
	    "\"slot\":\"1970-01-12T13:46:41Z\",\"attempt\":1,"
	    "\"trigger\":\"schedule\",\"host\":\"here\","
	    "\"outcome\":\"success\",\"reason\":null,\"exit_code\":0,"
	    "\"signal\":null,\"started\":\"1970-01-12T13:46:41.002Z\","
	    "\"finished\":\"1970-01-12T13:46:41.502Z\",\"duration_ms\":500,"
	    "\"lateness_ms\":2,\"cpu_ms\":12,\"max_rss_kb\":2048,"
	    "\"fence\":0,\"output_bytes\":6,\"dropped_bytes\":0}";
	char *text = json_dumps(run, JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
	json_decref(run);
}

/* From its beginning to the history, by the channels. */
static void
test_run(void **state)
{
	struct rig rig;
	struct run_begin begin = rig_run("backup", 1);
	struct record_end end = rig_result(&begin);
	struct runfile_output out;
	json_t *json;

	rig_start(&rig);
	rig_file(&rig, &begin, &out, "hello\n");
	rig_begin(&rig, 1, &begin);
	json = rig_json(&rig, 200, "show", "run=backup");
	assert_true(json_is_null(json_object_get(json, "outcome")));
	assert_string_equal(json_string_value(json_object_get(json, "started")),
	    "1970-01-12T13:46:41.002Z");
	json_decref(json);
	assert_string_equal(rig_text(&rig, "output", "run=backup"), "hello\n");
	end.has_file = true;
	end.result.output_bytes = 6;
	rig_end(&rig, 2, &end);
	check_run_json(rig_json(&rig, 200, "show", "run=01k3000000000001"));
	rig_wait_recorded(&rig, 2);
	assert_false(has_file(&rig, &begin));
	assert_string_equal(rig_text(&rig, "output", "run=01k3"), "hello\n");
	assert_string_equal(rig.type, "text/plain; charset=utf-8");
	rig_fini(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
