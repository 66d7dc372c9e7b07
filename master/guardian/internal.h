/*
 * What the guardian's files share: guardian.c decides, roles.c starts and
 * reaps, wiring.c hands out channels, upgrade.c lets another take its place.
 */
#ifndef BELFRY_GUARDIAN_INTERNAL_H
#define BELFRY_GUARDIAN_INTERNAL_H

#include "cgroups.h"
#include "child.h"
#include "guardian.h"
#include "listeners.h"
#include "priv.h"
#include "programs.h"
#include "upgrade.h"

#define CHILDREN_MAX   (LAUNCHERS_MAX + 3)
/* Deaths of a successor's role before it is up: it will not come up. */
#define GIVE_UP_DEATHS 3
#define SIGNALS_MAX    8

enum guardian_state {
	GUARDIAN_STARTING,
	GUARDIAN_RUNNING,
	GUARDIAN_DRAINING,
	GUARDIAN_STOPPING,
};

struct guardian {
	struct config *config; /* owned */
	const struct guardian_options *options;
	struct priv_ids ids;
	struct event_base *base;
	struct channel_loop *loop;
	struct event *signals[SIGNALS_MAX];
	struct child children[CHILDREN_MAX];
	unsigned nchildren;
	bool wired; /* those that were started first have their channels */
	enum guardian_state state;
	int status; /* exit status */
	bool drain_now;
	int64_t patience_ms; /* as the master knows its jobs */
	struct event *stop_timer;
	struct listeners listeners;
	int config_fd;   /* text in force */
	int reload_fd;   /* text that the master is looking at; -1 none */
	uint64_t ticket; /* of the last reload */
	int detach_fd;
	int lock_fd;   /* of the state directory; held until we are done */
	int caller_fd; /* standard error from before a log file; -1 none, up */
	struct cgroups cgroups;
	char *self; /* path of the installed program */
	struct programs programs;
	char *pid_path;
	bool pid_written;
	const char *log_target;
	struct upgrade upgrade;
	uint8_t drain_wanted; /* times, while there was no master */
	bool reload_wanted;   /* the same */
};

/* wiring.c */

struct child *wiring_find(struct guardian *g, enum role_id role);

/* Gives all roles their channels to one another: once, at start. */
void wiring_all(struct guardian *g);

/* Gives a process that was started again everything it needs to begin. */
void wiring_child(struct child *child);
void wiring_send_drain(struct guardian *g);
void wiring_send_reload(struct guardian *g);

/* Opens the files of the api process once more and gives them to it. */
void wiring_send_files(struct guardian *g);

/* Tells all roles that standard error is another file now. */
void wiring_send_log(struct guardian *g);

/* roles.c */

/* Which roles there are; none is started. */
void roles_init(struct guardian *g);
void roles_start(struct guardian *g);

/* Takes note of processes that have ended. */
void roles_reap(struct guardian *g);

/*
 * Ends all roles by closing their channels, then the guardian's loop. Jobs
 * that run go on by themselves.
 */
void roles_stop(struct guardian *g, int status);

/* guardian.c */

/* Called whenever a role has come up for the first time. */
void guardian_all_ready(struct guardian *g);
void guardian_reload(struct guardian *g);

/* First time: nothing new starts. Second time: what runs is ended. */
void guardian_drain(struct guardian *g, const char *why);

/* After ms, whatever has not stopped by itself is stopped. */
void guardian_arm_timer(struct guardian *g, int64_t ms);

#endif
