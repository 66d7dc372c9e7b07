#include "recorder/intake/intake_internal.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "recorder/desk.h"
#include "recorder/intake/batch.h"
#include "recorder/state_feed.h"

#define FLUSH_MS      50   /* how long a record may wait for company */
#define FLUSH_RECORDS 4000 /* and in how much of it */
#define RETRY_MIN_MS  100
#define RETRY_MAX_MS  5000
#define PENDING_MAX   ((size_t)32 << 20)

/* Packets that are read before a question is answered. */
#define DRAIN_PACKETS 64

/* How long the last words of a master are waited for. */
#define FINISH_MS 10000

static void
arm_flush(struct intake *in, int ms)
{
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};

	if (!event_pending(in->flush_event, EV_TIMEOUT, NULL))
		event_add(in->flush_event, &wait);
}

/* Reads the master's channel no faster than the store takes its records. */
static void
limit_master(struct intake *in)
{
	bool pause = in->retry_ms > 0 && batch_bytes(in->batch) > PENDING_MAX;

	if (pause == in->paused || in->master == NULL)
		return;
	in->paused = pause;
	channel_pause(in->master, pause);
}

static void
store_failed(struct intake *in, const struct err *err)
{
	if (in->retry_ms == 0)
		log_error("cannot record, %zu records wait and are tried "
			  "again: %s",
		    batch_count(in->batch), err->text);
	in->retry_ms = in->retry_ms == 0 ? RETRY_MIN_MS : in->retry_ms * 2;
	if (in->retry_ms > RETRY_MAX_MS)
		in->retry_ms = RETRY_MAX_MS;
	event_del(in->flush_event);
	arm_flush(in, in->retry_ms);
}

static void
acknowledge(struct intake *in, uint64_t seq)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	if (seq == 0 || in->master == NULL)
		return;
	wire_put_u64(&w, seq);
	channel_send(in->master, MSG_RECORDED, 0, &w, -1);
	fault_point(FAULT_RECORDER_CONFIRMED);
	wire_writer_fini(&w);
}

/* The store lost what the master had told it, or never had it. */
static void
tell_renewed(struct intake *in)
{
	unsigned renewed = in->config.store->renewed;

	if (in->master == NULL || in->renewed == renewed)
		return;
	channel_send(in->master, MSG_STATE_NEW, 0, NULL, -1);
	in->renewed = renewed;
}

static void
flushed(void *arg, uint64_t seq, const struct err *err)
{
	struct intake *in = arg;

	if (err != NULL) {
		store_failed(in, err);
		limit_master(in);
		return;
	}
	if (in->retry_ms > 0)
		log_info("recording again, nothing was lost");
	in->retry_ms = 0;
	acknowledge(in, seq);
	tell_renewed(in);
	in->config.recorded_cb(in->config.arg);
	event_del(in->flush_event);
	if (batch_count(in->batch) > 0)
		arm_flush(in, FLUSH_MS);
	limit_master(in);
	if (in->state_asked && batch_count(in->batch) == 0) {
		in->state_asked = false;
		state_feed_start(in->feed, in->master, in->state_id);
	}
}

static void
flush_cb(evutil_socket_t fd, short what, void *arg)
{
	struct intake *in = arg;

	batch_flush(in->batch);
}

static void
ended(void *arg, const char *run)
{
	struct intake *in = arg;

	in->config.ended_cb(in->config.arg, run);
}

static int
handle_record(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct intake *in = arg;

	if (batch_add(in->batch, message, err) == -1)
		return -1;
	fault_point(FAULT_RECORDER_HEARD);
	if (in->retry_ms > 0)
		limit_master(in);
	else if (batch_count(in->batch) >= FLUSH_RECORDS)
		batch_flush(in->batch);
	else
		arm_flush(in, FLUSH_MS);
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
	struct intake *in = arg;

	fault_point(FAULT_RECORDER_STATE_ASKED);
	in->renewed = in->config.store->renewed;
	batch_flush(in->batch);
	if (batch_count(in->batch) == 0) {
		state_feed_start(in->feed, in->master, message->id);
		return 0;
	}
	in->state_asked = true;
	in->state_id = message->id;
	return 0;
}

/* What was recorded before it counts: an end frees a worker. */
static int
handle_queue(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct intake *in = arg;

	if (in->retry_ms == 0)
		batch_flush(in->batch);
	return desk_handle(in->desk, message, err);
}

static void
tell_store(void *arg)
{
	const struct store *store;
	struct wire_writer w = WIRE_WRITER_INIT;
	struct intake *in = arg;

	store = in->config.store;
	wire_put_u8(&w, store->down == NULL);
	wire_put_str(&w, store->down);
	if (in->master != NULL)
		channel_send(in->master, MSG_STORE_STATE, 0, &w, -1);
	wire_writer_fini(&w);
}

void
intake_tell_audit(const struct intake *in, const struct record_audit *audit)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_audit_encode(audit, &w);
	if (in->master == NULL ||
	    channel_send(in->master, MSG_AUDIT_TELL, 0, &w, -1) == -1)
		log_error("the audit log lacks that %s: %s %s", audit->who,
		    audit->action, audit->object);
	wire_writer_fini(&w);
}

static const struct channel_dispatch master_dispatch[] = {
    {MSG_RECORD_BEGIN, handle_record},
    {MSG_RECORD_END, handle_record},
    {MSG_RECORD_SLOT, handle_record},
    {MSG_RECORD_JOB, handle_record},
    {MSG_RECORD_PAUSE, handle_record},
    {MSG_RECORD_PARAMS, handle_record},
    {MSG_RECORD_AUDIT, handle_record},
    {MSG_RECORD_AFTER, handle_record},
    {MSG_RECORD_NOTICE, handle_record},
    {MSG_USUAL_ASK, intake_usual_ask},
    {MSG_RECORD_REPLY, handle_record},
    {MSG_STATE_ASK, handle_state_ask},
    {MSG_QUEUE_SUBMIT, handle_queue},
    {MSG_QUEUE_TAKE, handle_queue},
    {MSG_QUEUE_KEEP, handle_queue},
    {MSG_GUARD_ASK, intake_guard_ask},
    {MSG_ASK, intake_other},
    {MSG_ANSWER_BEGIN, intake_other},
    {MSG_ANSWER_DATA, intake_other},
    {MSG_ANSWER_END, intake_other},
    {0, NULL},
};

/* All that it sent was read before: a channel closes behind its data. */
static void
master_closed(struct channel *channel, const char *why, void *arg)
{
	struct intake *in = arg;

	in->master = NULL;
	desk_set_channel(in->desk, NULL);
	in->config.master_cb(in->config.arg, NULL);
	in->master_fd = -1;
	in->paused = false;
	in->state_asked = false;
	state_feed_stop(in->feed);
	channel_free(channel);
	if (why != NULL)
		role_peer_bad(in->config.role, ROLE_MASTER, 0, why);
	batch_flush(in->batch);
	batch_forget_seq(in->batch);
}

static void
master_empty(struct channel *channel, void *arg)
{
	struct intake *in = arg;

	state_feed_continue(in->feed);
}

static void
feed_waits(void *arg)
{
	struct intake *in = arg;

	if (in->master != NULL)
		channel_on_empty(in->master, master_empty);
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
drain_master(struct intake *in, int wait_ms)
{
	int64_t end = monotonic_ms() + wait_ms, left;

	for (;;) {
		left = end - monotonic_ms();
		if (in->master == NULL ||
		    !is_readable(in->master_fd, left > 0 ? (int)left : 0))
			return;
		channel_drain(in->master, DRAIN_PACKETS);
		if (wait_ms == 0 || in->master == NULL)
			continue;
		/* It may wait to hear that all is on disk. */
		batch_flush(in->batch);
		if (in->master != NULL)
			channel_flush(in->master);
	}
}

void
intake_connect(struct intake *in, int fd)
{
	const struct channel_config config = {
	    .loop = in->config.role->loop,
	    .self = ROLE_RECORDER,
	    .peer = ROLE_MASTER,
	    .dispatch = master_dispatch,
	    .closed_cb = master_closed,
	    .arg = in,
	};

	/* Read what the predecessor said to its end, its successor asks. */
	drain_master(in, 0);
	if (in->master != NULL)
		master_closed(in->master, NULL, in);
	in->master = channel_new(&config, fd);
	desk_set_channel(in->desk, in->master);
	in->config.master_cb(in->config.arg, in->master);
	in->master_fd = fd;
	if (in->config.store->down != NULL)
		tell_store(in);
}

void
intake_catch_up(struct intake *in)
{
	if (in->retry_ms > 0)
		return;
	if (in->master != NULL)
		channel_drain(in->master, DRAIN_PACKETS);
	batch_flush(in->batch);
}

void
intake_add_metrics(const struct intake *in, struct strbuf *b)
{
	const struct batch_counts *c = batch_counts(in->batch);

	prom_one(b, "belfry_store_records_total", "counter",
	    "Records that were written.", (double)c->records);
	prom_one(b, "belfry_store_failures_total", "counter",
	    "Transactions that failed, and are tried again.",
	    (double)c->failures);
	prom_histogram(b, "belfry_store_write_duration_seconds",
	    "Transactions that write records.", &c->write);
	prom_one(b, "belfry_store_waiting_records", "gauge",
	    "Records that wait to be written.", (double)batch_count(in->batch));
	prom_one(b, "belfry_store_failing", "gauge",
	    "1 while the store takes no records.", in->retry_ms > 0);
}

size_t
intake_finish(struct intake *in)
{
	drain_master(in, FINISH_MS);
	batch_flush(in->batch);
	return batch_count(in->batch);
}

struct intake *
intake_new(const struct intake_config *config)
{
	struct intake *in = xcalloc(1, sizeof(*in));
	const struct batch_config batch = {
	    .store = config->store,
	    .runs_fd = config->runs_fd,
	    .runs_path = config->runs_path,
	    .ended_cb = ended,
	    .flushed_cb = flushed,
	    .arg = in,
	};
	const struct state_feed_config feed = {
	    .store = config->store,
	    .base = config->role->base,
	    .wait_cb = feed_waits,
	    .arg = in,
	};

	in->config = *config;
	config->store->state_cb = tell_store;
	config->store->state_arg = in;
	in->master_fd = -1;
	in->batch = batch_new(&batch);
	in->feed = state_feed_new(&feed);
	in->desk = desk_new(config->store);
	intake_make_guard(in);
	in->flush_event = evtimer_new(config->role->base, flush_cb, in);
	if (in->flush_event == NULL)
		fatalx("out of memory");
	return in;
}

void
intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	guard_free(in->guard);
	channel_free(in->master);
	state_feed_free(in->feed);
	desk_free(in->desk);
	batch_free(in->batch);
	event_free(in->flush_event);
	free(in);
}
