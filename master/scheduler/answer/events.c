#include "scheduler/answer/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "json_text.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"

/* How long one may wait for company, and how many bytes of them. */
#define SEND_MS     100
#define WAITING_MAX ((size_t)512 << 10)

static void
send_cb(evutil_socket_t fd, short what, void *arg)
{
	static const char reset[] = "event: reset\ndata: {}\n\n";
	struct master *m = arg;
	struct events *e = &m->events;

	if (e->overflow)
		strbuf_adds(&e->waiting, reset);
	e->overflow = false;
	if (e->listens && m->api != NULL && e->waiting.len > 0)
		answer_data(
		    m->api, e->ask, strbuf_str(&e->waiting), e->waiting.len);
	strbuf_reset(&e->waiting);
}

/* Takes json. */
static void
tell(struct master *m, const char *kind, json_t *json)
{
	const struct timeval wait = {0, SEND_MS * 1000};
	struct events *e = &m->events;
	char *text = json_take_dump(json);

	if (e->waiting.len > WAITING_MAX)
		e->overflow = true;
	else
		strbuf_addf(&e->waiting, "event: %s\ndata: %s\n\n", kind, text);
	free(text);
	if (!evtimer_pending(e->timer, NULL))
		evtimer_add(e->timer, &wait);
}

void
events_answer(struct master *m, struct ask *ask)
{
	struct events *e = &m->events;

	if (e->timer == NULL)
		e->timer = evtimer_new(m->role->base, send_cb, m);
	if (e->timer == NULL)
		fatalx("out of memory");
	e->listens = true;
	e->ask = ask->id;
	strbuf_reset(&e->waiting);
	answer_begin(ask->channel, ask->id, 200, "text/event-stream");
}

void
events_cancel(struct master *m, uint64_t ask)
{
	if (m->events.ask == ask)
		m->events.listens = false;
}

void
events_fini(struct master *m)
{
	if (m->events.timer != NULL)
		event_free(m->events.timer);
	strbuf_fini(&m->events.waiting);
}

void
events_run(struct master *m, const struct run *run)
{
	/* What waits for room hardly ever does so for long. */
	if (m->events.listens &&
	    (run->state == RUN_RUNNING || run->state == RUN_QUEUED))
		tell(m, "run", answer_live_run(run));
}

void
events_ended(struct master *m, const struct record_end *end)
{
	const struct run_begin *b = &end->begin;
	const struct run_result *r = &end->result;

	if (!m->events.listens)
		return;
	tell(m, "run",
	    json_pack("{s:s, s:s, s:o, s:i, s:s, s:o, s:s, s:s, s:o, s:o, s:o, "
		      "s:I}",
		"id", b->id, "job", b->job, "slot", answer_time(b->slot_ms),
		"attempt", (int)b->attempt, "trigger", trigger_name(b->trigger),
		"host", json_text(b->host), "state", "ended", "outcome",
		outcome_name(r->outcome), "reason",
		json_text_or_null(r->reason), "started",
		answer_time(r->started_us / 1000), "finished",
		answer_time(r->finished_us / 1000), "duration_ms",
		(json_int_t)run_result_duration_ms(r)));
}

void
events_slot(struct master *m, const struct record_slot *slot)
{
	if (!m->events.listens || slot->outcome == OUTCOME_NONE)
		return;
	tell(m, "slot",
	    json_pack("{s:s, s:o, s:o, s:I, s:s, s:s}", "job", slot->job,
		"slot", answer_time(slot->slot_ms), "until",
		answer_time(slot->until_ms), "count", (json_int_t)slot->count,
		"outcome", outcome_name(slot->outcome), "reason",
		slot->reason));
}

void
events_pause(struct master *m, const struct record_pause *pause)
{
	bool all = strcmp(pause->job, PAUSE_ALL) == 0;

	if (m->events.listens)
		tell(m, "pause",
		    json_pack("{s:o, s:b}", "job",
			all ? json_null() : json_string(pause->job), "paused",
			pause->on));
}

void
events_jobs(struct master *m, const struct jobs_change *change)
{
	if (m->events.listens)
		tell(m, "jobs",
		    json_pack("{s:I, s:I, s:I}", "added",
			(json_int_t)change->nadded, "removed",
			(json_int_t)change->nremoved, "changed",
			(json_int_t)change->nchanged));
}
