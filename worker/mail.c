#include "mail.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "mail_keep.h"
#include "worker.h"
#include "worker_loop.h"

/* So much output is worth a mail; all of it is in the store. */
#define TEXT_MAX (8U << 20)

#define PATIENCE_US 60000000

static bool
is_wanted(const struct worker *w)
{
	if (w->spec.mailc == 0 || w->foreground || w->output.total == 0)
		return false;
	return !w->spec.mail_failures || w->result.outcome != OUTCOME_SUCCESS;
}

/* What is kept of the output, behind what is there. 0, or -1 with errno. */
static int
add_output(const struct worker *w, int fd, uint64_t at)
{
	char buf[16384], gap[96];
	uint64_t pos = 0, before, sent = 0;
	ssize_t n;

	while (sent < TEXT_MAX) {
		before = pos;
		n = runfile_output_read(&w->file, &pos, buf, sizeof(buf));
		if (n <= 0)
			return n == 0 ? 0 : -1;
		if (pos - (uint64_t)n > before) {
			snprintf(gap, sizeof(gap),
			    "\n[%llu bytes of output are left out here]\n",
			    (unsigned long long)(pos - (uint64_t)n - before));
			if (fd_pwrite_all(fd, gap, strlen(gap), (off_t)at) ==
			    -1)
				return -1;
			at += strlen(gap);
		}
		if (fd_pwrite_all(fd, buf, (size_t)n, (off_t)at) == -1)
			return -1;
		at += (uint64_t)n;
		sent += (uint64_t)n;
	}
	return 0;
}

/* The whole mail in memory; -1: it is told why not. */
static int
make_mail(const struct worker *w)
{
	size_t head = strlen(w->spec.mail_head);
	int fd = memfd_create("mail", MFD_CLOEXEC);

	if (fd == -1 || fd_pwrite_all(fd, w->spec.mail_head, head, 0) == -1 ||
	    add_output(w, fd, head) == -1) {
		log_warn("run %s: cannot make a mail of its output: %s",
		    w->spec.id, strerror(errno));
		fd_close(&fd);
	}
	return fd;
}

int
mail_prepare(const struct worker *w)
{
	int fd;

	if (!is_wanted(w))
		return -1;
	if (!w->spec.mail_kept && access(w->spec.mail[0], X_OK) == -1) {
		log_info("run %s: there is no %s, its output is not mailed",
		    w->spec.id, w->spec.mail[0]);
		return -1;
	}
	fd = make_mail(w);
	if (fd != -1 && w->spec.mail_kept) {
		mail_keep(&w->spec, fd);
		fd_close(&fd);
	}
	return fd;
}

/* The sendmail, as if it were a job of the same user. -1 with err. */
static pid_t
start(struct worker *w, struct run_spec *spec, int fd, struct err *err)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t pid;

	*spec = w->spec;
	spec->argv = w->spec.mail;
	spec->argc = w->spec.mailc;
	spec->shell = "";
	spec->nice = 0;
	spec->ionice = 0;
	spec->umask = -1;
	spec->no_new_privileges = false; /* it may have to gain some */
	w->start.spec = spec;
	w->start.input = fd;
	w->start.output = w->start.errors = null;
	w->start.cgroup = -1;
	w->start.limits = (struct run_limits){0};
	pid = job_start(&w->start, err);
	fd_close(&null);
	return pid;
}

/* Its status; -1: it took too long and was killed. */
static int
wait_for(pid_t pid)
{
	int64_t now_us = worker_now_us(), end_us = now_us + PATIENCE_US;
	struct timespec left;
	sigset_t child;
	int status = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (; now_us < end_us; now_us = worker_now_us()) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		left.tv_sec = (end_us - now_us) / 1000000;
		left.tv_nsec = (end_us - now_us) % 1000000 * 1000;
		sigtimedwait(&child, NULL, &left);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

void
mail_send(struct worker *w, int fd)
{
	struct err err = {""};
	struct run_spec spec;
	int status;
	pid_t pid;

	if (fd == -1)
		return;
	pid = start(w, &spec, fd, &err);
	fd_close(&fd);
	if (pid == -1) {
		log_warn("run %s: its output was not mailed: %s", w->spec.id,
		    err.text);
		return;
	}
	status = wait_for(pid);
	if (status != 0)
		log_warn("run %s: its output was not mailed: %s ended with "
			 "status 0x%04x",
		    w->spec.id, w->spec.mail[0], (unsigned)status & 0xffff);
}
