/*
 * Runs as whoever started the daemon, often root. Must not parse, look up or
 * wait for anything once the roles run.
 */
#include "guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/strays.h"
#include "base/version.h"
#include "handover.h"
#include "internal.h"
#include "notify.h"
#include "programs.h"
#include "secrets.h"
#include "startup.h"

/* How much longer than it said the master may take to drain. */
#define DRAIN_SLACK_MS 120000

/* Asked for while there was no master. */
static void
do_what_waited(struct guardian *g)
{
	unsigned drains = g->drain_wanted;

	g->drain_wanted = 0;
	for (unsigned i = 0; i < drains; i++)
		guardian_drain(g, "asked for during the upgrade");
	if (g->reload_wanted) {
		g->reload_wanted = false;
		guardian_reload(g);
	}
	upgrade_pump(g);
}

void
guardian_all_ready(struct guardian *g)
{
	struct err err = {""};

	for (unsigned i = 0; i < g->nchildren; i++)
		if (!g->children[i].ready)
			return;
	if (!g->pid_written && startup_pid_file(g->pid_path, &err) == -1) {
		log_error("%s", err.text);
		roles_stop(g, 1);
		return;
	}
	g->pid_written = true;
	g->state = GUARDIAN_RUNNING;
	log_info("belfryd %s is up, pid=%d node=%s", belfry_version(),
	    (int)getpid(), g->config->node_name);
	fd_close(&g->caller_fd);
	startup_detached(g->detach_fd, g->config->log[0] == '/');
	if (g->detach_fd != -1)
		wiring_send_log(
		    g); /* the roles hold the terminal we just left */
	g->detach_fd = -1;
	notify_state("READY=1");
	upgrade_done(g);
	do_what_waited(g);
}

static void
reopen_log(struct guardian *g)
{
	struct err err = {""};
	int fd;

	if (g->config->log[0] != '/')
		return;
	fd = startup_open_log(g->config->log, &g->ids, &err);
	if (fd == -1) {
		log_error("%s; going on with the old one", err.text);
		return;
	}
	dup2(fd, STDERR_FILENO);
	fd_close(&fd);
	wiring_send_log(g);
	log_info("log reopened");
}

void
guardian_reload(struct guardian *g)
{
	struct err err = {""};
	int fd;

	if (g->state == GUARDIAN_STARTING || upgrade_is_replacing(g))
		g->reload_wanted = true;
	if (g->state != GUARDIAN_RUNNING)
		return;
	notify_reloading();
	reopen_log(g);
	fd = startup_copy(g->options->config_path, &err);
	if (fd == -1) {
		log_error("%s; the configuration stays as it was", err.text);
		fd = fcntl(g->config_fd, F_DUPFD_CLOEXEC, 0);
	}
	fd_close(&g->reload_fd);
	g->reload_fd = fd;
	g->ticket++;
	wiring_send_reload(g);
	wiring_send_files(g);
}

static void
stop_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct guardian *g = arg;

	if (g->state == GUARDIAN_DRAINING) {
		log_error("the master does not drain, stopping without it");
		roles_stop(g, 1);
		return;
	}
	for (unsigned i = 0; i < g->nchildren; i++)
		if (g->children[i].pid > 1)
			kill(g->children[i].pid, SIGKILL);
}

void
guardian_arm_timer(struct guardian *g, int64_t ms)
{
	const struct timeval tv = {
	    .tv_sec = ms / 1000,
	    .tv_usec = ms % 1000 * 1000,
	};

	evtimer_add(g->stop_timer, &tv);
}

void
guardian_drain(struct guardian *g, const char *why)
{
	if (upgrade_is_replacing(g) ||
	    (g->state == GUARDIAN_STARTING && g->upgrade.attempt > 0)) {
		log_info("%s: drains when the upgrade is over", why);
		if (g->drain_wanted < 2)
			g->drain_wanted++;
	} else if (g->state == GUARDIAN_STARTING) {
		roles_stop(g, 1);
	} else if (g->state == GUARDIAN_RUNNING) {
		log_info("%s: draining, starting nothing more", why);
		notify_state("STOPPING=1");
		g->state = GUARDIAN_DRAINING;
		wiring_send_drain(g);
		guardian_arm_timer(g, g->patience_ms + DRAIN_SLACK_MS);
	} else if (g->state == GUARDIAN_DRAINING && !g->drain_now) {
		log_info("%s again: ending the jobs that still run", why);
		g->drain_now = true;
		wiring_send_drain(g);
	}
}

static void
signal_cb(evutil_socket_t sig, short what, void *arg)
{
	struct guardian *g = arg;

	switch (sig) {
	case SIGCHLD:
		roles_reap(g);
		break;
	case SIGTERM:
		guardian_drain(g, "SIGTERM");
		break;
	case SIGINT:
		guardian_drain(g, "SIGINT");
		break;
	case SIGHUP:
		log_info("SIGHUP: reloading");
		guardian_reload(g);
		break;
	case SIGUSR1:
		reopen_log(g);
		break;
	case SIGUSR2:
		upgrade_ask(g, "SIGUSR2");
		break;
	case SIGQUIT:
		log_info("SIGQUIT: stopping, jobs go on by themselves");
		upgrade_cancel(g);
		roles_stop(g, GUARDIAN_EXIT_LEFT);
		g->status = GUARDIAN_EXIT_LEFT;
		break;
	default:
		break;
	}
}

static void
catch_signals(struct guardian *g)
{
	static const int caught[] = {
	    SIGCHLD,
	    SIGTERM,
	    SIGINT,
	    SIGHUP,
	    SIGUSR1,
	    SIGUSR2,
	    SIGQUIT,
	};
	sigset_t none;

	_Static_assert(nitems(caught) <= SIGNALS_MAX, "too many signals");
	for (size_t i = 0; i < nitems(caught); i++) {
		g->signals[i] = evsignal_new(g->base, caught[i], signal_cb, g);
		if (g->signals[i] == NULL ||
		    evsignal_add(g->signals[i], NULL) == -1)
			fatalx("cannot catch signal %d", caught[i]);
	}
	strays_ignore();
	/* A predecessor had blocked them. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the format that is configured; the roles are told by its name. */
static void
set_log(struct guardian *g, enum log_target target)
{
	if (g->config->log_json)
		target |= LOG_TARGET_JSON;
	g->log_target = log_target_name(target);
	log_init("guardian", g->config->log_level, target);
}

static int
open_log(struct guardian *g, struct err *err)
{
	enum log_target target = LOG_TARGET_STDERR;
	const char *log = g->config->log;
	int fd;

	if (log[0] == '/') {
		fd = startup_open_log(log, &g->ids, err);
		if (fd == -1)
			return -1; /* the caller sees why: this is logged there */
		g->caller_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
		if (dup2(fd, STDERR_FILENO) == -1)
			return err_errno(err, "cannot write to log %s", log);
		fd_close(&fd);
	}
	if (log[0] != '/' && !g->options->foreground)
		target = LOG_TARGET_BOTH;
	else if (strcmp(log, "syslog") == 0)
		target = LOG_TARGET_SYSLOG;
	set_log(g, target);
	return 0;
}

/* Everything that a predecessor has already is taken from it. */
static int
prepare_successor(struct guardian *g, struct handover *given, struct err *err)
{
	bool returned = given->error[0] != '\0';

	g->self = xstrdup(given->self);
	g->drain_wanted = given->drain;
	g->listeners = given->listeners;
	g->lock_fd = given->lock_fd;
	if ((returned ? programs_copy(&g->programs, &given->programs, err) :
			programs_open(&g->programs, err)) == -1)
		return -1;
	g->config_fd = returned ? fcntl(given->config_fd, F_DUPFD_CLOEXEC, 3) :
				  startup_copy(g->options->config_path, err);
	if (g->config_fd == -1 ||
	    priv_lookup(g->config->user, g->config->group, &g->ids, err) == -1)
		return -1;
	priv_pass_on(&g->ids);
	g->pid_written = true;
	if (open_log(g, err) == -1)
		return -1;
	fd_close(&g->caller_fd); /* nobody waits for us */
	return cgroups_open(&g->cgroups, g->config, err);
}

static int
prepare(struct guardian *g, struct err *err)
{
	const struct config *config = g->config;

	g->self = program_path(g->options->argv0, err);
	if (g->self == NULL || programs_open(&g->programs, err) == -1 ||
	    priv_lookup(config->user, config->group, &g->ids, err) == -1 ||
	    startup_directories(config, &g->ids, err) == -1 ||
	    secrets_check(config, &g->ids, err) == -1)
		return -1;
	priv_pass_on(&g->ids);
	g->config_fd = startup_copy(g->options->config_path, err);
	if (g->config_fd == -1)
		return -1;
	if (!g->options->foreground) {
		g->detach_fd = startup_detach(err);
		if (g->detach_fd == -1)
			return -1;
	}
	/* By the process that stays: the lock names its pid. */
	g->lock_fd = startup_lock(config, err);
	if (g->lock_fd == -1 || open_log(g, err) == -1 ||
	    cgroups_open(&g->cgroups, config, err) == -1)
		return -1;
	return listeners_open(&g->listeners, config, &g->ids, err);
}

static void
remove_files(struct guardian *g)
{
	listeners_unlink(&g->listeners, g->config);
	/* Who waits for the pid file to go may start another daemon then. */
	fd_close(&g->lock_fd);
	if (g->pid_written)
		unlink(g->pid_path);
}

static void
finish(struct guardian *g)
{
	remove_files(g);
	for (unsigned i = 0; i < g->nchildren; i++) {
		channel_free(g->children[i].channel);
		event_free(g->children[i].restart);
	}
	for (size_t i = 0; i < SIGNALS_MAX; i++)
		if (g->signals[i] != NULL)
			event_free(g->signals[i]);
	if (g->stop_timer != NULL)
		event_free(g->stop_timer);
	upgrade_fini(g);
	channel_loop_free(g->loop);
	if (g->base != NULL)
		event_base_free(g->base);
	listeners_close(&g->listeners);
	fd_close(&g->config_fd);
	fd_close(&g->reload_fd);
	programs_close(&g->programs);
	cgroups_close(&g->cgroups);
	free(g->self);
	free(g->pid_path);
}

/* Absolute: in the background we leave the directory we were started in. */
static char *
pid_path(const struct config *config, const struct guardian_options *options)
{
	const char *path = options->pid_path;
	char *cwd, *full;

	if (path == NULL)
		return xasprintf("%s/belfryd.pid", config->run_dir);
	if (*path == '/' || (cwd = getcwd(NULL, 0)) == NULL)
		return xstrdup(path);
	full = xasprintf("%s/%s", cwd, path);
	free(cwd);
	return full;
}

/* Who started us with a log file does not see it. */
static void
tell_caller(const struct guardian *g, const char *why)
{
	if (g->caller_fd != -1)
		dprintf(g->caller_fd, "belfryd: %s; see the log, %s\n", why,
		    g->config->log);
}

static void
make_loop(struct guardian *g, struct handover *given)
{
	/* Workers whose launcher dies come to us to be reaped. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	g->base = event_base_new();
	if (g->base == NULL)
		fatalx("cannot make an event loop");
	g->loop = channel_loop_new(g->base);
	g->stop_timer = evtimer_new(g->base, stop_timer_cb, g);
	upgrade_init(g, given);
	roles_init(g);
	catch_signals(g);
}

int
guardian_run(struct config *config, const struct guardian_options *options,
    struct handover *given, struct err *err)
{
	struct guardian g = {
	    .config = config,
	    .options = options,
	    .config_fd = -1,
	    .reload_fd = -1,
	    .detach_fd = -1,
	    .lock_fd = -1,
	    .caller_fd = -1,
	    .programs = PROGRAMS_INIT,
	};

	set_log(&g, LOG_TARGET_STDERR);
	listeners_init(&g.listeners);
	g.pid_path = pid_path(config, options);
	g.patience_ms = config->shutdown_ms;
	if ((given != NULL ? prepare_successor(&g, given, err) :
			     prepare(&g, err)) == -1) {
		if (given != NULL)
			return -1; /* who handed over needs it all */
		log_error("%s", err->text);
		tell_caller(&g, err->text);
		finish(&g);
		return 1;
	}
	make_loop(&g, given);
	do {
		g.state = GUARDIAN_STARTING;
		roles_start(&g);
		event_base_dispatch(g.base);
	} while (upgrade_execute(&g));
	finish(&g);
	if (g.status == 1)
		tell_caller(&g, "it cannot run");
	log_info("belfryd stopped");
	return g.status;
}
