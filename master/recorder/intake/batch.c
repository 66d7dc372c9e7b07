#include "recorder/intake/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "recorder/intake/apply.h"
#include "recorder/intake/id_set.h"

/* What a queue keeps allocated when it is empty. */
#define KEEP_BYTES (1 << 20)

struct entry {
	uint64_t seq;
	size_t offset; /* of its payload in the queue's bytes */
	uint32_t len;
	uint16_t type;
	bool remove_file;      /* after the commit */
	char run[RUN_ID_SIZE]; /* of BEGIN and END, else "" */
};

struct queue {
	struct entry *entries;
	size_t n;
	size_t cap;
	uint8_t *bytes;
	size_t len;
	size_t bytes_cap;
};

struct batch {
	struct batch_config config;
	struct queue waiting;
	struct queue flying; /* in the transaction, or to be tried again */
	struct id_set ended; /* of flying */
	bool busy;           /* a commit has not answered yet */
	bool failed;         /* the last one did */
	int64_t begun_us;    /* the transaction, CLOCK_MONOTONIC */
	struct batch_counts counts;
	uint8_t piece[STORE_PIECE_MAX];
};

struct batch *
batch_new(const struct batch_config *config)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->config = *config;
	return b;
}

static void
queue_fini(struct queue *q)
{
	free(q->entries);
	free(q->bytes);
	memset(q, 0, sizeof(*q));
}

static void
queue_reset(struct queue *q)
{
	if (q->bytes_cap > KEEP_BYTES)
		queue_fini(q);
	q->n = q->len = 0;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	queue_fini(&b->waiting);
	queue_fini(&b->flying);
	id_set_fini(&b->ended);
	free(b);
}

size_t
batch_count(const struct batch *b)
{
	return b->waiting.n + b->flying.n;
}

size_t
batch_bytes(const struct batch *b)
{
	return b->waiting.len + b->flying.len +
	    batch_count(b) * sizeof(struct entry);
}

void
batch_forget_seq(struct batch *b)
{
	for (size_t i = 0; i < b->waiting.n; i++)
		b->waiting.entries[i].seq = 0;
	for (size_t i = 0; i < b->flying.n; i++)
		b->flying.entries[i].seq = 0;
}

static int
check_job(const char *job, struct err *err)
{
	size_t n = strlen(job);

	if (n == 0 || n > JOB_NAME_MAX)
		return err_set(err, "a job's name of %zu bytes", n);
	return 0;
}

static int
check_begin(const struct run_begin *begin, struct err *err)
{
	if (!store_is_run_id(begin->id))
		return err_set(err, "\"%s\" is no run id", begin->id);
	if (begin->attempt < 1)
		return err_set(
		    err, "run %s: attempt %d", begin->id, (int)begin->attempt);
	return check_job(begin->job, err);
}

static int
check_record_job(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_job job;

	if (record_job_decode(&job, r) == -1)
		return err_set(err, "malformed");
	return check_job(job.job, err);
}

static int
check_record_begin(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct run_begin begin;

	if (run_begin_decode(&begin, r) == -1)
		return err_set(err, "malformed");
	memcpy(entry->run, begin.id, sizeof(entry->run));
	return check_begin(&begin, err);
}

static int
check_record_end(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_end end;

	if (record_end_decode(&end, r) == -1)
		return err_set(err, "malformed");
	if (end.result.outcome < OUTCOME_SUCCESS ||
	    end.result.outcome > OUTCOME_LAUNCH_FAILED)
		return err_set(err, "run %s: a run cannot end as %s",
		    end.begin.id, outcome_name(end.result.outcome));
	memcpy(entry->run, end.begin.id, sizeof(entry->run));
	entry->remove_file = end.has_file;
	return check_begin(&end.begin, err);
}

static int
check_record_slot(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_slot slot;

	if (record_slot_decode(&slot, r) == -1)
		return err_set(err, "malformed");
	if (slot.outcome != OUTCOME_SKIPPED && slot.outcome != OUTCOME_MISSED &&
	    slot.outcome != OUTCOME_NONE) /* taken back */
		return err_set(err, "a slot without a run cannot be %s",
		    outcome_name(slot.outcome));
	if (slot.until_ms < slot.slot_ms)
		return err_set(err, "slots that end before they begin");
	return check_job(slot.job, err);
}

static int
check_record_pause(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_pause pause;

	if (record_pause_decode(&pause, r) == -1)
		return err_set(err, "malformed");
	return check_job(pause.job, err);
}

static int
check_record_audit(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_audit audit;

	if (record_audit_decode(&audit, r) == -1)
		return err_set(err, "malformed");
	return store_is_run_id(audit.id) ?
	    0 :
	    err_set(err, "\"%s\" is no id", audit.id);
}

static int
check_record_params(struct wire_reader *r, struct entry *entry, struct err *err)
{
	const char *run = wire_get_str(r);

	wire_get_str(r);
	wire_get_str(r);
	if (!wire_ok(r))
		return err_set(err, "malformed");
	return store_is_run_id(run) ? 0 :
				      err_set(err, "\"%s\" is no run id", run);
}

static int
check_record_after(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_after after;

	if (record_after_decode(&after, r) == -1)
		return err_set(err, "malformed");
	if (*after.run != '\0' && !store_is_run_id(after.run))
		return err_set(err, "\"%s\" is no run id", after.run);
	if (*after.run != '\0' && check_job(after.parent, err) == -1)
		return -1;
	return check_job(after.job, err);
}

static int
check_record_notice(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_notice notice;

	if (record_notice_decode(&notice, r) == -1)
		return err_set(err, "malformed");
	if (strlen(notice.id) != NOTICE_ID_SIZE - 1)
		return err_set(
		    err, "\"%s\" is no id of a notification", notice.id);
	return *notice.job != '\0' ? check_job(notice.job, err) : 0;
}

static int
check_record_reply(struct wire_reader *r, struct entry *entry, struct err *err)
{
	struct record_reply reply;

	if (record_reply_decode(&reply, r) == -1)
		return err_set(err, "malformed");
	return store_is_run_id(reply.id) ?
	    0 :
	    err_set(err, "\"%s\" is no run id", reply.id);
}

static const struct {
	uint16_t type;
	int (*check)(
	    struct wire_reader *r, struct entry *entry, struct err *err);
} checks[] = {
    {MSG_RECORD_JOB, check_record_job},
    {MSG_RECORD_BEGIN, check_record_begin},
    {MSG_RECORD_END, check_record_end},
    {MSG_RECORD_SLOT, check_record_slot},
    {MSG_RECORD_PAUSE, check_record_pause},
    {MSG_RECORD_PARAMS, check_record_params},
    {MSG_RECORD_AFTER, check_record_after},
    {MSG_RECORD_AUDIT, check_record_audit},
    {MSG_RECORD_NOTICE, check_record_notice},
    {MSG_RECORD_REPLY, check_record_reply},
};

int
batch_add(struct batch *b, const struct message *message, struct err *err)
{
	struct wire_reader r = message->body;
	struct queue *q = &b->waiting;
	struct entry entry = {.seq = message->id, .type = message->type};
	int rc = err_set(err, "is no record");

	for (size_t i = 0; i < nitems(checks); i++)
		if (checks[i].type == message->type)
			rc = checks[i].check(&r, &entry, err);
	if (rc == -1)
		return -1;
	r = message->body;
	entry.offset = q->len;
	entry.len = (uint32_t)(r.len - r.pos);
	array_reserve(&q->bytes, &q->bytes_cap, q->len + entry.len, 1);
	memcpy(q->bytes + q->len, r.p + r.pos, entry.len);
	q->len += entry.len;
	array_reserve(&q->entries, &q->cap, q->n + 1, sizeof(entry));
	q->entries[q->n++] = entry;
	return 0;
}

/*
 * Hands pieces to the store: full ones, except before a hole and at the end.
 * The ring of a run file is read in two parts; pos shows when a part does not
 * follow the one before.
 */
static int
copy_pieces(struct batch *b, const struct runfile *file)
{
	struct store *store = b->config.store;
	const char *run = file->begin.id;
	uint64_t pos = 0, start = 0;
	size_t n = 0;
	ssize_t got;

	for (;;) {
		got = runfile_output_read(
		    file, &pos, b->piece + n, sizeof(b->piece) - n);
		if (got <= 0)
			break;
		if (pos - (uint64_t)got != start + n) {
			if (n > 0)
				store->ops->piece(
				    store, run, start, b->piece, n);
			memmove(b->piece, b->piece + n, (size_t)got);
			start = pos - (uint64_t)got;
			n = 0;
		}
		n += (size_t)got;
		if (n == sizeof(b->piece)) {
			store->ops->piece(store, run, start, b->piece, n);
			start += n;
			n = 0;
		}
	}
	if (n > 0)
		store->ops->piece(store, run, start, b->piece, n);
	return (int)got;
}

/*
 * A file that is not there was copied before. One that cannot be read is given
 * up: if it stayed, the next master would take its run for one that has just
 * ended, and try it again.
 */
static void
copy_output(
    struct batch *b, const struct entry *entry, const struct record_end *end)
{
	struct runfile file;
	struct err err = {""};

	if (!end->has_file ||
	    end->result.output_bytes == end->result.dropped_bytes)
		return;
	if (runfile_open(&file, b->config.runs_fd, entry->run, &err) == -1) {
		if (errno == ENOENT)
			return;
		log_warn("run=%s: output is lost: %s", entry->run, err.text);
		return;
	}
	if (copy_pieces(b, &file) == -1)
		log_warn("run=%s: output is incomplete: %s", entry->run,
		    strerror(errno));
	runfile_close(&file);
}

/* Payloads were checked when they came. */
static void
apply_entry(struct batch *b, struct entry *entry)
{
	struct wire_reader r;
	struct record_end end;

	/* An end says all that its beginning says. */
	if (entry->type == MSG_RECORD_BEGIN &&
	    id_set_has(&b->ended, entry->run))
		return;
	wire_reader_init(&r, b->flying.bytes + entry->offset, entry->len);
	if (apply_record(b->config.store, entry->type, &r, &end) &&
	    entry->type == MSG_RECORD_END)
		copy_output(b, entry, &end);
}

static bool
has_type(const struct queue *q, uint16_t type)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->entries[i].type == type)
			return true;
	return false;
}

/*
 * A short run's end comes in the same batch as its beginning. Not so when a
 * job changes in between: what was decided before that must be known then.
 */
static void
collect_ended(struct batch *b)
{
	id_set_reset(&b->ended, b->flying.n);
	if (has_type(&b->flying, MSG_RECORD_JOB))
		return;
	for (size_t i = 0; i < b->flying.n; i++)
		if (b->flying.entries[i].type == MSG_RECORD_END)
			id_set_add(&b->ended, b->flying.entries[i].run);
}

/* What follows a commit. Returns the highest sequence number. */
static uint64_t
finish(struct batch *b)
{
	uint64_t seq = 0;

	for (size_t i = 0; i < b->flying.n; i++) {
		const struct entry *entry = &b->flying.entries[i];

		if (entry->seq > seq)
			seq = entry->seq;
		if (entry->type != MSG_RECORD_END)
			continue;
		b->config.ended_cb(b->config.arg, entry->run);
		if (entry->remove_file &&
		    runfile_free(b->config.runs_fd, entry->run) == -1)
			log_warn("run=%s: cannot free its file: %s", entry->run,
			    strerror(errno));
		fault_point(FAULT_RECORDER_FREED);
	}
	queue_reset(&b->flying);
	return seq;
}

static int64_t
monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void
committed(void *arg, const struct err *err)
{
	struct batch *b = arg;
	uint64_t seq = 0;

	b->busy = false;
	b->failed = err != NULL;
	b->counts.failures += err != NULL;
	if (err == NULL) {
		b->counts.records += b->flying.n;
		prom_observe(&b->counts.write, monotonic_us() - b->begun_us);
		fault_point(FAULT_RECORDER_COMMITTED);
		seq = finish(b);
	}
	b->config.flushed_cb(b->config.arg, seq, err);
}

static void
start(struct batch *b)
{
	struct store *store = b->config.store;
	struct queue empty;

	if (b->flying.n == 0) {
		empty = b->flying;
		b->flying = b->waiting;
		b->waiting = empty;
	}
	b->busy = true;
	if (runfile_renew_dir(b->config.runs_fd, b->config.runs_path) == 1)
		log_warn(
		    "%s was deleted, and is there again", b->config.runs_path);
	collect_ended(b);
	b->begun_us = monotonic_us();
	store->ops->begin(store);
	fault_point(FAULT_RECORDER_BEGUN);
	for (size_t i = 0; i < b->flying.n; i++)
		apply_entry(b, &b->flying.entries[i]);
	fault_point(FAULT_RECORDER_WRITTEN);
	store->ops->commit(store, committed, b);
}

void
batch_flush(struct batch *b)
{
	b->failed = false;
	while (!b->busy && !b->failed && batch_count(b) > 0)
		start(b);
}

const struct batch_counts *
batch_counts(const struct batch *b)
{
	return &b->counts;
}
