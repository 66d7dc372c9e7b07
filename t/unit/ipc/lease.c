/* The lease file: written, read, moved on. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "run/lease.h"

static char dir[] = "/tmp/belfry-lease.XXXXXX";
static int dirfd_;

static int
set_up(void **state)
{
	if (mkdtemp(dir) == NULL)
		return -1;
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	return dirfd_ == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	unlinkat(dirfd_, LEASE_FILE, 0);
	close(dirfd_);
	return rmdir(dir);
}

static void
what_is_written_is_read(void **state)
{
	const struct lease lease = {7, 123456789012345};
	struct lease back;

	assert_int_equal(lease_read(dirfd_, &back), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(lease_write(dirfd_, &lease), 0);
	assert_int_equal(lease_read(dirfd_, &back), 0);
	assert_int_equal(back.epoch, 7);
	assert_int_equal(back.deadline_us, 123456789012345);
}

static void
half_a_file_is_damage(void **state)
{
	struct lease back;
	int fd = openat(dirfd_, LEASE_FILE, O_WRONLY);

	assert_int_equal(pwrite(fd, "x", 1, 3), 1);
	assert_int_equal(lease_read(dirfd_, &back), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(lease_read(dirfd_, &back), -1);
	assert_int_equal(errno, EBADMSG);
	close(fd);
}

static void
a_deadline_moves_on_within_its_epoch(void **state)
{
	static const struct {
		struct lease file;
		uint64_t epoch;
		int64_t now_us, known_us;
		bool holds;
		int64_t then_us;
	} rows[] = {
	    {{1, 500}, 1, 99, 100, true, 100}, /* not looked at */
	    {{1, 500}, 1, 100, 100, true, 500},
	    {{1, 500}, 1, 500, 100, false, 500},
	    {{2, 500}, 1, 100, 100, false, 100},
	    {{2, 500}, 1, 99, 100, true, 100},
	    {{1, 50}, 1, 100, 100, false, 50},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t deadline_us = rows[i].known_us;

		assert_int_equal(lease_write(dirfd_, &rows[i].file), 0);
		assert_int_equal(lease_holds(dirfd_, rows[i].epoch,
				     rows[i].now_us, &deadline_us),
		    rows[i].holds);
		assert_int_equal(deadline_us, rows[i].then_us);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(half_a_file_is_damage),
	    cmocka_unit_test(a_deadline_moves_on_within_its_epoch),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
