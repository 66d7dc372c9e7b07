/*
 * The outbox goes to PostgreSQL in commands of bounded size, one at a time.
 * Each is a transaction there; only when it has answered are its rows deleted
 * here. A crash between the two sends them again, which changes nothing.
 */
#include "recorder/spool/spool_internal.h"

#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/message.h"
#include "recorder/intake/apply.h"

#define COMMAND_BYTES   ((size_t)4 << 20)
#define COMMAND_RECORDS 8000
#define RETRY_MIN_MS    100
#define RETRY_MAX_MS    5000

/* What a command holds so far. */
struct load {
	size_t bytes;
	size_t records;
};

bool
spool_is_behind(const struct spool *sp)
{
	return sp->sent.seq <= sp->shelf.last;
}

static bool
is_full(const struct load *load)
{
	return load->bytes >= COMMAND_BYTES || load->records >= COMMAND_RECORDS;
}

/*
 * Output goes before the end of its run, so that it may be cut in parts.
 * False: there is more of it than the command takes.
 */
static bool
add_output(struct spool *sp, struct wire_reader record, struct load *load)
{
	struct record_end end;
	int64_t next;

	if (record_end_decode(&end, &record) == -1 ||
	    end.result.output_bytes == 0)
		return true;
	next = shelf_copy_pieces(&sp->shelf, end.begin.id, sp->next.piece,
	    COMMAND_BYTES, sp->remote);
	load->bytes += next == -1 ?
	    (size_t)end.result.output_bytes - (size_t)end.result.dropped_bytes :
	    COMMAND_BYTES;
	sp->next.piece = next != -1 ? next : 0;
	return next == -1;
}

/* Records of one row, from next on. False: the command is full. */
static bool
add_row(struct spool *sp, struct wire_reader *row, struct load *load)
{
	struct wire_reader record;
	struct record_end end;
	uint16_t type;

	row->pos = sp->next.pos;
	while (!is_full(load) && shelf_next(row, &type, &record)) {
		if (type == MSG_RECORD_END && !add_output(sp, record, load))
			return false;
		apply_record(sp->remote, type, &record, &end);
		load->bytes += record.len;
		load->records++;
		sp->next.pos = row->pos;
	}
	return row->pos == row->len;
}

/* Puts a command together. False: there is nothing to send. */
static bool
load_command(struct spool *sp)
{
	struct load load = {0, 0};
	struct wire_reader row;
	int64_t seq;

	sp->next = sp->sent;
	while (!is_full(&load)) {
		seq = shelf_get(&sp->shelf, sp->next.seq, &row);
		if (seq == 0)
			break;
		if (seq != sp->next.seq)
			sp->next = (struct spool_cursor){.seq = seq};
		if (!add_row(sp, &row, &load))
			break;
		sp->next = (struct spool_cursor){.seq = seq + 1};
	}
	return load.bytes > 0;
}

static void
failed(struct spool *sp, const struct err *err)
{
	const struct pg_store *remote = pg_store(sp->remote);
	struct timeval wait;

	/* Of a connection that is lost, lost_cb tells; ready_cb begins anew. */
	if (!pg_conn_is_ready(remote->writing))
		return;
	/* Two hosts that wrote the same slot at once: not worth a word. */
	if (sp->retry_ms == RETRY_MIN_MS)
		log_error("PostgreSQL does not take what is recorded, it is "
			  "kept and tried again: %s",
		    err->text);
	sp->late = sp->late || sp->retry_ms > 0;
	sp->retry_ms = sp->retry_ms == 0 ? RETRY_MIN_MS : 2 * sp->retry_ms;
	if (sp->retry_ms > RETRY_MAX_MS)
		sp->retry_ms = RETRY_MAX_MS;
	wait.tv_sec = sp->retry_ms / 1000;
	wait.tv_usec = sp->retry_ms % 1000 * 1000;
	event_add(sp->timer, &wait);
}

static void
sent(void *arg, const struct err *err)
{
	struct spool *sp = arg;

	sp->sending = false;
	if (err != NULL) {
		failed(sp, err);
		return;
	}
	fault_point(FAULT_RECORDER_ANSWERED);
	sp->retry_ms = 0;
	sp->sent = sp->next;
	shelf_remove(&sp->shelf, sp->sent.seq);
	fault_point(FAULT_RECORDER_CLEARED);
	if (!spool_is_behind(sp) && sp->late) {
		sp->late = false;
		log_info("all that waited is in PostgreSQL now");
	}
	spool_read_some(sp);
	spool_find_orphans(sp);
	spool_forward(sp);
}

void
spool_forward(struct spool *sp)
{
	struct store *remote = sp->remote;

	if (sp->sending || event_pending(sp->timer, EV_TIMEOUT, NULL) ||
	    !spool_is_behind(sp) ||
	    !pg_conn_is_ready(pg_store(remote)->writing))
		return;
	remote->ops->begin(remote);
	if (!load_command(sp))
		return;
	sp->sending = true;
	remote->ops->commit(remote, sent, sp);
	fault_point(FAULT_RECORDER_SENT);
}

void
spool_forward_again(struct spool *sp)
{
	event_del(sp->timer);
	spool_forward(sp);
}
