#include "scheduler/runs/outbox.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* Beyond this the recorder is far behind, and the operator should know. */
#define BEHIND_WARN 100000
/* After so many records the memory they took is given back. */
#define TRIM_EVERY  50000

/* Sends what was not sent yet as far as the channel takes it. */
static void
push(struct master *m)
{
	struct outbox *box = &m->outbox;
	struct outbox_item *item;
	struct wire_writer w;

	while (m->recorder != NULL && (item = box->unsent) != NULL) {
		w = (struct wire_writer){item->data, item->len, item->len};
		if (channel_send(m->recorder, item->type, item->seq, &w, -1) ==
		    -1)
			return; /* goes on when it confirms or comes back */
		box->unsent = item->next;
	}
}

static void
add(struct master *m, uint16_t type, int place)
{
	const struct wire_writer *w = &m->scratch;
	struct outbox *box = &m->outbox;
	struct outbox_item *item = xmalloc(sizeof(*item) + w->len);

	item->next = NULL;
	item->seq = ++box->seq;
	item->place = place;
	item->type = type;
	item->len = (uint32_t)w->len;
	memcpy(item->data, w->p, w->len);
	if (box->last != NULL)
		box->last->next = item;
	else
		box->first = item;
	box->last = item;
	if (box->unsent == NULL)
		box->unsent = item;
	if (++box->n % BEHIND_WARN == 0)
		log_warn("the recorder is %zu records behind", box->n);
	push(m);
}

void
outbox_job(struct master *m, const struct record_job *record)
{
	wire_writer_reset(&m->scratch);
	record_job_encode(record, &m->scratch);
	add(m, MSG_RECORD_JOB, -1);
}

void
outbox_begin(struct master *m, const struct run_begin *begin)
{
	wire_writer_reset(&m->scratch);
	run_begin_encode(begin, &m->scratch);
	add(m, MSG_RECORD_BEGIN, -1);
}

void
outbox_end(struct master *m, const struct record_end *end, int place)
{
	wire_writer_reset(&m->scratch);
	record_end_encode(end, &m->scratch);
	add(m, MSG_RECORD_END, place);
}

void
outbox_slot(struct master *m, const struct record_slot *slot)
{
	wire_writer_reset(&m->scratch);
	metrics_slot(m, slot);
	events_slot(m, slot);
	record_slot_encode(slot, &m->scratch);
	add(m, MSG_RECORD_SLOT, -1);
	notify_slot(m, slot);
}

uint64_t
outbox_notice(struct master *m, const struct record_notice *record)
{
	wire_writer_reset(&m->scratch);
	record_notice_encode(record, &m->scratch);
	add(m, MSG_RECORD_NOTICE, -1);
	return m->outbox.seq;
}

void
outbox_params(struct master *m, const struct run *run)
{
	if (run->params == NULL && run->parents == NULL)
		return;
	wire_writer_reset(&m->scratch);
	wire_put_str(&m->scratch, run->begin.id);
	wire_put_str(&m->scratch, run->params);
	wire_put_str(&m->scratch, run->parents);
	add(m, MSG_RECORD_PARAMS, -1);
}

void
outbox_after(struct master *m, const struct record_after *record)
{
	wire_writer_reset(&m->scratch);
	record_after_encode(record, &m->scratch);
	add(m, MSG_RECORD_AFTER, -1);
}

void
outbox_pause(struct master *m, const struct record_pause *pause)
{
	events_pause(m, pause);
	wire_writer_reset(&m->scratch);
	record_pause_encode(pause, &m->scratch);
	add(m, MSG_RECORD_PAUSE, -1);
}

void
outbox_audit(struct master *m, const struct record_audit *audit)
{
	wire_writer_reset(&m->scratch);
	record_audit_encode(audit, &m->scratch);
	add(m, MSG_RECORD_AUDIT, -1);
}

void
outbox_reply(struct master *m, const struct record_reply *reply)
{
	wire_writer_reset(&m->scratch);
	record_reply_encode(reply, &m->scratch);
	add(m, MSG_RECORD_REPLY, -1);
}

void
outbox_confirmed(struct master *m, uint64_t seq)
{
	struct outbox *box = &m->outbox;
	struct outbox_item *item;

	fault_point(FAULT_MASTER_CONFIRMED);
	while ((item = box->first) != NULL && item->seq <= seq &&
	    item != box->unsent) {
		box->first = item->next;
		if (box->first == NULL)
			box->last = NULL;
		box->n--;
		places_give(&m->places, item->place);
		free(item);
	}
	if (box->n == 0 && box->seq - box->trimmed > TRIM_EVERY) {
		malloc_trim(0);
		box->trimmed = box->seq;
	}
	push(m);
	member_confirmed(m, seq);
	notify_confirmed(m, seq);
	master_room(m);
	master_check_drained(m);
}

void
outbox_resend(struct master *m)
{
	m->outbox.unsent = m->outbox.first;
	push(m);
}

void
outbox_fini(struct outbox *box)
{
	struct outbox_item *item;

	while ((item = box->first) != NULL) {
		box->first = item->next;
		free(item);
	}
}
