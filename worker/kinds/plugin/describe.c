/*
 * Asks a plugin what it is. The plugin is loaded in a child of its own, which
 * may crash, hang or write what it likes: what comes back is bytes to be
 * checked, or nothing, and then the way in which the child ended.
 */
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "ipc/message.h"
#include "tree.h"

/* How long a plugin may take to be loaded. */
#define PATIENCE_MS 10000

/* Rounds of killing, a millisecond apart, for what it left. */
#define KILL_ROUNDS 2000

#define ANSWER_FD 3

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
become(const struct plugin_ask *ask)
{
	if (!ask->set_ids)
		return 0;
	if (setgroups(0, NULL) == -1 ||
	    setresgid(ask->gid, ask->gid, ask->gid) == -1)
		return -1;
	return setresuid(ask->uid, ask->uid, ask->uid);
}

static int
prepare_child(const struct plugin_ask *ask, int answer)
{
	const struct rlimit none = {0, 0};
	sigset_t empty;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1 ||
	    (answer != ANSWER_FD && dup2(answer, ANSWER_FD) == -1))
		return -1;
	close_range(ANSWER_FD + 1, ~0U, 0);
	fd_cloexec(ANSWER_FD, 1);
	setrlimit(RLIMIT_CORE, &none);
	if (setsid() == -1 || become(ask) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return -1;
	clearenv();
	sigemptyset(&empty);
	sigprocmask(SIG_SETMASK, &empty, NULL);
	return 0;
}

static _Noreturn void
be_child(const struct plugin_ask *ask, int answer)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct belfry_run run = {0};
	struct err err;

	if (prepare_child(ask, answer) == -1)
		_exit(127);
	if (plugin_load(&run, ask->name, ask->path, &err) == 0) {
		wire_put_u8(&w, 1);
		plugin_info_encode(&run.info, &w);
	} else {
		wire_put_u8(&w, 0);
		wire_put_str(&w, err.text);
	}
	/* What a destructor does is seen in runs. */
	_exit(write(ANSWER_FD, w.p, w.len) == (ssize_t)w.len ? 0 : 1);
}

/* All that is said until the end of it or of patience; false then. */
static bool
read_answer(int fd, struct wire_writer *w)
{
	int64_t until = now_ms() + PATIENCE_MS, left;
	uint8_t buf[4096];
	ssize_t n;

	while ((left = until - now_ms()) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		if (poll(&p, 1, (int)left) != 1)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		for (ssize_t i = 0; i < n && w->len < MESSAGE_PAYLOAD_MAX; i++)
			wire_put_u8(w, buf[i]);
		if (w->len == MESSAGE_PAYLOAD_MAX)
			return true;
	}
	return false;
}

static void
kill_all(struct tree *tree)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int i = 0; i < KILL_ROUNDS; i++) {
		tree_kill(tree);
		while (tree_reap(tree))
			;
		if (tree_is_empty(tree))
			return;
		nanosleep(&pause, NULL);
	}
}

/* Is what it said a description? Else the reason in words. */
static int
check_answer(const struct wire_writer *w, struct err *err)
{
	struct plugin_info info;
	struct wire_reader r;

	wire_reader_init(&r, w->p, w->len);
	if (wire_get_u8(&r) == 1)
		return plugin_info_decode(&info, &r, err);
	err_set(err, "%s", wire_get_str(&r));
	return wire_ok(&r) && err->text[0] != '\0' ? -1 :
						     err_set(err,
							 "its description is "
							 "malformed");
}

static int
explain_silence(const struct tree *tree, bool in_time, struct err *err)
{
	if (!in_time)
		return err_set(err,
		    "it hangs when it is loaded; %d s are "
		    "enough",
		    PATIENCE_MS / 1000);
	if (tree->ended && WIFSIGNALED(tree->status))
		return err_set(err, "it crashes when it is loaded (signal %s)",
		    signal_name(WTERMSIG(tree->status)));
	return err_set(err, "it ends the process when it is loaded");
}

static int
ask_child(const struct plugin_ask *ask, struct wire_writer *w, struct err *err)
{
	struct tree tree;
	bool in_time;
	int fds[2];
	pid_t pid;

	if (tree_adopt() == -1 || pipe2(fds, O_CLOEXEC) == -1)
		return err_errno(err, "cannot describe it");
	pid = fork();
	if (pid == 0)
		be_child(ask, fds[1]);
	fd_close(&fds[1]);
	if (pid == -1) {
		fd_close(&fds[0]);
		return err_errno(err, "cannot start a process");
	}
	in_time = read_answer(fds[0], w);
	fd_close(&fds[0]);
	tree_init(&tree, pid, -1);
	if (in_time && w->len == 0) {
		/* How it ended, before we end it. */
		for (int i = 0; i < KILL_ROUNDS && !tree.ended; i++) {
			tree_reap(&tree);
			poll(NULL, 0, 1);
		}
	}
	in_time &= tree.ended || w->len > 0;
	kill_all(&tree);
	if (w->len == 0)
		return explain_silence(&tree, in_time, err);
	return check_answer(w, err);
}

void
plugin_describe(const struct plugin_ask *ask, struct wire_writer *w)
{
	struct err err;

	if (ask_child(ask, w, &err) == 0)
		return;
	wire_writer_reset(w);
	wire_put_u8(w, 0);
	wire_put_str(w, err.text);
}
