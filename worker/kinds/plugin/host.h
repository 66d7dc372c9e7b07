/*
 * One run of a plugin, in the process that was forked for it: what stands
 * behind the functions of belfry-plugin.h. Whatever goes wrong here is the
 * run's own.
 */
#ifndef BELFRY_WORKER_PLUGIN_HOST_H
#define BELFRY_WORKER_PLUGIN_HOST_H

#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "database/params.h"
#include "kind/plugin.h"
#include "kinds/inside.h"
#include "lock.h"
#include "plugins/belfry-plugin.h"
#include "run/spec.h"

/* Settings of a run that are not the plugin's parameters. */
#define PLUGIN_KEY_NAME "plugin"
#define PLUGIN_KEY_PATH "plugin-path"

struct belfry_run {
	const struct run_spec *spec; /* borrowed */
	struct inside_note *note;    /* borrowed */
	void *object;                /* of dlopen() */
	const struct belfry_plugin *plugin;
	struct plugin_info info;
	struct plugin_value values[PLUGIN_PARAMS_MAX]; /* as info.params */
	int cancel_fd;                                 /* eventfd */
	volatile sig_atomic_t cancelled;
	struct database_params *database; /* borrowed; NULL: none is named */
	struct plugin_lock *lock;         /* borrowed */
	PGconn *conn;                     /* owned; NULL: not connected */
	PGcancel *cancel;                 /* owned: of conn */
	int64_t logged_ms; /* of the last progress in the output */
};

/*
 * Loads path and finds the plugin in it, which must be called name. 0, or -1
 * with err.
 */
int plugin_load(struct belfry_run *run, const char *name, const char *path,
    struct err *err);

/* Ends the connection, if there is one. */
void plugin_disconnect(struct belfry_run *run);

/*
 * The parameters of the run: the table's fallbacks, the job's settings, then
 * BELFRY_PARAM_name of the environment. 0, or -1 with err.
 */
int plugin_values(struct belfry_run *run, struct err *err);

/*
 * Describes the plugin for who asks: loads it in a child with nothing but
 * itself, for ten seconds at most. What comes to w is u8 1 and a
 * plugin_info, or u8 0 and a str, why not. set_ids: as that user and group.
 * Ends what the child leaves; the caller has no other children.
 */
struct plugin_ask {
	const char *name;
	const char *path;
	bool set_ids;
	uint32_t uid, gid;
};

void plugin_describe(const struct plugin_ask *ask, struct wire_writer *w);

#endif
