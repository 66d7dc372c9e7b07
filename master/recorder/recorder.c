/*
 * The recorder role: what the master tells it goes to the store in batches,
 * the master's state at start and the api's questions are answered from it.
 *
 * It must not wait: for nobody but the store, and for that not long. A store
 * that cannot be written now (disk full, locked, I/O error) is tried again
 * with back-off; until then records are kept in memory and not acknowledged,
 * so that the master keeps them too, and beyond PENDING_MAX the master's
 * channel is not read any more.
 */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "batch.h"
#include "query.h"
#include "state_feed.h"
#include "store.h"
#include "streams.h"

#define FLUSH_MS      50   /* how long a record may wait for company */
#define FLUSH_RECORDS 4000 /* and in how much of it */
#define RETRY_MIN_MS  100
#define RETRY_MAX_MS  5000
#define PENDING_MAX   ((size_t)32 << 20)

/* Packets that are read before a question is answered. */
#define DRAIN_PACKETS 64

/* What may wait in the api's channel before it is asked to come back. */
#define ANSWERS_MAX ((size_t)16 << 20)

/* How long the last words of a master are waited for. */
#define ORPHAN_MS 10000

struct recorder {
	struct role *role;
	struct store *store;
	char *runs_path;
	int runs_fd;
	struct batch *batch;
	struct event *flush_event;
	int retry_ms; /* 0: the store takes what it is given */
	struct channel *master;
	int master_fd; /* the channel's */
	bool paused;   /* its channel is not read */
	bool state_asked;
	uint64_t state_id;
	struct state_feed *feed;
	struct streams *streams;
	struct query_env query;
};

static void
arm_flush(struct recorder *rec, int ms)
{
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};

	if (!event_pending(rec->flush_event, EV_TIMEOUT, NULL))
		event_add(rec->flush_event, &wait);
}

/* Reads the master's channel no faster than the store takes its records. */
static void
limit_master(struct recorder *rec)
{
	bool pause = rec->retry_ms > 0 && batch_bytes(rec->batch) > PENDING_MAX;

	if (pause == rec->paused || rec->master == NULL)
		return;
	rec->paused = pause;
	channel_pause(rec->master, pause);
}

static void
store_failed(struct recorder *rec, const struct err *err)
{
	if (rec->retry_ms == 0)
		log_error("cannot record, %zu records wait and are tried "
			  "again: %s",
		    batch_count(rec->batch), err->text);
	rec->retry_ms = rec->retry_ms == 0 ? RETRY_MIN_MS : rec->retry_ms * 2;
	if (rec->retry_ms > RETRY_MAX_MS)
		rec->retry_ms = RETRY_MAX_MS;
	event_del(rec->flush_event);
	arm_flush(rec, rec->retry_ms);
}

static void
acknowledge(struct recorder *rec, uint64_t seq)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	if (seq == 0 || rec->master == NULL)
		return;
	wire_put_u64(&w, seq);
	channel_send(rec->master, MSG_RECORDED, 0, &w, -1);
	wire_writer_fini(&w);
}

static void
flushed(void *arg, uint64_t seq, const struct err *err)
{
	struct recorder *rec = arg;

	if (err != NULL) {
		store_failed(rec, err);
		limit_master(rec);
		return;
	}
	if (rec->retry_ms > 0)
		log_info("recording again, nothing was lost");
	rec->retry_ms = 0;
	acknowledge(rec, seq);
	event_del(rec->flush_event);
	if (batch_count(rec->batch) > 0)
		arm_flush(rec, FLUSH_MS);
	limit_master(rec);
	if (rec->state_asked && batch_count(rec->batch) == 0) {
		rec->state_asked = false;
		state_feed_start(rec->feed, rec->master, rec->state_id);
	}
}

static void
flush_cb(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *rec = arg;

	batch_flush(rec->batch);
}

static void
ended(void *arg, const char *run)
{
	struct recorder *rec = arg;

	streams_run_ended(rec->streams, run);
}

static int
handle_record(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct recorder *rec = arg;

	if (batch_add(rec->batch, message, err) == -1)
		return -1;
	if (rec->retry_ms > 0)
		limit_master(rec);
	else if (batch_count(rec->batch) >= FLUSH_RECORDS)
		batch_flush(rec->batch);
	else
		arm_flush(rec, FLUSH_MS);
	return 0;
}

/*
 * What was recorded before must be in the answer: a state that lacks a claim
 * would make the master run its slot twice. So it waits for the store.
 */
static int
handle_state_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct recorder *rec = arg;

	batch_flush(rec->batch);
	if (batch_count(rec->batch) == 0) {
		state_feed_start(rec->feed, rec->master, message->id);
		return 0;
	}
	rec->state_asked = true;
	rec->state_id = message->id;
	return 0;
}

static const struct channel_dispatch master_dispatch[] = {
    {MSG_RECORD_BEGIN, handle_record},
    {MSG_RECORD_END, handle_record},
    {MSG_RECORD_SLOT, handle_record},
    {MSG_RECORD_JOB, handle_record},
    {MSG_STATE_ASK, handle_state_ask},
    {0, NULL},
};

/* All that it sent was read before: a channel closes behind its data. */
static void
master_closed(struct channel *channel, const char *why, void *arg)
{
	struct recorder *rec = arg;

	rec->master = NULL;
	rec->master_fd = -1;
	rec->paused = false;
	rec->state_asked = false;
	state_feed_stop(rec->feed);
	channel_free(channel);
	if (why != NULL)
		role_peer_bad(rec->role, ROLE_MASTER, 0, why);
	batch_flush(rec->batch);
	batch_forget_seq(rec->batch);
}

static void
master_empty(struct channel *channel, void *arg)
{
	struct recorder *rec = arg;

	state_feed_continue(rec->feed);
}

static void
feed_waits(void *arg)
{
	struct recorder *rec = arg;

	if (rec->master != NULL)
		channel_on_empty(rec->master, master_empty);
}

/* True when there is something to read, or the other end is closed. */
static bool
is_readable(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, wait_ms) == 1;
}

static int64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Takes what the master says until it is gone, has nothing to say just now
 * (wait_ms is 0), or wait_ms have passed.
 */
static void
drain_master(struct recorder *rec, int wait_ms)
{
	int64_t end = monotonic_ms() + wait_ms, left;

	for (;;) {
		left = end - monotonic_ms();
		if (rec->master == NULL ||
		    !is_readable(rec->master_fd, left > 0 ? (int)left : 0))
			return;
		channel_drain(rec->master, DRAIN_PACKETS);
		if (wait_ms == 0 || rec->master == NULL)
			continue;
		/* It may wait to hear that all is on disk. */
		batch_flush(rec->batch);
		if (rec->master != NULL)
			channel_flush(rec->master);
	}
}

static void
connect_master(struct recorder *rec, int fd)
{
	const struct channel_config config = {
	    .loop = rec->role->loop,
	    .self = ROLE_RECORDER,
	    .peer = ROLE_MASTER,
	    .dispatch = master_dispatch,
	    .closed_cb = master_closed,
	    .arg = rec,
	};

	/* Read what the predecessor said to its end, its successor asks. */
	drain_master(rec, 0);
	if (rec->master != NULL)
		master_closed(rec->master, NULL, rec);
	rec->master = channel_new(&config, fd);
	rec->master_fd = fd;
}

/*
 * Who asks has often just heard of what is still on its way to us: a run that
 * was started, a job that has ended.
 */
static void
catch_up(struct recorder *rec)
{
	if (rec->retry_ms > 0)
		return;
	if (rec->master != NULL)
		channel_drain(rec->master, DRAIN_PACKETS);
	batch_flush(rec->batch);
}

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
	catch_up(rec);
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

static void
recorder_peer(struct role *role, enum role_id peer, unsigned index, int fd)
{
	struct recorder *rec = role->state;

	if (peer == ROLE_MASTER)
		connect_master(rec, fd);
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
make_parts(struct recorder *rec)
{
	const struct batch_config batch = {
	    .store = rec->store,
	    .runs_fd = rec->runs_fd,
	    .ended_cb = ended,
	    .flushed_cb = flushed,
	    .arg = rec,
	};
	const struct state_feed_config feed = {
	    .store = rec->store,
	    .base = rec->role->base,
	    .wait_cb = feed_waits,
	    .arg = rec,
	};
	const struct streams_config streams = {
	    .store = rec->store,
	    .base = rec->role->base,
	    .runs_fd = rec->runs_fd,
	    .runs_path = rec->runs_path,
	    .wait_cb = streams_wait,
	    .arg = rec,
	};

	rec->batch = batch_new(&batch);
	rec->feed = state_feed_new(&feed);
	rec->streams = streams_new(&streams);
	rec->flush_event = evtimer_new(rec->role->base, flush_cb, rec);
	if (rec->flush_event == NULL)
		fatalx("out of memory");
	rec->query.store = rec->store;
	rec->query.streams = rec->streams;
	rec->query.runs_fd = rec->runs_fd;
}

static void
recorder_free(struct recorder *rec)
{
	struct channel *api = rec->query.channel;

	channel_free(rec->master);
	set_api(rec, NULL);
	channel_free(api);
	streams_free(rec->streams);
	state_feed_free(rec->feed);
	batch_free(rec->batch);
	event_free(rec->flush_event);
	rec->store->ops->close(rec->store);
	fd_close(&rec->runs_fd);
	free(rec->runs_path);
	free(rec);
}

static int
recorder_init(struct role *role, struct err *err)
{
	struct recorder *rec = xcalloc(1, sizeof(*rec));

	role->state = rec;
	rec->role = role;
	rec->runs_fd = -1;
	rec->master_fd = -1;
	if (open_runs(rec, err) == -1)
		return -1;
	role_lock(role, "recorder");
	rec->store = store_sqlite.open(role->config->store_path, err);
	if (rec->store == NULL)
		return -1;
	make_parts(rec);
	return 0;
}

static void
recorder_start(struct role *role)
{
	char *text = xasprintf("store %s", role->config->store_path);

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

	drain_master(rec, ORPHAN_MS);
	batch_flush(rec->batch);
	if (batch_count(rec->batch) > 0)
		log_error("%zu records were not written; what ran is found "
			  "in %s at the next start",
		    batch_count(rec->batch), rec->runs_path);
	recorder_free(rec);
	role->state = NULL;
}

const struct role_ops recorder_role = {
    .id = ROLE_RECORDER,
    .init = recorder_init,
    .peer = recorder_peer,
    .start = recorder_start,
    .orphaned = recorder_orphaned,
};
