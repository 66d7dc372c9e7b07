/*
 * Records become rows of arrays, and a command of a few statements at its
 * end; see pg_statements.c. When the order of two records could matter, what
 * is there is sent first, in the same transaction.
 */
#include "recorder/postgres/store_postgres.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

/* What is put together before it goes to libpq. */
#define SEGMENT_BYTES ((size_t)4 << 20)
#define SEGMENT_ROWS  4000

/* Types of the columns, as in struct pg_array. */
static const char *const columns[ROWS_COUNT] = {
    [ROWS_JOBS] = "ttl",
    [ROWS_PARAMS] = "ttt",
    [ROWS_BEGINS] = "ttllittllttt",
    [ROWS_ENDS] = "ttllittlltttttiillllllllt",
    [ROWS_LATER] = "tli",
    [ROWS_SLOTS] = "tllltttt",
    [ROWS_HWM] = "tl",
    [ROWS_PIECES] = "tlb",
};

static void
reset_rows(struct pg_writer *w, enum pg_rows_kind kind)
{
	for (size_t i = 0; columns[kind][i] != '\0'; i++)
		pg_array_reset(&w->rows[kind][i], columns[kind][i]);
}

static void
reset_keys(struct pg_keys *keys)
{
	keys->n = 0;
	if (keys->slots != NULL)
		memset(keys->slots, 0, keys->cap * sizeof(*keys->slots));
}

void
pg_writer_init(struct pg_writer *w)
{
	memset(w, 0, sizeof(*w));
	for (int kind = 0; kind < ROWS_COUNT; kind++)
		reset_rows(w, (enum pg_rows_kind)kind);
	/* A power of two, and never more than half full. */
	w->keys.cap = 8 * SEGMENT_ROWS;
	while ((w->keys.cap & (w->keys.cap - 1)) != 0)
		w->keys.cap &= w->keys.cap - 1;
	w->keys.slots = xcalloc(w->keys.cap, sizeof(*w->keys.slots));
}

void
pg_writer_fini(struct pg_writer *w)
{
	for (int kind = 0; kind < ROWS_COUNT; kind++)
		for (int i = 0; i < ROW_COLUMNS_MAX; i++)
			pg_array_fini(&w->rows[kind][i]);
	free(w->keys.slots);
}

/* FNV-1a, never 0; kind keeps things of different kinds apart. */
static uint64_t
hash_key(char kind, const char *name, int64_t n)
{
	uint64_t h = 14695981039346656037ULL;

	h = (h ^ (unsigned char)kind) * 1099511628211ULL;
	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211ULL;
	for (int i = 0; i < 8; i++)
		h = (h ^ ((uint64_t)n >> (i * 8) & 0xff)) * 1099511628211ULL;
	return h != 0 ? h : 1;
}

/* Where the key is, or would be. */
static uint64_t *
find_key(const struct pg_keys *keys, uint64_t hash)
{
	size_t i = hash & (keys->cap - 1);

	while (keys->slots[i] != 0 && keys->slots[i] != hash)
		i = (i + 1) & (keys->cap - 1);
	return &keys->slots[i];
}

static bool
has_key(const struct pg_store *s, char kind, const char *name, int64_t n)
{
	return *find_key(&s->writer.keys, hash_key(kind, name, n)) != 0;
}

static void
add_key(struct pg_store *s, char kind, const char *name, int64_t n)
{
	uint64_t hash = hash_key(kind, name, n);
	uint64_t *slot = find_key(&s->writer.keys, hash);

	s->writer.keys.n += *slot == 0;
	*slot = hash;
}

/* --- sending --- */

static uint32_t
count_rows(const struct pg_store *s, enum pg_rows_kind kind)
{
	return s->writer.rows[kind][0].n;
}

static struct pg_array *
column(struct pg_store *s, enum pg_rows_kind kind, int i)
{
	return &s->writer.rows[kind][i];
}

static void
execute_rows(struct pg_store *s, enum pg_rows_kind kind)
{
	struct pg_param params[ROW_COLUMNS_MAX];
	int n = (int)strlen(columns[kind]);

	for (int i = 0; i < n; i++)
		params[i] = pg_array_param(column(s, kind, i));
	pg_conn_execute(s->writing, (int)kind, params, n);
}

static void
execute_plans(struct pg_store *s)
{
	struct timespec now;
	struct pg_param params[4];
	char text[24];

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(text, sizeof(text), "%" PRId64,
	    (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
	for (int i = 0; i < 3; i++)
		params[i] = pg_array_param(column(s, ROWS_JOBS, i));
	params[3] = (struct pg_param){text, 0, false};
	pg_conn_execute(s->writing, STATEMENT_PLANS, params, 4);
}

static void
execute_no_retry(struct pg_store *s)
{
	struct pg_param params[] = {
	    pg_array_param(column(s, ROWS_ENDS, 0)),
	    pg_array_param(column(s, ROWS_ENDS, 23)),
	};

	pg_conn_execute(s->writing, STATEMENT_NO_RETRY, params, 2);
}

static void
execute_queue_end(struct pg_store *s)
{
	struct pg_param params[] = {
	    pg_array_param(column(s, ROWS_ENDS, 0)),
	    pg_array_param(column(s, ROWS_ENDS, 17)),
	    pg_array_param(column(s, ROWS_ENDS, 8)),
	};

	pg_conn_execute(s->writing, STATEMENT_QUEUE_END, params, 3);
	s->writer.submitted = false;
}

/* Sends what is there, as a part of the command. */
static void
end_segment(struct pg_store *s)
{
	for (int kind = 0; kind < ROWS_COUNT; kind++) {
		if (count_rows(s, (enum pg_rows_kind)kind) == 0)
			continue;
		if (kind == ROWS_JOBS)
			execute_plans(s);
		execute_rows(s, (enum pg_rows_kind)kind);
		if (kind == ROWS_ENDS)
			execute_no_retry(s);
		if (kind == ROWS_ENDS && s->writer.submitted)
			execute_queue_end(s);
		reset_rows(&s->writer, (enum pg_rows_kind)kind);
	}
	if (s->writer.keys.n > 0)
		reset_keys(&s->writer.keys);
	s->writer.bytes = 0;
}

static void
limit_segment(struct pg_store *s)
{
	if (s->writer.bytes > SEGMENT_BYTES || s->writer.keys.n >= SEGMENT_ROWS)
		end_segment(s);
}

/* --- records --- */

static void
add_text(struct pg_store *s, enum pg_rows_kind kind, int i, const char *text)
{
	pg_array_add_text(column(s, kind, i), text);
	s->writer.bytes += strlen(text) + 8;
}

static void
add_text_or_null(
    struct pg_store *s, enum pg_rows_kind kind, int i, const char *text)
{
	if (text != NULL && *text != '\0')
		add_text(s, kind, i, text);
	else
		pg_array_add_null(column(s, kind, i));
}

static void
add_int(struct pg_store *s, enum pg_rows_kind kind, int i, int64_t v)
{
	pg_array_add_int(column(s, kind, i), v);
	s->writer.bytes += 12;
}

static void
add_int_or_null(
    struct pg_store *s, enum pg_rows_kind kind, int i, int64_t v, int64_t none)
{
	if (v != none)
		add_int(s, kind, i, v);
	else
		pg_array_add_null(column(s, kind, i));
}

void
pg_begin(struct store *store)
{
	/* Of a command that was never sent nothing is left. */
	struct pg_store *s = pg_store(store);

	for (int kind = 0; kind < ROWS_COUNT; kind++)
		reset_rows(&s->writer, (enum pg_rows_kind)kind);
	reset_keys(&s->writer.keys);
	s->writer.bytes = 0;
}

/* Memos reset what slots and runs raise: neither goes before the other. */
void
pg_job(struct store *store, const struct record_job *job)
{
	struct pg_store *s = pg_store(store);

	if (count_rows(s, ROWS_JOBS) != s->writer.keys.n ||
	    has_key(s, 'j', job->job, 0))
		end_segment(s);
	add_key(s, 'j', job->job, 0);
	add_text(s, ROWS_JOBS, 0, job->job);
	add_text(s, ROWS_JOBS, 1, job->memo);
	add_int(s, ROWS_JOBS, 2, job->hwm_ms);
	limit_segment(s);
}

static void
begin_other(struct pg_store *s)
{
	if (count_rows(s, ROWS_JOBS) > 0)
		end_segment(s);
}

static void
add_hwm(struct pg_store *s, const char *job, int64_t hwm_ms)
{
	add_text(s, ROWS_HWM, 0, job);
	add_int(s, ROWS_HWM, 1, hwm_ms);
}

/* A slot that is said to have run, and before: not to have. */
static void
begin_run(struct pg_store *s, const struct run_begin *begin)
{
	begin_other(s);
	if (has_key(s, 's', begin->job, begin->slot_ms))
		end_segment(s);
	add_key(s, 'r', begin->job, begin->slot_ms);
	if (begin->attempt <= 1)
		return;
	add_text(s, ROWS_LATER, 0, begin->job);
	add_int(s, ROWS_LATER, 1, begin->slot_ms);
	add_int(s, ROWS_LATER, 2, begin->attempt);
}

static void
add_begin(struct pg_store *s, enum pg_rows_kind kind, const struct run_begin *b)
{
	char copy[RUN_COPY_SIZE];

	add_text(s, kind, 0, b->id);
	add_text(s, kind, 1, b->job);
	add_int(s, kind, 2, b->slot_ms);
	add_int(s, kind, 3, b->due_ms);
	add_int(s, kind, 4, b->attempt);
	add_text(s, kind, 5, trigger_name(b->trigger));
	add_text(s, kind, 6, b->host);
	add_int(s, kind, 7, (int64_t)b->fence);
	add_int(s, kind, 8, b->created_ms);
	add_text_or_null(s, kind, 9, b->chain);
	add_text_or_null(s, kind, 10, b->parent);
	run_begin_copy(b, copy);
	add_text(s, kind, 11, copy);
}

/* Of a run that has ended in this segment the beginning tells nothing. */
void
pg_run_begin(struct store *store, const struct run_begin *begin)
{
	struct pg_store *s = pg_store(store);

	begin_run(s, begin);
	if (has_key(s, 'e', begin->id, 0) || has_key(s, 'b', begin->id, 0))
		end_segment(s);
	add_key(s, 'b', begin->id, 0);
	add_begin(s, ROWS_BEGINS, begin);
	if (begin->trigger == TRIGGER_SCHEDULE ||
	    begin->trigger == TRIGGER_CATCH_UP)
		add_hwm(s, begin->job, begin->slot_ms);
	limit_segment(s);
}

static void
add_result(struct pg_store *s, const struct record_end *end)
{
	const struct run_result *r = &end->result;
	bool started = r->started_us != 0;

	add_text(s, ROWS_ENDS, 12, outcome_name(r->outcome));
	add_text_or_null(s, ROWS_ENDS, 13, r->reason);
	add_int_or_null(s, ROWS_ENDS, 14, r->exit_code, -1);
	add_int_or_null(s, ROWS_ENDS, 15, r->signal, 0);
	add_int_or_null(s, ROWS_ENDS, 16, r->started_us, 0);
	add_int_or_null(s, ROWS_ENDS, 17, r->finished_us, 0);
	add_int_or_null(s, ROWS_ENDS, 18, started ? r->duration_us : -1, -1);
	add_int_or_null(s, ROWS_ENDS, 19, started ? r->cpu_us : -1, -1);
	add_int_or_null(s, ROWS_ENDS, 20, started ? r->max_rss_kb : -1, -1);
	add_int(s, ROWS_ENDS, 21, (int64_t)r->output_bytes);
	add_int(s, ROWS_ENDS, 22, (int64_t)r->dropped_bytes);
	add_int_or_null(s, ROWS_ENDS, 23, end->retry_ms, 0);
	add_text_or_null(s, ROWS_ENDS, 24, r->values);
}

void
pg_run_end(struct store *store, const struct record_end *end)
{
	struct pg_store *s = pg_store(store);

	begin_run(s, &end->begin);
	if (has_key(s, 'e', end->begin.id, 0))
		end_segment(s);
	add_key(s, 'e', end->begin.id, 0);
	add_begin(s, ROWS_ENDS, &end->begin);
	add_result(s, end);
	if (submission_is_id(end->begin.id))
		s->writer.submitted = true;
	limit_segment(s);
}

/* Behind all that was told before, and before what is told now. */
static void
rewind_clock(struct pg_store *s, const struct record_slot *slot)
{
	char text[24];
	const struct pg_param params[] = {
	    {slot->job, 0, false},
	    {text, 0, false},
	};

	end_segment(s);
	snprintf(text, sizeof(text), "%" PRId64, slot->slot_ms);
	pg_conn_execute(s->writing, STATEMENT_REWIND, params, 2);
}

void
pg_slot(struct store *store, const struct record_slot *slot)
{
	struct pg_store *s = pg_store(store);

	if (record_slot_rewinds(slot)) {
		rewind_clock(s, slot);
		return;
	}
	/* All hosts have this store: the run of another stands there. */
	if (slot->outcome == OUTCOME_NONE)
		return;
	begin_other(s);
	if (has_key(s, 's', slot->job, slot->slot_ms) ||
	    has_key(s, 'r', slot->job, slot->slot_ms))
		end_segment(s);
	add_key(s, 's', slot->job, slot->slot_ms);
	add_text(s, ROWS_SLOTS, 0, slot->job);
	add_int(s, ROWS_SLOTS, 1, slot->slot_ms);
	add_int(s, ROWS_SLOTS, 2, slot->until_ms);
	add_int(s, ROWS_SLOTS, 3, slot->count);
	add_text(s, ROWS_SLOTS, 4, outcome_name(slot->outcome));
	add_text_or_null(s, ROWS_SLOTS, 5, slot->reason);
	add_text_or_null(s, ROWS_SLOTS, 6, slot->detail);
	add_text_or_null(s, ROWS_SLOTS, 7, slot->host);
	/* Ends of parents decide no slot of the schedule. */
	if (slot->joined == 0)
		add_hwm(s, slot->job, slot->until_ms);
	limit_segment(s);
}

void
pg_params(struct store *store, const char *run, const char *params,
    const char *parents)
{
	struct pg_store *s = pg_store(store);

	begin_other(s);
	add_key(s, 'p', run, 0);
	add_text(s, ROWS_PARAMS, 0, run);
	add_text(s, ROWS_PARAMS, 1, params);
	add_text_or_null(s, ROWS_PARAMS, 2, parents);
	limit_segment(s);
}

void
pg_piece(struct store *store, const char *run, uint64_t start, const void *data,
    size_t n)
{
	struct pg_store *s = pg_store(store);

	begin_other(s);
	add_key(s, 'o', run, (int64_t)start);
	add_text(s, ROWS_PIECES, 0, run);
	add_int(s, ROWS_PIECES, 1, (int64_t)start);
	pg_array_add_bytes(column(s, ROWS_PIECES, 2), data, n);
	s->writer.bytes += n;
	limit_segment(s);
}

/* Few: each by itself, in the order in which they came. */
void
pg_pause(struct store *store, const struct record_pause *pause)
{
	struct pg_store *s = pg_store(store);
	char since[24], until[24];
	const struct pg_param params[] = {
	    {pause->job, 0, false},
	    {since, 0, false},
	    {until, 0, false},
	    {pause->who, 0, false},
	    {pause->reason, 0, false},
	};

	snprintf(since, sizeof(since), "%" PRId64, pause->since_ms);
	snprintf(until, sizeof(until), "%" PRId64, pause->until_ms);
	if (pause->on)
		pg_conn_execute(s->writing, STATEMENT_PAUSE, params, 5);
	else
		pg_conn_execute(s->writing, STATEMENT_RESUME, params, 1);
}

void
pg_commit(struct store *store, store_done *done, void *arg)
{
	struct pg_store *s = pg_store(store);

	end_segment(s);
	pg_conn_send(s->writing, NULL, done, arg);
}
