/* What a process cannot do any more once it has entered the sandbox. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

/* What is tried gives 0 when it went well, else an errno. */

static int
errno_of(int rc)
{
	return rc == -1 ? errno : 0;
}

static int
try_execute(void)
{
	char *argv[] = {(char *)(uintptr_t) "true", NULL};

	return errno_of(execv("/bin/true", argv));
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return errno_of(pid);
}

static int
try_write(void)
{
	return errno_of(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static int
try_read_write(void)
{
	return errno_of(openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC));
}

static int
try_create(void)
{
	return errno_of(open("/", O_RDONLY | O_CREAT, 0600));
}

static int
try_read(void)
{
	return errno_of(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static int
try_remove(void)
{
	return errno_of(unlink("/no-such-file"));
}

static int
try_mode(void)
{
	return errno_of(chmod("/no-such-file", 0));
}

static int
try_kill(void)
{
	return errno_of(kill(getppid(), 0));
}

static int
try_internet(void)
{
	return errno_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int
try_unix(void)
{
	return errno_of(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int
try_ring(void)
{
	return errno_of((int)syscall(SYS_io_uring_setup, 1, NULL));
}

static int
try_openat2(void)
{
	return errno_of(
	    (int)syscall(SYS_openat2, AT_FDCWD, "/dev/null", NULL, 0));
}

static int
try_abort(void)
{
	/* abort() must still end us: it signals by another call. */
	raise(SIGURG);
	return 0;
}

#ifdef SANDBOX_MAY_FORK
#define FORK_EXPECTED 0
#else
#define FORK_EXPECTED EPERM
#endif

static const struct {
	const char *name;
	int (*attempt)(void);
	int expected;
} table[] = {
    {"execute", try_execute, EPERM},
    {"fork", try_fork, FORK_EXPECTED},
    {"write", try_write, EPERM},
    {"read and write", try_read_write, EPERM},
    {"create", try_create, EPERM},
    {"remove", try_remove, EPERM},
    {"mode", try_mode, EPERM},
    {"kill", try_kill, EPERM},
    {"internet", try_internet, EPERM},
    {"io_uring", try_ring, EPERM},
    {"openat2", try_openat2, ENOSYS},
    {"read", try_read, 0},
    {"unix", try_unix, 0},
    {"raise", try_abort, 0},
};

/* What the attempt gives in a child that is in the sandbox; -1 there is none. */
static int
in_sandbox(int (*attempt)(void))
{
	struct err err;
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (sandbox_enter(&err) == -1)
			_exit(255);
		_exit(attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static void
test_table(void **state)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int got = in_sandbox(table[i].attempt);

		if (got == -1)
			skip();
		if (got != table[i].expected)
			fail_msg("%s: %s", table[i].name, strerror(got));
	}
}

static int
is_without_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 1;
}

static void
test_privileges(void **state)
{
	assert_int_not_equal(is_without_privileges(), 0);
	assert_int_equal(in_sandbox(is_without_privileges), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_privileges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
