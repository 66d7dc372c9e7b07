/*
 * Retention: what is too old, or too many, goes. In slices, each a
 * transaction of a few milliseconds; a round goes over runs and ledger from
 * their oldest on, then over the jobs, then gives free pages back to the file
 * system.
 *
 * Never goes: a run that is not over, or waits for its retry; the last run and
 * the last success of a job; the ledger's row of a run that stays.
 */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

#define PAGE 64

/* Pages of output in one statement: 64 KiB each. */
#define PIECES "4"

/* Free pages that are left for what is recorded next: this and a 16th. */
#define SLACK_PAGES 256

static const char swept_sql[] =
    "UPDATE swept SET slot = max(slot, ?1) WHERE one = 1";
static const char old_runs_sql[] =
    "SELECT id, job, outcome, created, coalesce(finished, 0) / 1000, "
    "coalesce(started, 0) / 1000, retry_ms IS NOT NULL FROM runs "
    "WHERE id > ?1 ORDER BY id LIMIT ?2";
static const char many_runs_sql[] =
    "SELECT id, job, outcome, created, coalesce(finished, 0) / 1000, "
    "coalesce(started, 0) / 1000, retry_ms IS NOT NULL FROM runs "
    "INDEXED BY runs_by_job WHERE job = ?3 AND id > ?1 AND id < ?4 "
    "ORDER BY id LIMIT ?2";
static const char last_sql[] =
    "SELECT last_run, last_success FROM jobs WHERE job = ?1";
static const char no_output_sql[] =
    "DELETE FROM output WHERE run = ?1 AND start IN (SELECT start FROM output "
    "WHERE run = ?1 ORDER BY start LIMIT " PIECES ")";
static const char no_params_sql[] = "DELETE FROM params WHERE run = ?1";
static const char no_run_sql[] = "DELETE FROM runs WHERE id = ?1";
static const char old_slots_sql[] =
    "SELECT job, slot, until, outcome, run IS NOT NULL AND EXISTS "
    "(SELECT 1 FROM runs WHERE id = ledger.run) FROM ledger "
    "INDEXED BY ledger_by_slot WHERE (slot, job) > (?1, ?2) "
    "ORDER BY slot, job LIMIT ?3";
static const char no_slot_sql[] =
    "DELETE FROM ledger WHERE job = ?1 AND slot = ?2";
static const char sweep_jobs_sql[] =
    "SELECT job, last_end FROM jobs WHERE job > ?1 ORDER BY job LIMIT ?2";
/* The oldest run that stays. */
static const char nth_run_sql[] =
    "SELECT id, slot FROM runs WHERE id = (SELECT id FROM runs "
    "INDEXED BY runs_by_job WHERE job = ?1 ORDER BY id DESC "
    "LIMIT 1 OFFSET ?2)";
static const char no_slots_sql[] =
    "DELETE FROM ledger WHERE job = ?1 AND slot IN (SELECT slot FROM ledger "
    "AS l WHERE job = ?1 AND slot < ?2 AND outcome IS NOT NULL AND (run IS "
    "NULL OR NOT EXISTS (SELECT 1 FROM runs WHERE id = l.run)) LIMIT 64)";
static const char job_swept_sql[] =
    "UPDATE jobs SET swept = max(swept, ?2) WHERE job = ?1";
static const char freelist_sql[] = "PRAGMA freelist_count";
static const char pages_sql[] = "PRAGMA page_count";
static const char mode_sql[] = "PRAGMA auto_vacuum";
static const char vacuum_sql[] = "PRAGMA incremental_vacuum(32)";

/* One row of a page. */
struct old {
	char id[RUN_ID_SIZE];
	char job[JOB_NAME_MAX + 1];
	enum outcome outcome;
	int64_t slot_ms;
	int64_t over_ms; /* its age counts from here */
	int64_t started_ms;
	bool stays;
};

struct slice {
	struct sqlite_store *s;
	struct sqlite_sweep *w;
	const struct store_keep *keep;
	int64_t end_us;
};

static int64_t
monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool
is_over(const struct slice *sl)
{
	return sl->s->failed || monotonic_us() >= sl->end_us;
}

/* How long a thing of that outcome is kept; 0: for ever. */
static int64_t
keep_ms(const struct store_keep *keep, enum outcome outcome)
{
	return outcome == OUTCOME_SUCCESS || outcome == OUTCOME_SKIPPED ?
	    keep->age_ms :
	    keep->failure_age_ms;
}

/* True when it is too old; else when it will be is noted. */
static bool
is_old(const struct slice *sl, enum outcome outcome, int64_t over_ms)
{
	int64_t keep = keep_ms(sl->keep, outcome);

	if (keep == 0)
		return false;
	if (over_ms + keep <= sl->w->now_ms)
		return true;
	if (over_ms + keep < sl->w->next_ms)
		sl->w->next_ms = over_ms + keep;
	return false;
}

static int64_t
get_number(struct sqlite_store *s, enum sqlite_sql which, const char *text)
{
	sqlite3_stmt *st = sqlite_bind(s, which, text, NULL, 0);
	int64_t n = 0;

	while (sqlite_step(s, st))
		n = sqlite3_column_int64(st, 0);
	return n;
}

static void
read_run(sqlite3_stmt *st, struct old *old)
{
	int64_t finished = sqlite3_column_int64(st, 4);

	snprintf(old->id, sizeof(old->id), "%s", sqlite_text(st, 0));
	snprintf(old->job, sizeof(old->job), "%s", sqlite_text(st, 1));
	old->outcome = sqlite_outcome(st, 2);
	old->slot_ms = sqlite3_column_int64(st, 3);
	old->over_ms = finished > old->slot_ms ? finished : old->slot_ms;
	old->started_ms = sqlite3_column_int64(st, 5);
	old->stays =
	    old->outcome == OUTCOME_NONE || sqlite3_column_int(st, 6) != 0;
}

/* The last run of its job, or the last that succeeded? */
static bool
is_last(struct sqlite_store *s, const struct old *old)
{
	const struct sqlite_value job = value_text(old->job);
	sqlite3_stmt *st = sqlite_bind(s, SQL_SWEEP_LAST, last_sql, &job, 1);
	bool last = false;

	while (sqlite_step(s, st))
		last = strcmp(sqlite_text(st, 0), old->id) == 0 ||
		    (old->outcome == OUTCOME_SUCCESS &&
			sqlite3_column_int64(st, 1) == old->started_ms);
	return last;
}

/* False: there is more of its output than goes in one slice. */
static bool
delete_run(const struct slice *sl, const struct old *old)
{
	const struct sqlite_value id = value_text(old->id);

	while (
	    sqlite_run(sl->s, SQL_SWEEP_NO_OUTPUT, no_output_sql, &id, 1) > 0)
		if (is_over(sl))
			return false;
	sqlite_run(sl->s, SQL_SWEEP_NO_PARAMS, no_params_sql, &id, 1);
	sqlite_run(sl->s, SQL_SWEEP_NO_RUN, no_run_sql, &id, 1);
	sqlite_forget_submission(sl->s, old->id);
	return true;
}

/* Reads the page behind the cursor; the statement is at its end then. */
static int
read_page(const struct slice *sl, sqlite3_stmt *st, struct old *page)
{
	int n = 0;

	while (sqlite_step(sl->s, st))
		if (n < PAGE)
			read_run(st, &page[n++]);
	return n;
}

/* True when all that is too old was looked at. */
static bool
sweep_runs(const struct slice *sl)
{
	const struct sqlite_value values[] = {
	    value_text(sl->w->key),
	    value_int(PAGE),
	};
	struct old page[PAGE];
	int n;

	n = read_page(sl,
	    sqlite_bind(
		sl->s, SQL_SWEEP_RUNS, old_runs_sql, values, nitems(values)),
	    page);
	for (int i = 0; i < n; i++) {
		/* Nothing that began later is older. */
		if (page[i].slot_ms > sl->w->young_ms) {
			is_old(sl, OUTCOME_SUCCESS, page[i].over_ms);
			is_old(sl, OUTCOME_FAILURE, page[i].over_ms);
			return true;
		}
		if (!page[i].stays &&
		    is_old(sl, page[i].outcome, page[i].over_ms) &&
		    !is_last(sl->s, &page[i]) && !delete_run(sl, &page[i]))
			return false;
		snprintf(sl->w->key, sizeof(sl->w->key), "%s", page[i].id);
		if (is_over(sl))
			return false;
	}
	return n < PAGE;
}

static int
read_slots(const struct slice *sl, struct old *page)
{
	const struct sqlite_value values[] = {
	    value_int(sl->w->slot_ms),
	    value_text(sl->w->key),
	    value_int(PAGE),
	};
	sqlite3_stmt *st = sqlite_bind(
	    sl->s, SQL_SWEEP_SLOTS, old_slots_sql, values, nitems(values));
	int n = 0;

	for (; sqlite_step(sl->s, st); n++) {
		struct old *old = &page[n];

		snprintf(old->job, sizeof(old->job), "%s", sqlite_text(st, 0));
		old->slot_ms = sqlite3_column_int64(st, 1);
		old->over_ms = sqlite3_column_int64(st, 2);
		old->outcome = sqlite_outcome(st, 3);
		old->stays = old->outcome == OUTCOME_NONE ||
		    sqlite3_column_int(st, 4) != 0;
	}
	return n;
}

static void
delete_slot(const struct slice *sl, const struct old *old)
{
	const struct sqlite_value values[] = {
	    value_text(old->job),
	    value_int(old->slot_ms),
	};

	sqlite_run(
	    sl->s, SQL_SWEEP_NO_SLOT, no_slot_sql, values, nitems(values));
}

static bool
sweep_slots(const struct slice *sl)
{
	struct old page[PAGE];
	int n = read_slots(sl, page);

	for (int i = 0; i < n; i++) {
		if (page[i].slot_ms > sl->w->young_ms) {
			is_old(sl, OUTCOME_SKIPPED, page[i].over_ms);
			is_old(sl, OUTCOME_MISSED, page[i].over_ms);
			return true;
		}
		if (!page[i].stays &&
		    is_old(sl, page[i].outcome, page[i].over_ms))
			delete_slot(sl, &page[i]);
		sl->w->slot_ms = page[i].slot_ms;
		snprintf(sl->w->key, sizeof(sl->w->key), "%s", page[i].job);
		if (is_over(sl))
			return false;
	}
	return n < PAGE;
}

/* Runs of one job that are too many, and slots before those that stay. */
static bool
trim_job(const struct slice *sl, const char *job)
{
	struct sqlite_value values[] = {
	    value_text(sl->w->run),
	    value_int(PAGE),
	    value_text(job),
	    value_text(sl->w->oldest),
	};
	struct old page[PAGE];
	int n;

	n = read_page(sl,
	    sqlite_bind(
		sl->s, SQL_SWEEP_MANY, many_runs_sql, values, nitems(values)),
	    page);
	for (int i = 0; i < n; i++) {
		if (!page[i].stays && !is_last(sl->s, &page[i]) &&
		    !delete_run(sl, &page[i]))
			return false;
		snprintf(sl->w->run, sizeof(sl->w->run), "%s", page[i].id);
		if (is_over(sl))
			return false;
	}
	if (n == PAGE)
		return false;
	values[0] = value_text(job);
	values[1] = value_int(sl->w->slot_ms);
	sqlite_run(sl->s, SQL_SWEEP_JOB, job_swept_sql, values, 2);
	do {
		if (sqlite_run(sl->s, SQL_SWEEP_NO_SLOTS, no_slots_sql, values,
			2) == 0)
			return !sl->s->failed;
	} while (!is_over(sl));
	return false;
}

/* False: it has no more than may stay. */
static bool
find_oldest(const struct slice *sl, const char *job)
{
	const struct sqlite_value values[] = {
	    value_text(job),
	    value_int(sl->keep->runs - 1),
	};
	sqlite3_stmt *st = sqlite_bind(
	    sl->s, SQL_SWEEP_NTH, nth_run_sql, values, nitems(values));
	bool found = false;

	while (sqlite_step(sl->s, st)) {
		snprintf(sl->w->oldest, sizeof(sl->w->oldest), "%s",
		    sqlite_text(st, 0));
		sl->w->slot_ms = sqlite3_column_int64(st, 1);
		found = true;
	}
	return found;
}

struct job_end {
	char job[JOB_NAME_MAX + 1];
	int64_t last_end_ms;
};

static bool
sweep_jobs(const struct slice *sl)
{
	const struct sqlite_value values[] = {
	    value_text(sl->w->key),
	    value_int(PAGE),
	};
	sqlite3_stmt *st = sqlite_bind(
	    sl->s, SQL_SWEEP_JOBS, sweep_jobs_sql, values, nitems(values));
	struct job_end page[PAGE];
	int n = 0;

	for (; sqlite_step(sl->s, st); n++) {
		snprintf(
		    page[n].job, sizeof(page[n].job), "%s", sqlite_text(st, 0));
		page[n].last_end_ms = sqlite3_column_int64(st, 1);
	}
	for (int i = 0; i < n; i++) {
		/* Only what had a run since the last round can have more. */
		if (page[i].last_end_ms >= sl->w->trimmed_ms &&
		    find_oldest(sl, page[i].job) && !trim_job(sl, page[i].job))
			return false;
		sl->w->run[0] = '\0';
		snprintf(sl->w->key, sizeof(sl->w->key), "%s", page[i].job);
		if (is_over(sl))
			return false;
	}
	if (n == PAGE)
		return false;
	sl->w->trimmed_ms = sl->w->now_ms;
	return true;
}

/* Outside of a transaction. True when the file is small enough. */
static bool
shrink(const struct slice *sl)
{
	struct sqlite_store *s = sl->s;
	int64_t free_pages, pages;

	if (get_number(s, SQL_AUTO_VACUUM, mode_sql) != 2)
		return true; /* a file of an older version */
	do {
		free_pages = get_number(s, SQL_FREELIST, freelist_sql);
		pages = get_number(s, SQL_PAGES, pages_sql);
		if (free_pages <= SLACK_PAGES + pages / 16)
			return true;
		sqlite_run(s, SQL_VACUUM, vacuum_sql, NULL, 0);
	} while (!is_over(sl));
	return false;
}

static void
begin_round(struct sqlite_sweep *w, const struct store_keep *keep)
{
	int64_t least = keep->age_ms;

	if (least == 0 ||
	    (keep->failure_age_ms != 0 && keep->failure_age_ms < least))
		least = keep->failure_age_ms;
	w->phase = SWEEP_RUNS;
	w->now_ms = keep->now_ms;
	w->young_ms = least > 0 ? keep->now_ms - least : INT64_MIN;
	w->next_ms = INT64_MAX;
	w->key[0] = w->run[0] = '\0';
	w->slot_ms = INT64_MIN;
}

static void
next_phase(struct sqlite_sweep *w)
{
	w->phase++;
	w->key[0] = w->run[0] = '\0';
	w->slot_ms = INT64_MIN;
}

/* One step; true when the phase is over. */
static bool
step(const struct slice *sl)
{
	bool by_age = sl->w->young_ms != INT64_MIN;

	switch (sl->w->phase) {
	case SWEEP_RUNS:
		return !by_age || sweep_runs(sl);
	case SWEEP_SLOTS:
		return !by_age || sweep_slots(sl);
	case SWEEP_JOBS:
		return sl->keep->runs == 0 || sweep_jobs(sl);
	case SWEEP_SHRINK:
	case SWEEP_IDLE:
		break;
	}
	return true;
}

static void
ignore(void *arg, const struct err *err)
{
}

static void
delete_some(const struct slice *sl)
{
	const struct sqlite_value young = value_int(sl->w->young_ms);

	sqlite_begin(&sl->s->store);
	if (sl->w->young_ms != INT64_MIN) {
		sqlite_run(sl->s, SQL_SWEPT, swept_sql, &young, 1);
		sqlite_sweep_notices(sl->s, sl->w->young_ms);
	}
	do {
		if (step(sl) && !sl->s->failed)
			next_phase(sl->w);
	} while (sl->w->phase < SWEEP_SHRINK && !is_over(sl));
	sqlite_commit(&sl->s->store, ignore, NULL);
}

void
sqlite_sweep(struct store *store, const struct store_keep *keep,
    store_sweep_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	struct slice sl = {s, &s->sweep, keep, monotonic_us() + keep->slice_us};
	struct sqlite_sweep before;

	sqlite_forgive(s);
	if (s->sweep.phase == SWEEP_IDLE)
		begin_round(&s->sweep, keep);
	before = s->sweep;
	if (s->sweep.phase < SWEEP_SHRINK)
		delete_some(&sl);
	else if (shrink(&sl))
		s->sweep.phase = SWEEP_IDLE;
	if (s->failed)
		s->sweep = before; /* none of it happened */
	done(arg, s->sweep.phase != SWEEP_IDLE, s->sweep.next_ms,
	    sqlite_failure(s));
}
