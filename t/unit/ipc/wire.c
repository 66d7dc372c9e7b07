/* Fields on the wire: round trips, and bytes that are no fields. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/wire.h"
#include "run/result.h"
#include "run/spec.h"

/* A reader over exactly n bytes on the heap, for sanitizers. */
static uint8_t *
reader_of(struct wire_reader *r, const void *p, size_t n)
{
	uint8_t *copy = xmalloc(n);

	memcpy(copy, p, n);
	wire_reader_init(r, copy, n);
	return copy;
}

static void
test_round_trip(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct wire_reader r;
	const void *p;
	size_t n;

	wire_put_u8(&w, 0xfe);
	wire_put_u16(&w, 0xfedc);
	wire_put_u32(&w, 0xfedcba98);
	wire_put_u64(&w, UINT64_MAX - 1);
	wire_put_i32(&w, INT32_MIN);
	wire_put_i64(&w, INT64_MIN);
	wire_put_str(&w, "text");
	wire_put_str(&w, NULL);
	wire_put_bytes(&w, "a\0b", 3);
	wire_put_bytes(&w, NULL, 0);
	assert_int_equal(w.p[1], 0xdc); /* little-endian */
	wire_reader_init(&r, w.p, w.len);
	assert_int_equal(wire_get_u8(&r), 0xfe);
	assert_int_equal(wire_get_u16(&r), 0xfedc);
	assert_int_equal(wire_get_u32(&r), 0xfedcba98);
	assert_true(wire_get_u64(&r) == UINT64_MAX - 1);
	assert_int_equal(wire_get_i32(&r), INT32_MIN);
	assert_true(wire_get_i64(&r) == INT64_MIN);
	assert_string_equal(wire_get_str(&r), "text");
	assert_string_equal(wire_get_str(&r), "");
	p = wire_get_bytes(&r, &n);
	assert_int_equal(n, 3);
	assert_memory_equal(p, "a\0b", 3);
	assert_false(wire_end(&r));
	wire_get_bytes(&r, &n);
	assert_int_equal(n, 0);
	assert_true(wire_end(&r));
	wire_writer_fini(&w);
}

static void
test_pad(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_str(&w, "long enough to be seen");
	wire_writer_reset(&w);
	wire_put_u8(&w, 1);
	wire_pad(&w, 5);
	assert_int_equal(w.len, 5);
	assert_memory_equal(w.p, "\1\0\0\0\0", 5);
	wire_pad(&w, 4);
	assert_int_equal(w.len, 5);
	wire_pad(&w, 4096);
	assert_int_equal(w.len, 4096);
	assert_int_equal(w.p[4095], 0);
	wire_writer_fini(&w);
}

static void
test_bad(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} strings[] = {
	    {"", 0},
	    {"\0\0\0", 3},
	    {"\0\0\0\0", 4},      /* no NUL behind */
	    {"\2\0\0\0a\0", 6},   /* shorter than it says */
	    {"\2\0\0\0a\0\0", 7}, /* a NUL inside */
	    {"\1\0\0\0ab", 6},    /* no NUL behind */
	    {"\xff\xff\xff\xff"
	     "a\0",
		6},
	};
	struct wire_reader r;
	uint8_t *copy;

	for (size_t i = 0; i < nitems(strings); i++) {
		copy = reader_of(&r, strings[i].bytes, strings[i].n);
		assert_string_equal(wire_get_str(&r), "");
		assert_false(wire_ok(&r));
		assert_int_equal(wire_get_u8(&r), 0); /* latched */
		assert_false(wire_end(&r));
		free(copy);
	}
}

static void
test_count(void **state)
{
	struct wire_reader r;

	wire_reader_init(&r, "\2\0\0\0abcdefgh", 12);
	assert_int_equal(wire_get_count(&r, 4), 2);
	wire_reader_init(&r, "\3\0\0\0abcdefgh", 12);
	assert_int_equal(wire_get_count(&r, 4), 0);
	assert_false(wire_ok(&r));
	wire_reader_init(&r, "\xff\xff\xff\xff", 4);
	assert_int_equal(wire_get_count(&r, 0), 0);
	assert_false(wire_ok(&r));
}

static void
fill_spec(struct run_spec *spec, struct wire_writer *w)
{
	static const char *argv[] = {"sh", "-c", "echo", NULL};
	static const char *env[] = {"A=1", "B=", NULL};
	static const char *settings[] = {"http=http:x", "a=b", NULL};
	static uint32_t groups[] = {1, 2, 65534};
	static const char *mail[] = {"/bin/mail", "me", NULL};

	memset(spec, 0, sizeof(*spec));
	spec->id = "0123456789abcdef";
	spec->job = "job";
	spec->argv = argv;
	spec->argc = 3;
	spec->shell = "/bin/sh";
	spec->env = env;
	spec->envc = 2;
	spec->environment_file = "-/etc/x";
	spec->directory = "/tmp";
	spec->set_ids = true;
	spec->uid = 4294967294U;
	spec->gid = 5;
	spec->groups = groups;
	spec->ngroups = 3;
	spec->umask = 022;
	spec->nice = -5;
	spec->stdin_data = "in\0put";
	spec->stdin_len = 6;
	spec->timeout_ms = 1234567890123;
	spec->kill_signal = 15;
	spec->kill_grace_ms = 10000;
	code_set_add(&spec->success, 0);
	code_set_add(&spec->success, 255);
	spec->refusal = "";
	spec->limits = (struct run_limits){90000, 1 << 20, 64, 20};
	spec->ionice = IONICE(IONICE_IDLE, 0);
	spec->no_new_privileges = true;
	spec->kind = KIND_HTTP;
	spec->settings = settings;
	spec->settingc = 2;
	spec->lease_epoch = 7;
	spec->lease_kill = true;
	spec->lease_grace_ms = 400;
	spec->mail = mail;
	spec->mailc = 2;
	spec->mail_head = "To: me\n\n";
	spec->mail_failures = true;
	spec->mail_kept = true;
	run_spec_encode(spec, w);
}

static void
test_spec(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct run_spec in, out;
	struct wire_reader r;

	fill_spec(&in, &w);
	wire_put_str(&w, "a field of tomorrow");
	wire_reader_init(&r, w.p, w.len);
	assert_int_equal(run_spec_decode(&out, &r), 0);
	assert_string_equal(out.id, in.id);
	assert_int_equal(out.argc, 3);
	assert_string_equal(out.argv[2], "echo");
	assert_null(out.argv[3]);
	assert_int_equal(out.envc, 2);
	assert_string_equal(out.env[1], "B=");
	assert_null(out.env[2]);
	assert_string_equal(out.environment_file, "-/etc/x");
	assert_string_equal(out.directory, "/tmp");
	assert_true(out.set_ids);
	assert_false(out.trusted);
	assert_true(out.uid == in.uid);
	assert_int_equal(out.ngroups, 3);
	assert_int_equal(out.groups[2], 65534);
	assert_int_equal(out.umask, 022);
	assert_int_equal(out.nice, -5);
	assert_int_equal(out.stdin_len, 6);
	assert_memory_equal(out.stdin_data, "in\0put", 6);
	assert_true(out.timeout_ms == in.timeout_ms);
	assert_true(code_set_has(&out.success, 255));
	assert_false(code_set_has(&out.success, 1));
	assert_true(out.limits.cpu_ms == 90000);
	assert_true(out.limits.memory == 1 << 20);
	assert_int_equal(out.limits.files, 64);
	assert_int_equal(out.limits.processes, 20);
	assert_int_equal(ionice_class((int32_t)out.ionice), IONICE_IDLE);
	assert_true(out.no_new_privileges);
	assert_int_equal(out.kind, KIND_HTTP);
	assert_int_equal(out.settingc, 2);
	assert_string_equal(out.settings[0], "http=http:x");
	assert_string_equal(out.settings[1], "a=b");
	assert_null(out.settings[2]);
	assert_true(out.lease_epoch == 7);
	assert_true(out.lease_kill);
	assert_true(out.lease_grace_ms == 400);
	assert_int_equal(out.mailc, 2);
	assert_string_equal(out.mail[0], "/bin/mail");
	assert_string_equal(out.mail[1], "me");
	assert_null(out.mail[2]);
	assert_string_equal(out.mail_head, "To: me\n\n");
	assert_true(out.mail_failures);
	assert_true(out.mail_kept);
	run_spec_fini(&out);
	wire_writer_fini(&w);
}

/* What stands behind the fields that have always been there. */
#define LIMIT_FIELDS (8 + 8 + 4 + 4 + 4 + 1)
#define KIND_FIELDS  (1 + 4 + (4 + 11 + 1) + (4 + 3 + 1))
#define LEASE_FIELDS (8 + 1 + 8)
#define MAIL_FIELDS  (4 + (4 + 9 + 1) + (4 + 2 + 1) + (4 + 8 + 1) + 1)
#define SMTP_FIELDS  1

/* Whether a message of n bytes of len is one that an older master sends. */
static bool
is_older(size_t n, size_t len)
{
	static const size_t fields[] = {
	    SMTP_FIELDS, MAIL_FIELDS, LEASE_FIELDS, KIND_FIELDS, LIMIT_FIELDS};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		len -= fields[i];
		if (n == len)
			return true;
	}
	return false;
}

/*
 * Every prefix is malformed, but for those that older masters send; every byte
 * may be wrong.
 */
static void
test_spec_broken(void **state)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct run_spec in, out;
	struct wire_reader r;
	uint8_t *copy;

	fill_spec(&in, &w);
	for (size_t n = 0; n < w.len; n++) {
		copy = reader_of(&r, w.p, n);
		assert_int_equal(
		    run_spec_decode(&out, &r), is_older(n, w.len) ? 0 : -1);
		run_spec_fini(&out);
		free(copy);
	}
	for (size_t i = 0; i < w.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			copy = reader_of(&r, w.p, w.len);
			copy[i] ^= (uint8_t)(1U << bit);
			run_spec_decode(&out, &r);
			run_spec_fini(&out);
			free(copy);
		}
	wire_writer_fini(&w);
}

static void
test_result(void **state)
{
	struct run_result in = {.outcome = OUTCOME_TIMEOUT,
	    .exit_code = -1,
	    .signal = 9,
	    .started_us = 1,
	    .finished_us = 2,
	    .duration_us = 3,
	    .cpu_us = 4,
	    .max_rss_kb = 5,
	    .output_bytes = UINT64_MAX,
	    .dropped_bytes = 7,
	    .reason = "timed out after 5s",
	    .values = "{\"rows\":\"5\"}"};
	struct wire_writer w = WIRE_WRITER_INIT;
	struct run_result out;
	size_t older;
	struct wire_reader r;
	uint8_t *copy;

	run_result_encode(&in, &w);
	memset(&out, 0, sizeof(out));
	wire_reader_init(&r, w.p, w.len);
	assert_int_equal(run_result_decode(&out, &r), 0);
	assert_memory_equal(&in, &out, offsetof(struct run_result, reason));
	assert_string_equal(in.reason, out.reason);
	assert_string_equal(in.values, out.values);
	older = w.len - 4 - strlen(in.values) - 1; /* had no values */
	for (size_t n = 0; n < w.len; n++) {
		copy = reader_of(&r, w.p, n);
		assert_int_equal(
		    run_result_decode(&out, &r), n == older ? 0 : -1);
		if (n == older)
			assert_string_equal(out.values, "");
		free(copy);
	}
	w.p[0] = OUTCOME_COUNT;
	wire_reader_init(&r, w.p, w.len);
	assert_int_equal(run_result_decode(&out, &r), -1);
	wire_writer_fini(&w);
}

/* 499 us are nothing, 500 are a millisecond. */
static void
test_duration(void **state)
{
	struct run_result result = {.duration_us = 499};

	assert_int_equal(run_result_duration_ms(&result), 0);
	result.duration_us = 500;
	assert_int_equal(run_result_duration_ms(&result), 1);
	result.duration_us = 1499;
	assert_int_equal(run_result_duration_ms(&result), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_pad),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_count),
	    cmocka_unit_test(test_spec),
	    cmocka_unit_test(test_spec_broken),
	    cmocka_unit_test(test_result),
	    cmocka_unit_test(test_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
