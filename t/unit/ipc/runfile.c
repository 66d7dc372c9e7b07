/* Run files: states, locks, damage; and the output against a plain model. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "run/runfile.h"

#define ID    "aaaaaaaaaaaaax01"
#define OTHER "bbbbbbbbbbbbbx01" /* the same place */
#define NAME  "x01"

struct rig {
	char path[64];
	int dir;
};

static int
setup(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));

	snprintf(rig->path, sizeof(rig->path), "/tmp/belfry-runfile-XXXXXX");
	if (mkdtemp(rig->path) == NULL)
		return -1;
	rig->dir = open(rig->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = rig;
	return rig->dir == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	struct rig *rig = *state;

	unlinkat(rig->dir, NAME, 0);
	close(rig->dir);
	rmdir(rig->path);
	free(rig);
	return 0;
}

static void
create(struct rig *rig, const char *id, uint64_t limit)
{
	struct run_begin begin = {.job = "job",
	    .host = "host",
	    .slot_ms = -1,
	    .due_ms = INT64_MAX,
	    .attempt = 3,
	    .trigger = TRIGGER_RETRY,
	    .created_ms = 5,
	    .output_limit = limit,
	    .fence = UINT64_MAX,
	    .before_ms = 17};

	snprintf(begin.id, sizeof(begin.id), "%s", id);
	assert_int_equal(runfile_create(rig->dir, &begin), 0);
}

static void
test_life(void **state)
{
	struct rig *rig = *state;
	struct run_result result = {
	    .outcome = OUTCOME_FAILURE, .exit_code = 3, .reason = "why"};
	struct runfile worker, reader;
	struct err err;

	create(rig, ID, 100);
	assert_int_equal(runfile_open_locked(&worker, rig->dir, ID, &err), 0);
	assert_int_equal(worker.state, RUNFILE_CREATED);
	assert_string_equal(worker.begin.job, "job");
	assert_string_equal(worker.begin.host, "host");
	assert_int_equal(worker.begin.slot_ms, -1);
	assert_true(worker.begin.due_ms == INT64_MAX);
	assert_int_equal(worker.begin.trigger, TRIGGER_RETRY);
	assert_true(worker.begin.fence == UINT64_MAX);
	assert_int_equal(worker.begin.before_ms, 17);
	assert_int_equal(runfile_open_locked(&reader, rig->dir, ID, &err), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(runfile_set_started(&worker, 77, 0), 0);
	assert_int_equal(runfile_set_started(&worker, 77, 1234), 0);
	assert_int_equal(runfile_open(&reader, rig->dir, ID, &err), 0);
	assert_int_equal(reader.state, RUNFILE_STARTED);
	assert_int_equal(reader.started_us, 77);
	assert_int_equal(reader.pid, 1234);
	assert_int_equal(reader.begin.before_ms, 17);
	assert_int_equal(runfile_settle(rig->dir, ID), 0);
	assert_int_equal(runfile_settle(rig->dir, OTHER), -1);
	assert_int_equal(runfile_reload(&reader, &err), 0);
	assert_int_equal(reader.begin.before_ms, 0);
	assert_int_equal(runfile_set_done(&worker, &result), 0);
	runfile_close(&worker);
	assert_int_equal(runfile_reload(&reader, &err), 0);
	assert_int_equal(reader.state, RUNFILE_DONE);
	assert_int_equal(reader.result.exit_code, 3);
	assert_string_equal(reader.result.reason, "why");
	runfile_close(&reader);
	assert_int_equal(runfile_open_locked(&reader, rig->dir, ID, &err), 0);
	runfile_close(&reader);
}

static void
test_place(void **state)
{
	struct rig *rig = *state;
	struct run_result result = {.outcome = OUTCOME_SUCCESS};
	struct runfile file;
	struct err err;

	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), -1);
	assert_int_equal(errno, ENOENT);
	create(rig, ID, 100);
	assert_int_equal(runfile_open(&file, rig->dir, OTHER, &err), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(runfile_open_locked(&file, rig->dir, OTHER, &err), -1);
	assert_int_equal(errno, ENOENT);
	/* That did not leave it locked. */
	assert_int_equal(runfile_open_locked(&file, rig->dir, ID, &err), 0);
	assert_int_equal(runfile_set_started(&file, 5, 6), 0);
	assert_int_equal(runfile_set_done(&file, &result), 0);
	runfile_close(&file);
	assert_int_equal(runfile_free(rig->dir, OTHER), 0); /* not theirs */
	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), 0);
	runfile_close(&file);
	assert_int_equal(runfile_free(rig->dir, ID), 0);
	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), -1);
	assert_int_equal(errno, ENOENT);
	create(rig, OTHER, 100);
	assert_int_equal(runfile_open(&file, rig->dir, OTHER, &err), 0);
	assert_int_equal(file.state, RUNFILE_CREATED);
	assert_int_equal(file.started_us, 0);
	assert_int_equal(file.pid, 0);
	runfile_close(&file);
}

/* Cut anywhere or with a wrong byte anywhere: an error or not, no more. */
static void
test_damage(void **state)
{
	struct rig *rig = *state;
	struct run_result result = {.outcome = OUTCOME_SUCCESS, .reason = "x"};
	struct runfile file;
	struct err err;
	static uint8_t whole[4096];
	ssize_t size;
	int fd;

	create(rig, ID, 100);
	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), 0);
	assert_int_equal(runfile_set_started(&file, 5, 6), 0);
	assert_int_equal(runfile_set_done(&file, &result), 0);
	runfile_close(&file);
	fd = openat(rig->dir, NAME, O_RDWR | O_CLOEXEC);
	size = pread(fd, whole, sizeof(whole), 0);
	assert_in_range(size, 2048, 4096);
	for (ssize_t n = size - 1; n >= 0; n -= n > 300 ? 37 : 1) {
		assert_int_equal(ftruncate(fd, n), 0);
		if (runfile_open(&file, rig->dir, ID, &err) == 0) {
			assert_in_range(n, 2048, size); /* the last NUL */
			runfile_close(&file);
		}
	}
	for (ssize_t i = 0; i < size; i++) {
		whole[i] ^= 0xff;
		assert_int_equal(fd_pwrite_all(fd, whole, (size_t)size, 0), 0);
		if (runfile_open(&file, rig->dir, ID, &err) == 0)
			runfile_close(&file);
		whole[i] ^= 0xff;
	}
	assert_int_equal(ftruncate(fd, 1), 0);
	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(ftruncate(fd, 0), 0); /* made and never used */
	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), -1);
	assert_int_equal(errno, ENOENT);
	close(fd);
}

/* Byte number i of the stream. */
static uint8_t
stream(uint64_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* What must be kept of total bytes: the first half and the last. */
static void
check_output(
    const struct runfile *file, uint64_t limit, uint64_t total, size_t step)
{
	uint64_t head = limit / 2, ring = limit - head, pos = 0, expect = 0;
	uint8_t buf[64];
	ssize_t n;

	while ((n = runfile_output_read(file, &pos, buf, step)) > 0) {
		if (total > limit && expect >= head && expect < total - ring)
			expect = total - ring;
		for (ssize_t i = 0; i < n; i++)
			assert_int_equal(buf[i], stream(expect + (uint64_t)i));
		expect += (uint64_t)n;
		assert_true(pos == expect);
	}
	assert_int_equal(n, 0);
	if (total <= head + ring || ring > 0)
		assert_true(expect == total || limit == 0);
}

static void
test_output(void **state)
{
	static const uint64_t limits[] = {0, 1, 2, 3, 7, 8, 16, 17, 33};
	struct rig *rig = *state;
	struct runfile_output out;
	struct runfile file;
	struct err err;
	uint8_t chunk[64];
	uint64_t total, limit;

	for (size_t l = 0; l < nitems(limits); l++)
		for (size_t step = 1; step <= 41; step++) {
			limit = limits[l];
			create(rig, ID, limit);
			assert_int_equal(
			    runfile_open(&file, rig->dir, ID, &err), 0);
			runfile_output_init(&out, &file);
			for (total = 0; total < 120; total += step) {
				for (size_t i = 0; i < step; i++)
					chunk[i] = stream(total + i);
				runfile_output_write(&out, chunk, step);
				check_output(
				    &file, limit, total + step, 1 + step % 5);
			}
			assert_true(out.total == total);
			assert_true(runfile_output_dropped(&out) ==
			    (total > limit ? total - limit : 0));
			assert_int_equal(out.error, 0);
			runfile_close(&file);
		}
}

/* A disk that takes no more: what is kept is right, the rest is counted. */
static void
test_refused(void **state)
{
	struct rig *rig = *state;
	struct runfile_output out;
	struct runfile file;
	struct err err;
	uint8_t chunk[16];

	for (size_t i = 0; i < sizeof(chunk); i++)
		chunk[i] = stream(i);
	create(rig, ID, 1000);
	assert_int_equal(runfile_open(&file, rig->dir, ID, &err), 0);
	runfile_output_init(&out, &file);
	runfile_output_write(&out, chunk, 16);
	out.fd = openat(rig->dir, NAME, O_RDONLY | O_CLOEXEC);
	runfile_output_write(&out, chunk, 16);
	close(out.fd);
	assert_int_equal(out.error, EBADF);
	out.fd = file.fd;
	runfile_output_write(&out, chunk, 16);
	assert_int_equal(out.total, 48);
	assert_int_equal(runfile_output_dropped(&out), 32);
	check_output(&file, 1000, 16, 7);
	runfile_close(&file);
}

/* A file that cannot be written is removed: nobody is to find its run. */
static void
test_free_unwritable(void **state)
{
	struct rig *rig = *state;
	const struct rlimit none = {0, RLIM_INFINITY};
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

	create(rig, ID, 100);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(runfile_free(rig->dir, ID), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &any), 0);
	assert_int_equal(faccessat(rig->dir, NAME, F_OK, 0), -1);
	assert_int_equal(errno, ENOENT);
}

static void
test_renew_dir(void **state)
{
	struct rig *rig = *state;
	struct stat st;
	int number = rig->dir;

	assert_int_equal(runfile_renew_dir(rig->dir, rig->path), 0);
	assert_int_equal(rmdir(rig->path), 0);
	assert_int_equal(runfile_renew_dir(rig->dir, "/proc/none/runs"), -1);
	assert_int_equal(runfile_renew_dir(rig->dir, rig->path), 1);
	assert_int_equal(rig->dir, number);
	assert_int_equal(fstat(rig->dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(fcntl(rig->dir, F_GETFD), FD_CLOEXEC);
	create(rig, ID, 100);
	assert_int_equal(runfile_renew_dir(rig->dir, rig->path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_life, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_output, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_free_unwritable, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_renew_dir, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
