/*
 * The recipe that every role of belfryd follows: the guardian executes
 * "belfryd -x ROLE"; the role finds its channel to the guardian on fd 3 and
 * the text of the configuration on fd 4, drops privileges, gets its peers and
 * listening sockets, and loops until the guardian is gone.
 */
#ifndef BELFRY_MASTER_ROLE_H
#define BELFRY_MASTER_ROLE_H

#include <event2/event.h>

#include "config/config.h"
#include "ipc/channel.h"

#define ROLE_GUARDIAN_FD 3
#define ROLE_CONFIG_FD   4

struct role;

struct role_ops {
	enum role_id id;
	/* Before privileges are dropped and before the first peer. */
	int (*init)(struct role *role, struct err *err);
	/* A peer's new channel; one that was there before is dead. Own fd. */
	void (*peer)(
	    struct role *role, enum role_id peer, unsigned index, int fd);
	/* A listening socket; own fd. May be NULL. */
	void (*listen)(struct role *role, enum listen_kind kind, int fd);
	/* All peers were handed out: begin. Calls role_ready() when it is up. */
	void (*start)(struct role *role);
	/* Guardian's RELOAD and DRAIN: for the master, else NULL. */
	int (*message)(
	    struct role *role, struct message *message, struct err *err);
	/*
	 * The guardian is gone: finish what must be finished (bounded), then
	 * return; the process exits. The loop has ended: it may be run again
	 * for that. May be NULL.
	 */
	void (*orphaned)(struct role *role);
};

struct role {
	const struct role_ops *ops;
	const char *name;
	struct config *config; /* owned */
	struct event_base *base;
	struct channel_loop *loop;
	struct channel *guardian;
	uid_t daemon_uid; /* as whom master and recorder work */
	bool orphaned;    /* the guardian is gone */
	bool privileged;  /* root started us: the launchers are root */
	void *state;      /* the role's own */
};

/* Runs the role until it ends; the exit status. The log is set up already. */
int role_run(const struct role_ops *ops, const char *config_path);

/* Tells the guardian that the role is up; text is for its log. */
void role_ready(struct role *role, const char *text);

/*
 * A peer broke the protocol: tells the guardian, who restarts it. For a peer
 * that is simply gone nothing is to be done: its successor's channel comes by
 * ops->peer.
 */
void role_peer_bad(
    struct role *role, enum role_id peer, unsigned index, const char *why);

/*
 * Waits for and holds state-dir/NAME.lock, so that a predecessor that has
 * not died yet and this process never work at the same time. Dies after 30 s.
 */
void role_lock(struct role *role, const char *name);

/* The roles. */
extern const struct role_ops master_role;
extern const struct role_ops recorder_role;
extern const struct role_ops api_role;

#endif
