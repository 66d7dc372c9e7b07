/*
 * The recorder role: what the master tells it goes to the store in batches
 * (intake.h), the api's questions are answered from there (query.h).
 *
 * It waits for nobody but the store, and for that not long.
 */
#include "recorder/recorder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "recorder/intake/intake.h"
#include "recorder/others.h"
#include "recorder/query/query.h"
#include "recorder/retain.h"
#include "recorder/spool/spool.h"
#include "recorder/store.h"
#include "recorder/streams.h"
#include "role.h"

/* What may wait in the api's channel before it is asked to come back. */
#define ANSWERS_MAX ((size_t)16 << 20)

struct recorder {
	struct role *role;
	struct store *store;
	char *runs_path;
	int runs_fd;
	struct intake *intake;
	struct streams *streams;
	struct retain *retain;
	struct query_env query;   /* of the api */
	struct query_env witness; /* of other hosts, by the master */
	struct others *others;
};

static int
handle_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct recorder *rec = arg;
	struct ask ask;

	if (ask_decode(&ask, channel, message) == -1)
		return err_set(err, "malformed");
	if (channel_queued(channel) > ANSWERS_MAX) {
		answer_error(channel, ask.id, 503, "busy",
		    "too many answers wait to be read; try again later");
		return 0;
	}
	intake_catch_up(rec->intake);
	query_answer(&rec->query, &ask);
	return 0;
}

static int
handle_ask_cancel(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct recorder *rec = arg;

	streams_cancel(rec->streams, message->id);
	return 0;
}

static const struct channel_dispatch api_dispatch[] = {
    {MSG_ASK, handle_ask},
    {MSG_ASK_CANCEL, handle_ask_cancel},
    {0, NULL},
};

static void
set_api(struct recorder *rec, struct channel *channel)
{
	rec->query.channel = channel;
	rec->query.connection++;
	streams_set_channel(rec->streams, channel);
}

static void
api_closed(struct channel *channel, const char *why, void *arg)
{
	struct recorder *rec = arg;

	set_api(rec, NULL);
	channel_free(channel);
	if (why != NULL)
		role_peer_bad(rec->role, ROLE_API, 0, why);
}

static void
api_empty(struct channel *channel, void *arg)
{
	struct recorder *rec = arg;

	streams_pump(rec->streams);
}

static void
streams_wait(void *arg)
{
	struct recorder *rec = arg;

	if (rec->query.channel != NULL)
		channel_on_empty(rec->query.channel, api_empty);
}

static void
connect_api(struct recorder *rec, int fd)
{
	const struct channel_config config = {
	    .loop = rec->role->loop,
	    .self = ROLE_RECORDER,
	    .peer = ROLE_API,
	    .dispatch = api_dispatch,
	    .closed_cb = api_closed,
	    .arg = rec,
	};
	struct channel *old = rec->query.channel;

	set_api(rec, NULL);
	channel_free(old);
	set_api(rec, channel_new(&config, fd));
}

/* What other hosts may ask; the answers are JSON, and not long. */
static bool
is_for_others(const struct ask *ask)
{
	return strcmp(ask->verb, "explain") == 0 ||
	    strcmp(ask->verb, "show") == 0 || strcmp(ask->verb, "piece") == 0;
}

static int
other_cb(void *arg, struct channel *channel, struct message *message,
    struct err *err)
{
	struct recorder *rec = arg;
	struct ask ask;

	if (message->type != MSG_ASK)
		return others_handle(rec->others, message) == -1 ?
		    err_set(err, "malformed") :
		    0;
	if (ask_decode(&ask, channel, message) == -1)
		return err_set(err, "malformed");
	if (is_for_others(&ask))
		query_answer(&rec->witness, &ask);
	else
		answer_error(channel, ask.id, 404, "not_found",
		    "other hosts have no answer to \"%.64s\"", ask.verb);
	return 0;
}

static void
set_master(void *arg, struct channel *channel)
{
	struct recorder *rec = arg;

	rec->witness.channel = channel;
	rec->witness.connection++;
	others_set_channel(rec->others, channel);
}

static void
recorder_peer(struct role *role, enum role_id peer, unsigned index, int fd)
{
	struct recorder *rec = role->state;

	if (peer == ROLE_MASTER)
		intake_connect(rec->intake, fd);
	else if (peer == ROLE_API)
		connect_api(rec, fd);
	else
		fd_close(&fd);
}

static int
open_runs(struct recorder *rec, struct err *err)
{
	rec->runs_path = xasprintf("%s/runs", rec->role->config->state_dir);
	if (fd_mkdir_p(rec->runs_path, 0700) == -1)
		return err_errno(err, "cannot make %s", rec->runs_path);
	rec->runs_fd = open(rec->runs_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rec->runs_fd == -1)
		return err_errno(err, "cannot open %s", rec->runs_path);
	return 0;
}

static void
ended(void *arg, const char *run)
{
	struct recorder *rec = arg;

	streams_run_ended(rec->streams, run);
}

static void
recorded(void *arg)
{
	struct recorder *rec = arg;

	retain_recorded(rec->retain);
}

static void
make_parts(struct recorder *rec)
{
	const struct intake_config intake = {
	    .role = rec->role,
	    .store = rec->store,
	    .runs_fd = rec->runs_fd,
	    .runs_path = rec->runs_path,
	    .ended_cb = ended,
	    .recorded_cb = recorded,
	    .master_cb = set_master,
	    .other_cb = other_cb,
	    .arg = rec,
	};
	const struct streams_config streams = {
	    .store = rec->store,
	    .others = rec->others,
	    .base = rec->role->base,
	    .runs_fd = rec->runs_fd,
	    .runs_path = rec->runs_path,
	    .wait_cb = streams_wait,
	    .arg = rec,
	};

	const struct store_keep keep = {
	    .age_ms = rec->role->config->keep_ms,
	    .failure_age_ms = rec->role->config->keep_failures_ms,
	    .runs = rec->role->config->keep_runs,
	};

	rec->streams = streams_new(&streams);
	rec->retain = retain_new(rec->role->base, rec->store, &keep);
	rec->intake = intake_new(&intake);
	rec->query.base = rec->role->base;
	rec->query.store = rec->store;
	rec->query.intake = rec->intake;
	rec->query.streams = rec->streams;
	rec->query.runs_fd = rec->runs_fd;
	rec->query.node_name = rec->role->config->node_name;
	rec->query.apart = rec->role->config->cluster.redis != NULL &&
	    rec->role->config->store_type == STORE_SQLITE;
	rec->witness = rec->query;
	if (rec->query.apart)
		rec->query.others = rec->others;
}

static void
recorder_free(struct recorder *rec)
{
	struct channel *api = rec->query.channel;

	set_api(rec, NULL);
	channel_free(api);
	others_free(rec->others);
	/* First: what was asked of it ends, and tells those who asked. */
	rec->store->ops->close(rec->store);
	intake_free(rec->intake);
	streams_free(rec->streams);
	retain_free(rec->retain);
	fd_close(&rec->runs_fd);
	free(rec->runs_path);
	free(rec);
}

static char *
spool_path(const struct config *config)
{
	return xasprintf("%s/spool.db", config->state_dir);
}

static struct store *
open_store(struct recorder *rec, struct err *err)
{
	const struct role *role = rec->role;
	const struct config *config = role->config;
	struct spool_config spool = {
	    .base = role->base,
	    .conninfo = config->store_conninfo,
	    .password_file = config->store_password_file,
	    .host = config->node_name,
	    .runs_fd = rec->runs_fd,
	};
	struct store *store;
	char *path;

	if (config->store_type == STORE_SQLITE)
		return store_sqlite_open(config->store_path, err);
	path = spool_path(config);
	spool.path = path;
	store = spool_open(&spool, err);
	free(path);
	return store;
}

static int
recorder_init(struct role *role, struct err *err)
{
	struct recorder *rec = xcalloc(1, sizeof(*rec));

	role->state = rec;
	rec->role = role;
	rec->runs_fd = -1;
	if (open_runs(rec, err) == -1)
		return -1;
	role_lock(role, "recorder");
	rec->store = open_store(rec, err);
	if (rec->store == NULL)
		return -1;
	rec->others = others_new();
	make_parts(rec);
	return 0;
}

static void
recorder_start(struct role *role)
{
	const struct config *config = role->config;
	/* Where PostgreSQL is is said when it is there. */
	char *text = config->store_type == STORE_SQLITE ?
	    xasprintf("store %s", config->store_path) :
	    xasprintf("store postgres, spool %s/spool.db", config->state_dir);

	role_ready(role, text);
	free(text);
}

/*
 * The guardian is gone, and the master goes too: what it still says is
 * written, then all is closed.
 */
static void
recorder_orphaned(struct role *role)
{
	struct recorder *rec = role->state;
	size_t left = intake_finish(rec->intake);

	if (left > 0)
		log_error("%zu records were not written; what ran is found "
			  "in %s at the next start",
		    left, rec->runs_path);
	recorder_free(rec);
	role->state = NULL;
}

int
recorder_knows_store(const struct config *config, struct err *err)
{
	char *path;
	int rc;

	if (config->store_type == STORE_SQLITE)
		return store_sqlite_is_known(config->store_path, err);
	path = spool_path(config);
	rc = store_sqlite_is_known(path, err);
	free(path);
	return rc == 0 ? spool_knows_server(config->store_conninfo,
			     config->store_password_file, err) :
			 -1;
}

const struct role_ops recorder_role = {
    .id = ROLE_RECORDER,
    .init = recorder_init,
    .peer = recorder_peer,
    .start = recorder_start,
    .orphaned = recorder_orphaned,
};
