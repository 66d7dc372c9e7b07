#include "scheduler/queue/queue.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/section/queue.h"
#include "scheduler/master.h"

/* The store could not be used, or others have all workers: how soon again. */
#define RETRY_MS 2000
/*
 * Other hosts submit to the same store, and die with what they took: how often
 * it is looked at, and when nothing waits there. All at the same time, so that
 * there are few wake-ups.
 */
#define POLL_MS  3000
#define IDLE_MS  12000
/* How often what was taken is said to be here still. */
#define KEEP_MS  10000
/* So many are taken at once. */
#define TAKE_MAX 64
/* So many URLs are told at once. */
#define REPLIES  8

static bool
is_shared(const struct master *m)
{
	return m->config->store_type == STORE_POSTGRES;
}

static struct queue *
queue_get(struct master *m, const char *name)
{
	struct queue *q = m->queues.first;
	size_t len = strlen(name) + 1;

	while (q != NULL && strcmp(q->name, name) != 0)
		q = q->next;
	if (q != NULL)
		return q;
	q = xcalloc(1, sizeof(*q) + len);
	q->timer.kind = TIMER_QUEUE;
	memcpy(q->name, name, len);
	q->next = m->queues.first;
	m->queues.first = q;
	return q;
}

struct queue *
queue_of_job(struct master *m, const char *job)
{
	size_t len = strlen(SUBMISSION_JOB);

	if (strncmp(job, SUBMISSION_JOB, len) == 0)
		return queue_get(m, job + len);
	return queue_get(m, "");
}

/* Of one that is not in the configuration any more: one after the other. */
static int64_t
workers_of(const struct master *m, const struct queue *q)
{
	const struct queue_section *section =
	    config_queue_find(m->config, q->name);

	if (q->name[0] == '\0')
		return REPLIES;
	return section != NULL ? section->workers : 1;
}

static void
look_at(struct master *m, struct queue *q, int64_t at_ms)
{
	heap_set(&m->heap, &q->timer, at_ms);
	master_arm(m);
}

/* Asks the store for what is due, as far as there are workers. */
static void
look(struct master *m, struct queue *q)
{
	int64_t most = workers_of(m, q) - q->running;
	struct wire_writer w = WIRE_WRITER_INIT;

	heap_remove(&m->heap, &q->timer);
	if (m->phase != MASTER_RUNNING || m->recorder == NULL ||
	    !m->queues.started || m->pauses.all != NULL || most <= 0)
		return;
	if (q->asked) {
		q->again = true;
		return;
	}
	q->asked = true;
	wire_put_str(&w, q->name);
	wire_put_str(&w, m->config->node_name);
	wire_put_u32(&w, (uint32_t)workers_of(m, q));
	wire_put_u32(&w, (uint32_t)(most < TAKE_MAX ? most : TAKE_MAX));
	channel_send(m->recorder, MSG_QUEUE_TAKE, 0, &w, -1);
	wire_writer_fini(&w);
}

void
queue_look_all(struct master *m)
{
	for (size_t i = 0; i < m->config->nqueues; i++)
		queue_get(m, m->config->queues[i].name);
	queue_get(m, "");
	for (struct queue *q = m->queues.first; q != NULL; q = q->next)
		look(m, q);
}

void
queue_due(struct master *m, struct queue *queue)
{
	look(m, queue);
}

void
queue_left(struct master *m, struct queue *queue)
{
	queue->running--;
	look(m, queue);
	/* Its end may be one that a URL is to be told. */
	if (queue->name[0] != '\0')
		look(m, queue_get(m, ""));
}

/* --- what is this host's --- */

static uint32_t
put_ids(struct master *m, struct wire_writer *w)
{
	const struct run *run;
	uint32_t n = 0;

	for (size_t i = 0; i < RUNS_TABLE; i++)
		for (run = m->runs.table[i]; run != NULL; run = run->same) {
			if (!run->job->submitted)
				continue;
			if (w != NULL)
				wire_put_str(w,
				    run->begin.trigger == TRIGGER_QUEUE ?
					run->begin.id :
					run->begin.parent);
			n++;
		}
	return n;
}

/* all: and nothing else is. */
static void
tell_kept(struct master *m, bool all)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	if (m->recorder == NULL)
		return;
	wire_put_u8(&w, all);
	wire_put_str(&w, m->config->node_name);
	wire_put_u32(&w, put_ids(m, NULL));
	put_ids(m, &w);
	channel_send(m->recorder, MSG_QUEUE_KEEP, 0, &w, -1);
	wire_writer_fini(&w);
}

static void
keep_cb(evutil_socket_t fd, short what, void *arg)
{
	struct master *m = arg;

	if (put_ids(m, NULL) > 0)
		tell_kept(m, false);
}

void
queue_start(struct master *m)
{
	const struct timeval period = {.tv_sec = KEEP_MS / 1000};

	m->queues.started = true;
	tell_kept(m, true);
	queue_look_all(m);
	if (!is_shared(m))
		return;
	m->queues.keep = event_new(m->role->base, -1, EV_PERSIST, keep_cb, m);
	if (m->queues.keep == NULL)
		fatalx("out of memory");
	event_add(m->queues.keep, &period);
}

void
queue_recorder_gone(struct master *m)
{
	for (struct queue *q = m->queues.first; q != NULL; q = q->next)
		q->asked = q->again = false;
	queue_fail_asks(m);
}

void
queue_recorder_back(struct master *m)
{
	if (!m->queues.started)
		return;
	/* What its predecessor gave us may never have come. */
	tell_kept(m, true);
	queue_look_all(m);
}

/* --- the recorder's answers --- */

static int
run_taken(struct master *m, struct message *message)
{
	struct job_pair pairs[3];
	struct run_begin begin;
	struct submission s;
	char name[JOB_NAME_MAX + 1];
	struct err err = {""};
	struct run *run;
	struct job *job;
	size_t n = 0;

	if (submission_decode(&s, &message->body) == -1 ||
	    !submission_is_id(s.id) || strlen(s.queue) > QUEUE_NAME_MAX)
		return -1;
	if (runs_find(&m->runs, s.id) != NULL)
		return 0; /* said again */
	snprintf(name, sizeof(name), SUBMISSION_JOB "%s", s.queue);
	run_begin_fill_id(m, &begin, s.id, name, s.slot_ms, TRIGGER_QUEUE);
	begin.due_ms = s.due_ms;
	pairs[n++] = (struct job_pair){"queue", s.queue};
	if (*s.user != '\0')
		pairs[n++] = (struct job_pair){"user", s.user};
	pairs[n++] = (struct job_pair){"command", s.command};
	job = submitted_make(m, &begin, pairs, n, &err);
	if (job == NULL) {
		log_error("queue %s: run=%s: %s", s.queue, s.id, err.text);
		run_end_with(run_new(m, jobs_unlisted(m, name), &begin),
		    OUTCOME_LAUNCH_FAILED, false, "%s", err.text);
		return 0;
	}
	begin.output_limit = run_output_limit(job);
	run = run_new(m, job, &begin);
	log_info(
	    "queue %s: run=%s starts, submitted by %s", s.queue, s.id, s.who);
	if (run_claim(run) == 0)
		run_go(run);
	return 0;
}

/* next_ms, or the next time to look at what others have. */
static int64_t
poll_at(int64_t next_ms, int64_t now_ms)
{
	int64_t period = next_ms == INT64_MAX ? IDLE_MS : POLL_MS;
	int64_t at = (now_ms / period + 1) * period;

	return next_ms > now_ms && next_ms < at ? next_ms : at;
}

static int
done(struct master *m, struct message *message)
{
	const char *name = wire_get_str(&message->body);
	int64_t next_ms = wire_get_i64(&message->body), now_ms = clock_ms();
	struct queue *q;

	if (!wire_ok(&message->body))
		return -1;
	launch_pump(m);
	q = queue_get(m, name);
	q->asked = false;
	if (q->again) {
		q->again = false;
		look(m, q);
		return 0;
	}
	if (next_ms == -1 ||
	    (next_ms <= now_ms && q->running < workers_of(m, q)))
		next_ms = now_ms + RETRY_MS;
	if (is_shared(m))
		next_ms = poll_at(next_ms, now_ms);
	if (next_ms > now_ms && next_ms != INT64_MAX)
		look_at(m, q, next_ms);
	return 0;
}

int
queue_handle(struct master *m, struct message *message)
{
	if (message->type == MSG_QUEUE_SUBMITTED)
		return queue_submitted(m, message);
	/* What an earlier master asked. */
	if (m->phase < MASTER_RUNNING)
		return 0;
	if (message->type == MSG_QUEUE_TAKEN)
		return run_taken(m, message);
	if (message->type == MSG_QUEUE_REPLY)
		return queue_reply(m, message);
	return done(m, message);
}

json_t *
queue_status(const struct master *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->config->nqueues; i++) {
		const struct queue_section *section = &m->config->queues[i];
		const struct queue *q = m->queues.first;

		while (q != NULL && strcmp(q->name, section->name) != 0)
			q = q->next;
		json_array_append_new(list,
		    json_pack("{s:s, s:I, s:I, s:I}", "name", section->name,
			"limit", (json_int_t)section->limit, "workers",
			(json_int_t)section->workers, "running",
			(json_int_t)(q != NULL ? q->running : 0)));
	}
	return list;
}

void
queue_fini(struct master *m)
{
	struct queue *q;

	while ((q = m->queues.first) != NULL) {
		m->queues.first = q->next;
		free(q);
	}
	if (m->queues.keep != NULL)
		event_free(m->queues.keep);
	queue_drop_asks(m);
}
