#include "recorder/state_feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

#define PAGE     500
#define RETRY_MS 1000

enum phase {
	PHASE_IDLE,
	PHASE_JOBS,
	PHASE_RETRIES,
	PHASE_OPEN,
	PHASE_PAUSES,
	PHASE_AFTERS,
	PHASE_NOTICES,
	PHASE_END,
};

struct state_feed {
	struct state_feed_config config;
	struct channel *channel; /* borrowed */
	uint64_t id;
	enum phase phase;
	uint64_t round; /* counts answers */
	uint64_t asked; /* the round that asked for the page on its way */
	bool asking;
	int rows;                      /* of this page */
	char after[JOB_NAME_MAX + 24]; /* its last key */
	struct event *retry_event;
};

static void
retry_cb(evutil_socket_t fd, short what, void *arg)
{
	state_feed_continue(arg);
}

struct state_feed *
state_feed_new(const struct state_feed_config *config)
{
	struct state_feed *feed = xcalloc(1, sizeof(*feed));

	feed->config = *config;
	feed->retry_event = evtimer_new(config->base, retry_cb, feed);
	if (feed->retry_event == NULL)
		fatalx("out of memory");
	return feed;
}

void
state_feed_free(struct state_feed *feed)
{
	if (feed == NULL)
		return;
	event_free(feed->retry_event);
	free(feed);
}

/* Sends a row; false: it belongs to an answer that was given up. */
static bool
send_row(struct state_feed *feed, uint16_t type, struct wire_writer *w,
    const char *key)
{
	bool wanted = feed->asked == feed->round && feed->channel != NULL;

	if (wanted) {
		channel_send(feed->channel, type, feed->id, w, -1);
		snprintf(feed->after, sizeof(feed->after), "%s", key);
		feed->rows++;
	}
	wire_writer_fini(w);
	return wanted;
}

static void
job_row(void *arg, const struct record_job *job)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_job_encode(job, &w);
	send_row(arg, MSG_STATE_JOB, &w, job->job);
}

static void
retry_row(void *arg, const struct record_retry *retry)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_retry_encode(retry, &w);
	send_row(arg, MSG_STATE_RETRY, &w, retry->run);
}

static void
open_row(void *arg, const struct run_begin *begin)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	run_begin_encode(begin, &w);
	send_row(arg, MSG_STATE_OPEN, &w, begin->id);
}

static void
pause_row(void *arg, const struct record_pause *pause)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_pause_encode(pause, &w);
	send_row(arg, MSG_STATE_PAUSE, &w, pause->job);
}

static void
after_row(void *arg, const struct record_after *after)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	char key[JOB_NAME_MAX + 24];

	record_after_encode(after, &w);
	snprintf(key, sizeof(key), "%s %" PRIu64, after->job, after->mark);
	send_row(arg, MSG_STATE_AFTER, &w, key);
}

static void
notice_row(void *arg, const struct record_notice *notice)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	record_notice_encode(notice, &w);
	send_row(arg, MSG_STATE_NOTICE, &w, notice->id);
}

static void
page_done(void *arg, const struct err *err)
{
	const struct timeval pause = {.tv_sec = RETRY_MS / 1000};
	struct state_feed *feed = arg;

	feed->asking = false;
	if (feed->channel == NULL)
		return;
	if (feed->asked != feed->round) {
		feed->config.wait_cb(feed->config.arg);
		return;
	}
	if (err != NULL) {
		/* Rows that were sent are not sent again. */
		log_error("the master waits for its state: %s", err->text);
		event_add(feed->retry_event, &pause);
		return;
	}
	if (feed->rows < PAGE) {
		feed->phase++;
		feed->after[0] = '\0';
	}
	feed->config.wait_cb(feed->config.arg);
}

void
state_feed_continue(struct state_feed *feed)
{
	struct store *store = feed->config.store;

	if (feed->asking || feed->channel == NULL)
		return;
	feed->asking = true;
	feed->asked = feed->round;
	feed->rows = 0;
	switch (feed->phase) {
	case PHASE_JOBS:
		store->ops->jobs(
		    store, feed->after, PAGE, job_row, page_done, feed);
		return;
	case PHASE_RETRIES:
		store->ops->retries(
		    store, feed->after, PAGE, retry_row, page_done, feed);
		return;
	case PHASE_OPEN:
		store->ops->open_runs(
		    store, feed->after, PAGE, open_row, page_done, feed);
		return;
	case PHASE_PAUSES:
		store->ops->pauses(
		    store, feed->after, PAGE, pause_row, page_done, feed);
		return;
	case PHASE_AFTERS:
		store->ops->afters(
		    store, feed->after, PAGE, after_row, page_done, feed);
		return;
	case PHASE_NOTICES:
		store->ops->waiting_notices(
		    store, feed->after, PAGE, notice_row, page_done, feed);
		return;
	case PHASE_END:
		channel_send(feed->channel, MSG_STATE_END, feed->id, NULL, -1);
		feed->channel = NULL;
		break;
	case PHASE_IDLE:
		break;
	}
	feed->phase = PHASE_IDLE;
	feed->asking = false;
}

void
state_feed_start(struct state_feed *feed, struct channel *channel, uint64_t id)
{
	event_del(feed->retry_event);
	feed->channel = channel;
	feed->id = id;
	feed->round++;
	feed->phase = PHASE_JOBS;
	feed->after[0] = '\0';
	state_feed_continue(feed);
}

void
state_feed_stop(struct state_feed *feed)
{
	event_del(feed->retry_event);
	feed->channel = NULL;
}
