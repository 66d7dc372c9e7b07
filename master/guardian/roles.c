/*
 * The processes of the roles: starting them, hearing them, starting them
 * again when they died. Runs in the guardian; must not parse or wait.
 */
#include "internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/mem.h"
#include "notify.h"
#include "programs.h"

/* After the roles were told to end, how long before they are killed. */
#define STOP_WAIT_MS 10000

static void child_start(struct child *child);
static struct child *
add_child(struct guardian *g, enum role_id role, unsigned index);

static int
handle_ready(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;
	char name[32];

	child->ready = true;
	log_info("%s is up, pid=%d%s%s", child_name(child, name, sizeof(name)),
	    (int)child->pid, message->body.len > 5 ? " " : "",
	    wire_get_str(&message->body));
	if (child->guardian->state == GUARDIAN_STARTING)
		guardian_all_ready(child->guardian);
	return 0;
}

static int
handle_reloaded(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;
	struct guardian *g = child->guardian;
	uint64_t ticket = wire_get_u64(&message->body);
	bool ok = wire_get_u8(&message->body);

	if (ticket != g->ticket || g->reload_fd == -1)
		return 0;
	if (ok) {
		fd_close(&g->config_fd);
		g->config_fd = g->reload_fd;
		g->reload_fd = -1;
	}
	fd_close(&g->reload_fd);
	notify_state("READY=1");
	upgrade_pump(g);
	return 0;
}

static int
handle_reload_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;

	guardian_reload(child->guardian);
	return 0;
}

static int
handle_drain_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;

	guardian_drain(child->guardian, "drain");
	return 0;
}

static int
handle_upgrade_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;

	upgrade_ask(child->guardian, "upgrade");
	return 0;
}

static int
handle_drain_patience(struct channel *channel, struct message *message,
    void *arg, struct err *err)
{
	struct child *child = arg;

	child->guardian->patience_ms = wire_get_i64(&message->body);
	return 0;
}

static int
handle_drained(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;

	if (child->guardian->state == GUARDIAN_DRAINING)
		roles_stop(child->guardian, 0);
	return 0;
}

static int
handle_role_bad(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;
	struct guardian *g = child->guardian;
	enum role_id role = wire_get_u8(&message->body);
	unsigned index = wire_get_u8(&message->body);
	const char *why = wire_get_str(&message->body);
	char name[32];

	if (!wire_end(&message->body))
		return err_set(err, "malformed");
	for (unsigned i = 0; i < g->nchildren; i++) {
		struct child *bad = &g->children[i];

		if (bad->role != role || bad->index != index || bad->pid <= 1)
			continue;
		log_error("%s sent rubbish, restarting it: %s",
		    child_name(bad, name, sizeof(name)), why);
		kill(bad->pid, SIGKILL);
	}
	return 0;
}

static int
handle_library_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct child *child = arg;
	struct guardian *g = child->guardian;

	for (unsigned i = 0; i < g->nchildren; i++)
		if (g->children[i].role == ROLE_LAUNCHER &&
		    g->children[i].index == LAUNCHER_LIBRARY)
			return 0;
	if (g->state != GUARDIAN_STOPPING)
		child_start(add_child(g, ROLE_LAUNCHER, LAUNCHER_LIBRARY));
	return 0;
}

static const struct channel_dispatch dispatch[] = {
    {MSG_ROLE_READY, handle_ready},
    {MSG_RELOADED, handle_reloaded},
    {MSG_RELOAD_ASK, handle_reload_ask},
    {MSG_DRAIN_ASK, handle_drain_ask},
    {MSG_UPGRADE_ASK, handle_upgrade_ask},
    {MSG_DRAIN_PATIENCE, handle_drain_patience},
    {MSG_DRAINED, handle_drained},
    {MSG_LIBRARY_ASK, handle_library_ask},
    {MSG_ROLE_BAD, handle_role_bad},
    {0, NULL},
};

/* The process will be reaped; a role that speaks nonsense is ended. */
static void
child_closed(struct channel *channel, const char *why, void *arg)
{
	struct child *child = arg;
	char name[32];

	if (why != NULL)
		log_error("%s: %s", child_name(child, name, sizeof(name)), why);
	channel_free(channel);
	child->channel = NULL;
	if (child->pid > 1 && why != NULL)
		kill(child->pid, SIGKILL);
}

static int
spawn_launcher(struct child *child, struct err *err)
{
	struct guardian *g = child->guardian;
	bool library = child->index == LAUNCHER_LIBRARY;
	char path[32], index[16], level[16], *runs, *sock;
	char *argv[8];
	struct child_exec exec = {
	    .path = path,
	    .argv = argv,
	    .config_fd = -1,
	};
	int fd;

	runs = xasprintf("%s/runs", g->config->state_dir);
	sock = xasprintf("%s/worker.sock", g->config->run_dir);
	snprintf(index, sizeof(index), "%u", child->index);
	snprintf(
	    level, sizeof(level), "%s", log_level_name(g->config->log_level));
	snprintf(path, sizeof(path), "/proc/self/fd/%d",
	    library ? g->programs.library_fd : g->programs.worker_fd);
	argv[0] = (char *)(uintptr_t)(library ? "belfry-worker-lib" :
						"belfry-worker");
	argv[1] = index;
	argv[2] = runs;
	argv[3] = sock;
	argv[4] = level;
	argv[5] = (char *)(uintptr_t)g->log_target;
	argv[6] = g->cgroups.base;
	argv[7] = NULL;
	fd = child_spawn(child, &exec, err);
	free(runs);
	free(sock);
	return fd;
}

static int
spawn_role(struct child *child, struct err *err)
{
	struct guardian *g = child->guardian;
	char *const argv[] = {
	    g->self,
	    (char *)(uintptr_t) "-x",
	    (char *)(uintptr_t)role_name(child->role),
	    (char *)(uintptr_t) "-c",
	    (char *)(uintptr_t)g->options->config_path,
	    (char *)(uintptr_t) "-l",
	    (char *)(uintptr_t)log_level_name(g->config->log_level),
	    (char *)(uintptr_t) "-L",
	    (char *)(uintptr_t)g->log_target,
	    NULL,
	};
	struct child_exec exec = {
	    .path = PROGRAM_SELF,
	    .argv = argv,
	    .config_fd = g->config_fd,
	};

	return child_spawn(child, &exec, err);
}

static void
restart_later(struct child *child)
{
	int64_t ms = child_backoff_ms(child, boottime_ms());
	const struct timeval tv = {
	    .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000,
	};

	if (ms == 0)
		child_start(child);
	else
		evtimer_add(child->restart, &tv);
}

static void
child_start(struct child *child)
{
	struct guardian *g = child->guardian;
	struct channel_config config = {
	    .loop = g->loop,
	    .self = ROLE_GUARDIAN,
	    .peer = child->role,
	    .dispatch = dispatch,
	    .closed_cb = child_closed,
	    .arg = child,
	};
	struct err err = {""};
	char name[32];
	int fd;

	fd = child->role == ROLE_LAUNCHER ? spawn_launcher(child, &err) :
					    spawn_role(child, &err);
	if (fd == -1) {
		log_error("cannot start %s: %s",
		    child_name(child, name, sizeof(name)), err.text);
		restart_later(child);
		return;
	}
	fault_point(FAULT_GUARDIAN_SPAWNED);
	child->channel = channel_new(&config, fd);
	/* At first everybody is wired when all are there. */
	if (g->wired)
		wiring_child(child);
	fault_point(FAULT_GUARDIAN_WIRED);
}

static void
restart_cb(evutil_socket_t fd, short what, void *arg)
{
	struct child *child = arg;

	if (child->guardian->state != GUARDIAN_STOPPING)
		child_start(child);
}

static void
log_death(const struct child *child, int status, const char *then)
{
	char name[32];

	child_name(child, name, sizeof(name));
	if (WIFSIGNALED(status))
		log_error("%s (pid %d) was killed by signal %d%s", name,
		    (int)child->pid, WTERMSIG(status), then);
	else
		log_error("%s (pid %d) exited with status %d%s", name,
		    (int)child->pid, WEXITSTATUS(status), then);
}

static void
cannot_start(struct child *child)
{
	char name[32], why[64];

	child->pid = 0;
	snprintf(why, sizeof(why), "its %s does not start, see the log",
	    child_name(child, name, sizeof(name)));
	if (!upgrade_give_up(child->guardian, why))
		roles_stop(child->guardian, 1);
}

static void
child_died(struct child *child, int status)
{
	struct guardian *g = child->guardian;

	fault_point(FAULT_GUARDIAN_REAPED);
	channel_free(child->channel);
	child->channel = NULL;
	if (g->state == GUARDIAN_STOPPING) {
		child->pid = 0;
		return;
	}
	if (g->state == GUARDIAN_STARTING && child->restarts == 0 &&
	    !child->ready && WIFEXITED(status)) {
		/* It said why: a second try would say the same. */
		log_death(child, status, ", cannot start");
		cannot_start(child);
		return;
	}
	if (g->state == GUARDIAN_STARTING && g->upgrade.given != NULL &&
	    !child->ready && child->restarts + 1 >= GIVE_UP_DEATHS) {
		log_death(child, status, " again and again");
		cannot_start(child);
		return;
	}
	log_death(child, status, ", starting it again");
	child->pid = 0;
	child->restarts++;
	restart_later(child);
}

static void
check_stopped(struct guardian *g)
{
	if (g->state != GUARDIAN_STOPPING)
		return;
	for (unsigned i = 0; i < g->nchildren; i++)
		if (g->children[i].pid != 0)
			return;
	event_base_loopbreak(g->base);
}

void
roles_reap(struct guardian *g)
{
	pid_t pid;
	int status;

	/* Others than our children are workers that outlived their launcher. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (upgrade_reaped(g, pid, status))
			continue;
		for (unsigned i = 0; i < g->nchildren; i++)
			if (g->children[i].pid == pid)
				child_died(&g->children[i], status);
	}
	check_stopped(g);
}

/* Closing its channel tells a role to end; what runs goes on by itself. */
void
roles_stop(struct guardian *g, int status)
{
	if (g->state == GUARDIAN_STOPPING)
		return;
	fd_close(&g->reload_fd);
	g->state = GUARDIAN_STOPPING;
	g->status = status;
	for (unsigned i = 0; i < g->nchildren; i++) {
		evtimer_del(g->children[i].restart);
		channel_free(g->children[i].channel);
		g->children[i].channel = NULL;
	}
	guardian_arm_timer(g, STOP_WAIT_MS);
	check_stopped(g);
}

static struct child *
add_child(struct guardian *g, enum role_id role, unsigned index)
{
	struct child *child = &g->children[g->nchildren++];

	child->guardian = g;
	child->role = role;
	child->index = index;
	child->restart = evtimer_new(g->base, restart_cb, child);
	if (child->restart == NULL)
		fatalx("out of memory");
	return child;
}

void
roles_init(struct guardian *g)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned n = cores < 1       ? 1 :
	    cores > LAUNCHER_LIBRARY ? LAUNCHER_LIBRARY :
				       (unsigned)cores;

	add_child(g, ROLE_RECORDER, 0);
	for (unsigned i = 0; i < n; i++)
		add_child(g, ROLE_LAUNCHER, i);
	add_child(g, ROLE_MASTER, 0);
	add_child(g, ROLE_API, 0);
}

void
roles_start(struct guardian *g)
{
	evtimer_del(g->stop_timer);
	g->wired = false;
	for (unsigned i = 0; i < g->nchildren; i++) {
		g->children[i].restarts = 0;
		child_start(&g->children[i]);
	}
	wiring_all(g);
	/* Those of a predecessor that ended while no signal could tell us. */
	roles_reap(g);
}
