#include "recorder/streams.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "ask.h"
#include "base/log.h"
#include "base/mem.h"
#include "recorder/query/piece.h"
#include "recorder/watch.h"

#define STREAMS_MAX 500
#define TURN_MAX    (256 << 10) /* bytes a turn, all streams together */

struct stream {
	TAILQ_ENTRY(stream) link;
	struct streams *owner;
	uint64_t id;
	char run[RUN_ID_SIZE];
	char *host;          /* which has it; NULL this one; owned */
	struct runfile file; /* fd -1: from the store */
	int watch;           /* -1 none */
	uint64_t pos;        /* in what the run wrote */
	uint64_t total;      /* what it wrote in all, once it has ended */
	bool marks;          /* show what was dropped */
	bool in_line;        /* the last byte sent was no newline */
	bool follow;
	bool ended;
	bool ready;     /* there may be something to send */
	bool asking;    /* a piece is on its way from the store */
	bool cancelled; /* free it when that piece comes */
	bool got;       /* that piece came */
};

struct streams {
	struct streams_config config;
	struct channel *channel; /* borrowed; NULL none */
	struct watch *watch;     /* NULL until somebody follows */
	TAILQ_HEAD(stream_list, stream) list;
	size_t n;
	char buf[32000];
};

struct streams *
streams_new(const struct streams_config *config)
{
	struct streams *ss = xcalloc(1, sizeof(*ss));

	ss->config = *config;
	TAILQ_INIT(&ss->list);
	return ss;
}

size_t
streams_count(const struct streams *ss)
{
	return ss->n;
}

/* Several follow one run by one watch. */
static void
unwatch(struct stream *s)
{
	struct stream *other;

	if (s->watch == -1)
		return;
	TAILQ_FOREACH(other, &s->owner->list, link)
	if (other != s && other->watch == s->watch)
		return;
	watch_remove(s->owner->watch, s->watch);
}

static void
stream_free(struct stream *s)
{
	unwatch(s);
	TAILQ_REMOVE(&s->owner->list, s, link);
	s->owner->n--;
	runfile_close(&s->file);
	free(s->host);
	free(s);
}

static void
stream_drop(struct stream *s)
{
	if (s->asking)
		s->cancelled = true;
	else
		stream_free(s);
}

void
streams_set_channel(struct streams *ss, struct channel *channel)
{
	struct stream *s, *next;

	for (s = TAILQ_FIRST(&ss->list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		stream_drop(s);
	}
	ss->channel = channel;
}

void
streams_free(struct streams *ss)
{
	if (ss == NULL)
		return;
	streams_set_channel(ss, NULL);
	watch_free(ss->watch);
	free(ss);
}

void
streams_cancel(struct streams *ss, uint64_t id)
{
	struct stream *s, *next;

	for (s = TAILQ_FIRST(&ss->list); s != NULL; s = next) {
		next = TAILQ_NEXT(s, link);
		if (s->id == id)
			stream_drop(s);
	}
}

static void
wake(struct stream *s)
{
	s->ready = true;
	s->owner->config.wait_cb(s->owner->config.arg);
}

/* A run file grew; watch -1: we missed which. */
static void
grown_cb(void *arg, int watch)
{
	struct streams *ss = arg;
	struct stream *s;

	TAILQ_FOREACH(s, &ss->list, link)
	if (watch == -1 || s->watch == watch)
		wake(s);
}

/*
 * The store has all of it now, and another run will soon have the file.
 */
static void
leave_file(struct stream *s)
{
	if (s->file.fd == -1)
		return;
	if (runfile_reload(&s->file, NULL) == 0 &&
	    s->file.state == RUNFILE_DONE)
		s->total = s->file.result.output_bytes;
	unwatch(s);
	s->watch = -1;
	runfile_close(&s->file);
}

void
streams_run_ended(struct streams *ss, const char *run)
{
	struct stream *s;

	TAILQ_FOREACH(s, &ss->list, link)
	if (!s->ended && strcmp(s->run, run) == 0) {
		leave_file(s);
		s->ended = true;
		wake(s);
	}
}

static void
send_data(struct stream *s, const char *p, size_t n)
{
	if (n == 0)
		return;
	answer_data(s->owner->channel, s->id, p, n);
	s->in_line = p[n - 1] != '\n';
}

static void
send_gap(struct stream *s, uint64_t n)
{
	char line[80];
	int len;

	if (n == 0 || !s->marks)
		return;
	len = snprintf(line, sizeof(line),
	    "%s[belfry: %" PRIu64 " bytes dropped]\n", s->in_line ? "\n" : "",
	    n);
	send_data(s, line, (size_t)len);
}

/* Nothing more will come. */
static void
finish(struct stream *s)
{
	if (s->ended && s->total > s->pos)
		send_gap(s, s->total - s->pos);
	answer_end(s->owner->channel, s->id, NULL);
	stream_free(s);
}

/* Rather a visible hole than an output that looks complete. */
static void
finish_broken(struct stream *s, const char *why)
{
	char line[160];
	int len;

	log_error("run=%s: cannot read output: %s", s->run, why);
	len = snprintf(line, sizeof(line),
	    "%s[belfry: the rest of the output cannot be read]\n",
	    s->in_line ? "\n" : "");
	send_data(s, line, (size_t)len);
	answer_end(s->owner->channel, s->id, NULL);
	stream_free(s);
}

static void
piece_cb(void *arg, uint64_t start, const void *data, size_t n)
{
	struct stream *s = arg;
	uint64_t skip = s->pos > start ? s->pos - start : 0;

	if (s->cancelled || skip >= n)
		return;
	if (start > s->pos)
		send_gap(s, start - s->pos);
	send_data(s, (const char *)data + skip, n - skip);
	s->pos = start + n;
	s->got = true;
}

static void
piece_done(void *arg, const struct err *err)
{
	struct stream *s = arg;

	s->asking = false;
	if (s->cancelled)
		stream_free(s);
	else if (err != NULL)
		finish_broken(s, err->text);
	else if (s->got)
		wake(s);
	else
		finish(s);
}

/* May free s. Returns the bytes that went out. */
static size_t
pump_store(struct stream *s)
{
	struct streams *ss = s->owner;
	struct store *store = ss->config.store;

	s->ready = false;
	s->asking = true;
	s->got = false;
	if (s->host != NULL)
		piece_ask(ss->config.others, s->host, s->run, s->pos, piece_cb,
		    piece_done, s);
	else
		store->ops->output(
		    store, s->run, s->pos, piece_cb, piece_done, s);
	return STORE_PIECE_MAX;
}

/* May free s. Returns the bytes that went out. */
static size_t
pump_file(struct stream *s)
{
	struct streams *ss = s->owner;
	/* First, so that what it says of the end is true of what is read. */
	bool last = s->ended || !s->follow;
	uint64_t before = s->pos, gap;
	ssize_t n;

	n = runfile_output_read(&s->file, &s->pos, ss->buf, sizeof(ss->buf));
	if (n == -1) {
		finish_broken(s, strerror(errno));
		return 0;
	}
	s->ready = n > 0;
	if (n == 0 && last)
		finish(s);
	if (n <= 0)
		return 0;
	gap = s->pos - (uint64_t)n - before;
	send_gap(s, gap);
	send_data(s, ss->buf, (size_t)n);
	return (size_t)n;
}

/*
 * A run whose file was gone when its follower came: what was kept of it is in
 * the store now.
 */
static size_t
pump(struct stream *s)
{
	if (s->file.fd != -1)
		return pump_file(s);
	if (s->ended || !s->follow)
		return pump_store(s);
	s->ready = false;
	return 0;
}

void
streams_pump(struct streams *ss)
{
	size_t budget = TURN_MAX, sent;
	struct stream *s;
	bool more = false;

	if (ss->channel == NULL)
		return;
	for (size_t i = ss->n; i > 0 && budget > 0; i--) {
		s = TAILQ_FIRST(&ss->list);
		if (s == NULL)
			break;
		/* In turn: who was served goes to the end. */
		TAILQ_REMOVE(&ss->list, s, link);
		TAILQ_INSERT_TAIL(&ss->list, s, link);
		if (!s->ready || s->asking)
			continue;
		sent = pump(s);
		budget -= sent < budget ? sent : budget;
	}
	TAILQ_FOREACH(s, &ss->list, link)
	more = more || (s->ready && !s->asking);
	if (more)
		ss->config.wait_cb(ss->config.arg);
}

/* Watches the run's file. 0, or -1 with errno. */
static int
follow_file(struct stream *s)
{
	struct streams *ss = s->owner;
	char *path;

	if (ss->watch == NULL)
		ss->watch = watch_new(ss->config.base, grown_cb, ss);
	if (ss->watch == NULL)
		return -1;
	path = xasprintf("%s/%s", ss->config.runs_path, runfile_name(s->run));
	s->watch = watch_add(ss->watch, path);
	free(path);
	return s->watch == -1 && errno != ENOENT ? -1 : 0;
}

static struct stream *
stream_new(struct streams *ss, const struct streams_request *request)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->owner = ss;
	s->id = request->id;
	s->file.fd = -1;
	s->watch = -1;
	s->pos = request->offset;
	s->marks = request->offset == 0;
	s->total = request->run->result.output_bytes;
	s->ended = request->run->result.outcome != OUTCOME_NONE;
	s->follow = request->follow && !s->ended;
	s->ready = true;
	s->host = request->host != NULL ? xstrdup(request->host) : NULL;
	snprintf(s->run, sizeof(s->run), "%s", request->run->begin.id);
	TAILQ_INSERT_TAIL(&ss->list, s, link);
	ss->n++;
	return s;
}

void
streams_open(struct streams *ss, const struct streams_request *request)
{
	struct stream *s;
	struct err err;

	if (ss->channel == NULL)
		return;
	if (ss->n >= STREAMS_MAX) {
		answer_error(ss->channel, request->id, 503, "busy",
		    "%d outputs are being read already; try again later",
		    STREAMS_MAX);
		return;
	}
	s = stream_new(ss, request);
	if (!s->ended)
		runfile_open(&s->file, ss->config.runs_fd, s->run, &err);
	if (s->follow && s->file.fd != -1 && follow_file(s) == -1) {
		answer_error(ss->channel, s->id, 503, "unavailable",
		    "cannot follow the output: inotify: %s", strerror(errno));
		stream_free(s);
		return;
	}
	answer_begin(ss->channel, s->id, 200, "text/plain; charset=utf-8");
	wake(s);
}
