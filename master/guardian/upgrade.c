#include "upgrade.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/version.h"
#include "handover.h"
#include "internal.h"
#include "notify.h"
#include "programs.h"

/* A million jobs are read in a few seconds. */
#define TEST_WAIT_S 120

static void
set_state(struct guardian *g, enum upgrade_state state)
{
	g->upgrade.state = state;
	upgrade_tell(g);
}

void
upgrade_tell(struct guardian *g)
{
	struct child *master = wiring_find(g, ROLE_MASTER);
	struct upgrade *u = &g->upgrade;
	struct wire_writer w = WIRE_WRITER_INIT;

	if (u->attempt == 0 || master == NULL || master->channel == NULL)
		return;
	wire_put_u32(&w, u->attempt);
	wire_put_u8(&w, (uint8_t)u->state);
	wire_put_str(&w, u->from);
	wire_put_str(&w, u->error.text);
	channel_send(master->channel, MSG_UPGRADE_STATE, 0, &w, -1);
	wire_writer_fini(&w);
}

static void
fail(struct guardian *g)
{
	log_error("upgrade failed, belfryd %s goes on: %s", belfry_version(),
	    g->upgrade.error.text);
	set_state(g, UPGRADE_FAILED);
	notify_state("READY=1");
}

/* Reads all that is there; what does not fit is of no interest. */
static void
read_out(struct upgrade *u)
{
	char rest[4096];
	size_t room;
	ssize_t n;

	do {
		room = sizeof(u->text) - 1 - u->len;
		n = read(u->out_fd, room > 0 ? u->text + u->len : rest,
		    room > 0 ? room : sizeof(rest));
		if (n > 0 && room > 0)
			u->len += (size_t)n;
	} while (n > 0);
	u->text[u->len] = '\0';
	if (n == 0)
		event_del(u->out_event);
}

static void
out_cb(evutil_socket_t fd, short what, void *arg)
{
	struct guardian *g = arg;

	read_out(&g->upgrade);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct guardian *g = arg;

	if (g->upgrade.pid > 1)
		kill(g->upgrade.pid, SIGKILL);
}

/* In the child. */
static _Noreturn void
run_test(struct guardian *g, const struct handover *h, int out)
{
	const char *argv[] = {
	    g->self, "-t", "-c", g->options->config_path, NULL};
	struct err err = {""};

	child_reset();
	if (handover_leave(h, &err) == 0 && dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(out, STDERR_FILENO) != -1) {
		execv(g->self, (char *const *)(uintptr_t)argv);
		err_errno(&err, "cannot execute %s", g->self);
	}
	dprintf(out, "%s\n", err.text);
	_exit(127);
}

/* What a successor gets. Descriptors are borrowed, but for the program's. */
static int
fill_handover(struct guardian *g, struct handover *h, struct err *err)
{
	handover_init(h);
	h->exe_fd = open(PROGRAM_SELF, O_PATH | O_CLOEXEC);
	if (h->exe_fd == -1)
		return err_errno(err, "cannot open our own program");
	h->from = xstrdup(belfry_version());
	h->self = xstrdup(g->self);
	h->attempt = g->upgrade.attempt;
	h->error = xstrdup("");
	h->drain = g->drain_wanted;
	h->state_dir = xstrdup(g->config->state_dir);
	h->run_dir = xstrdup(g->config->run_dir);
	h->socket = xstrdup(g->config->socket);
	h->user = xstrdup(g->config->user);
	h->group = xstrdup(g->config->group);
	h->listen = xstrdup(handover_listen(g->config));
	h->listeners = g->listeners;
	h->lock_fd = g->lock_fd;
	h->config_fd = g->config_fd;
	h->programs = g->programs;
	return 0;
}

static void
drop_handover(struct handover *h)
{
	listeners_init(&h->listeners);
	h->lock_fd = -1;
	h->config_fd = -1;
	h->programs = (struct programs)PROGRAMS_INIT;
	handover_fini(h);
}

static int
start_test(struct guardian *g, struct err *err)
{
	const struct timeval tv = {.tv_sec = TEST_WAIT_S};
	struct upgrade *u = &g->upgrade;
	struct handover h;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return err_errno(err, "pipe");
	if (fill_handover(g, &h, err) == -1 || (u->pid = fork()) == -1) {
		err_errno(err, "cannot test the installed belfryd");
		fd_close(&fds[0]);
		fd_close(&fds[1]);
		u->pid = 0;
		drop_handover(&h);
		return -1;
	}
	if (u->pid == 0)
		run_test(g, &h, fds[1]);
	drop_handover(&h);
	fd_close(&fds[1]);
	u->out_fd = fds[0];
	fd_nonblock(u->out_fd);
	u->len = 0;
	u->out_event =
	    event_new(g->base, u->out_fd, EV_READ | EV_PERSIST, out_cb, g);
	event_add(u->out_event, NULL);
	evtimer_add(u->timer, &tv);
	return 0;
}

void
upgrade_pump(struct guardian *g)
{
	struct upgrade *u = &g->upgrade;

	if (!u->wanted || g->state != GUARDIAN_RUNNING || g->reload_fd != -1 ||
	    u->state == UPGRADE_TESTING || u->state == UPGRADE_REPLACING)
		return;
	u->wanted = false;
	u->attempt++;
	u->error.text[0] = '\0';
	snprintf(u->from, sizeof(u->from), "%s", belfry_version());
	notify_reloading();
	if (start_test(g, &u->error) == -1)
		fail(g);
	else
		set_state(g, UPGRADE_TESTING);
}

void
upgrade_ask(struct guardian *g, const char *who)
{
	struct upgrade *u = &g->upgrade;

	if (u->state == UPGRADE_TESTING || u->state == UPGRADE_REPLACING) {
		log_info("%s: an upgrade is already going on", who);
		return;
	}
	if (g->state == GUARDIAN_DRAINING || g->state == GUARDIAN_STOPPING) {
		log_error("%s: no upgrade, the daemon is stopping", who);
		return;
	}
	log_info("%s: upgrading to what is installed at %s", who, g->self);
	u->wanted = true;
	upgrade_pump(g);
}

/* What counts of what the test printed: its first error, or its last line. */
static const char *
find_reason(char *text)
{
	const char *reason = "";
	char *line, *rest = text;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0')
			reason = line;
		if (strstr(line, ": error: ") != NULL)
			break;
	}
	return reason;
}

static void
tell_failure(struct upgrade *u, int status, struct err *err)
{
	const char *reason = find_reason(u->text);

	if (WIFSIGNALED(status))
		err_set(err, "the installed belfryd was killed by signal %d",
		    WTERMSIG(status));
	else if (*reason != '\0')
		err_set(err, "%s", reason);
	else
		err_set(err,
		    "the installed \"belfryd -t\" exited with status %d",
		    WEXITSTATUS(status));
}

static void
end_test(struct upgrade *u)
{
	read_out(u);
	event_free(u->out_event);
	u->out_event = NULL;
	fd_close(&u->out_fd);
	evtimer_del(u->timer);
	u->pid = 0;
}

bool
upgrade_reaped(struct guardian *g, pid_t pid, int status)
{
	struct upgrade *u = &g->upgrade;

	if (u->pid == 0 || pid != u->pid)
		return false;
	end_test(u);
	if (g->state != GUARDIAN_RUNNING) {
		err_set(&u->error, "the daemon was stopped meanwhile");
		fail(g);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		tell_failure(u, status, &u->error);
		fail(g);
	} else {
		log_info("the installed belfryd can take over, stopping the "
			 "parts of this one");
		set_state(g, UPGRADE_REPLACING);
		roles_stop(g, 1);
	}
	return true;
}

bool
upgrade_is_replacing(const struct guardian *g)
{
	return g->upgrade.state == UPGRADE_REPLACING;
}

bool
upgrade_give_up(struct guardian *g, const char *why)
{
	if (g->upgrade.given == NULL || g->upgrade.error.text[0] != '\0')
		return false;
	err_set(&g->upgrade.error, "belfryd %s: %s", belfry_version(), why);
	log_error(
	    "%s; going back to %s", g->upgrade.error.text, g->upgrade.from);
	g->upgrade.give_back = true;
	set_state(g, UPGRADE_REPLACING);
	roles_stop(g, 1);
	return true;
}

void
upgrade_cancel(struct guardian *g)
{
	g->upgrade.wanted = false;
	if (g->upgrade.state == UPGRADE_REPLACING)
		g->upgrade.state = UPGRADE_FAILED;
}

/* Back to the program before. Returns only when that fails. */
static void
go_back(struct guardian *g)
{
	struct upgrade *u = &g->upgrade;
	struct err err = {""};

	u->given->drain = g->drain_wanted;
	handover_return(u->given, u->error.text, g->options->config_path,
	    g->pid_path, g->options, &err);
	log_error("cannot go back to %s: %s", u->from, err.text);
}

bool
upgrade_execute(struct guardian *g)
{
	struct upgrade *u = &g->upgrade;
	struct handover h;

	if (u->state != UPGRADE_REPLACING)
		return false;
	if (u->give_back) {
		go_back(g);
		return false;
	}
	if (fill_handover(g, &h, &u->error) == 0)
		handover_execute(g->self, &h, g->options->config_path,
		    g->pid_path, g->options, &u->error);
	drop_handover(&h);
	fail(g);
	return true;
}

/* Its listening sockets and the lock are ours by now. */
static void
drop_given(struct upgrade *u)
{
	if (u->given == NULL)
		return;
	listeners_init(&u->given->listeners);
	u->given->lock_fd = -1;
	handover_fini(u->given);
	u->given = NULL;
}

void
upgrade_done(struct guardian *g)
{
	struct upgrade *u = &g->upgrade;

	if (u->given == NULL)
		return;
	if (u->error.text[0] != '\0') {
		fail(g);
	} else {
		log_info("upgraded from belfryd %s to %s", u->from,
		    belfry_version());
		set_state(g, UPGRADE_DONE);
	}
	drop_given(u);
}

void
upgrade_init(struct guardian *g, struct handover *given)
{
	struct upgrade *u = &g->upgrade;

	u->out_fd = -1;
	u->timer = evtimer_new(g->base, timer_cb, g);
	if (u->timer == NULL)
		fatalx("out of memory");
	u->given = given;
	if (given == NULL)
		return;
	u->attempt = given->attempt;
	snprintf(u->from, sizeof(u->from), "%s", given->from);
	err_set(&u->error, "%s", given->error);
}

void
upgrade_fini(struct guardian *g)
{
	struct upgrade *u = &g->upgrade;

	if (u->pid > 1)
		kill(u->pid, SIGKILL);
	if (u->out_event != NULL)
		event_free(u->out_event);
	if (u->timer != NULL)
		event_free(u->timer);
	fd_close(&u->out_fd);
	drop_given(u);
}
