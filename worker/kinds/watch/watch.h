/*
 * A run of a watch job, in its own process: it claims rows of the query, runs
 * the command or the plugin for each, and tells the database how that ended.
 *
 * Which row is whose is in the table belfry_watch of that database: a claim is
 * a lease, which the run renews, so that hosts share the rows and those of a
 * dead one come back. Nothing is locked while a command runs.
 */
#ifndef BELFRY_WORKER_WATCH_H
#define BELFRY_WORKER_WATCH_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "database/params.h"
#include "kind/sql.h"
#include "kinds/inside.h"
#include "kinds/plugin/lock.h"
#include "run/spec.h"

#define WATCH_PARALLEL_MAX 100

struct watch_settings {
	struct sql_script query;
	struct sql_script done;
	struct sql_script failed; /* n 0: none */
	const char *key;          /* column; NULL: the first */
	const char *channel;      /* NULL: none is listened to */
	int parallel;
	int attempts;
	int64_t limit;
	int64_t retry_ms;
	int64_t lease_ms;
	int64_t wait_ms; /* 0 without a channel */
};

/* Rows that were claimed together. */
struct watch_claim {
	PGresult *rows; /* owned */
	unsigned refs;  /* a row each */
};

/* A row whose command or plugin runs. */
struct watch_handler {
	pid_t pid;                /* 0: it is free */
	struct inside_note *note; /* mapped, of a plugin; NULL: a command */
	struct watch_claim *claim;
	int row;
	char *key; /* owned */
};

struct watch {
	const struct run_spec *spec; /* borrowed */
	struct database_params params;
	struct plugin_lock lock; /* of a plugin that handles rows */
	struct inside_note *note;
	struct watch_settings settings;
	PGconn *pq;
	char *claim_text;  /* owned; see claims.c */
	int key;           /* number of its column */
	bool stopping;     /* the run is to end */
	bool more;         /* there may be more rows */
	int64_t leased_ms; /* boot time: when leases were last renewed */
	int busy;
	int64_t claimed, done, failed, lost;
	struct err last; /* why the last row failed */
	struct watch_handler handlers[WATCH_PARALLEL_MAX];
};

/* Of watch_settings.c: from what the job says. 0, or -1 with err. */
int watch_settings_init(struct watch_settings *settings,
    const struct run_spec *spec, struct err *err);

/*
 * Of watch_loop.c: handles rows until there are none, or the limit is reached,
 * or the run is to end. 0, or -1 with err: the database cannot be used.
 */
int watch_loop(struct watch *watch, struct err *err);

/* Of handlers.c. */

/*
 * Starts the command for a row and takes over a reference to the claim. 0, or
 * -1 with err, and the reference is the caller's.
 */
int handler_start(struct watch *watch, struct watch_handler *handler,
    struct watch_claim *claim, int row, struct err *err);

/*
 * The one whose process that was; NULL: none. Its pid is 0 then, the rest the
 * caller's to use until handler_fini().
 */
struct watch_handler *handler_of(struct watch *watch, pid_t pid);
void handler_fini(struct watch_handler *handler);

/* Gives up a reference to a claim. */
void claim_release(struct watch_claim *claim);

/* All commands that run. */
void handlers_signal(const struct watch *watch, int number);

/*
 * Did what ended with this status of wait(2) succeed? err says how it ended if
 * not.
 */
bool handler_succeeded(const struct watch *watch,
    const struct watch_handler *handler, int status, struct err *err);

#endif
