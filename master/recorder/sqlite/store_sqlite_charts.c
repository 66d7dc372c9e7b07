/* What charts are drawn from. Each question walks an index as far as asked. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Behind every run id. */
#define ID_END "\x7f"

#define COLUMNS                                                                \
	"id, job, host, slot, due, created, outcome, started, finished, "      \
	"duration_us"

static const char bars_sql[] =
    "SELECT " COLUMNS " FROM runs WHERE id >= ?1 AND id < ?2 "
    "ORDER BY id DESC LIMIT ?3";
static const char bars_job_sql[] =
    "SELECT " COLUMNS " FROM runs INDEXED BY runs_by_job "
    "WHERE job = ?4 AND id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

static const char hours_sql[] =
    "SELECT hour, sum(runs), sum(failures), sum(busy_us) FROM hours "
    "WHERE hour >= ?1 AND hour < ?2 GROUP BY hour ORDER BY hour";
static const char hour_add_sql[] =
    "INSERT INTO hours (hour, runs, failures, busy_us, host) "
    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (hour, host) DO UPDATE SET "
    "runs = runs + excluded.runs, failures = failures + excluded.failures, "
    "busy_us = busy_us + excluded.busy_us";

#define HOUR_US ((int64_t)3600 * 1000 * 1000)

static void
read_bar(sqlite3_stmt *st, struct store_bar *bar)
{
	bar->id = sqlite_text(st, 0);
	bar->job = sqlite_text(st, 1);
	bar->host = sqlite_text(st, 2);
	bar->slot_ms = sqlite3_column_int64(st, 3);
	bar->due_ms = sqlite3_column_int64(st, 4);
	bar->created_ms = sqlite3_column_int64(st, 5);
	bar->outcome = sqlite_outcome(st, 6);
	bar->started_us = sqlite3_column_int64(st, 7);
	bar->finished_us = sqlite3_column_int64(st, 8);
	bar->duration_us = sqlite3_column_int64(st, 9);
}

void
sqlite_bars(struct store *store, const struct store_bars *which,
    store_bar_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(which->from),
	    value_text(*which->before != '\0' ? which->before : ID_END),
	    value_int(which->limit),
	    value_text(which->job),
	};
	struct store_bar bar;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	if (which->job != NULL)
		st = sqlite_bind(s, SQL_BARS_JOB, bars_job_sql, values, 4);
	else
		st = sqlite_bind(s, SQL_BARS, bars_sql, values, 3);
	while (sqlite_step(s, st)) {
		read_bar(st, &bar);
		row(arg, &bar);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_hours(struct store *store, int64_t from, int64_t to, store_hour_cb *row,
    store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {value_int(from), value_int(to)};
	struct store_hour hour;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_HOURS, hours_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		hour.hour = sqlite3_column_int64(st, 0);
		hour.runs = sqlite3_column_int64(st, 1);
		hour.failures = sqlite3_column_int64(st, 2);
		hour.busy_us = sqlite3_column_int64(st, 3);
		row(arg, &hour);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_hours_flush(struct sqlite_store *s)
{
	for (size_t i = 0; i < s->nhours; i++) {
		const struct store_hour *h = &s->hours[i].hour;
		const struct sqlite_value values[] = {
		    value_int(h->hour),
		    value_int(h->runs),
		    value_int(h->failures),
		    value_int(h->busy_us),
		    value_text(s->hours[i].host),
		};

		sqlite_run(
		    s, SQL_HOUR_ADD, hour_add_sql, values, nitems(values));
	}
	s->nhours = 0;
}

static struct store_hour *
get_hour(struct sqlite_store *s, int64_t hour, const char *host)
{
	for (size_t i = 0; i < s->nhours; i++)
		if (s->hours[i].hour.hour == hour &&
		    strcmp(s->hours[i].host, host) == 0)
			return &s->hours[i].hour;
	if (s->nhours == SQLITE_HOURS)
		sqlite_hours_flush(s);
	snprintf(
	    s->hours[s->nhours].host, sizeof(s->hours[0].host), "%s", host);
	s->hours[s->nhours].hour = (struct store_hour){.hour = hour};
	return &s->hours[s->nhours++].hour;
}

void
sqlite_hours_count(struct sqlite_store *s, const struct record_end *end)
{
	const struct run_result *r = &end->result;
	const char *host = end->begin.host;
	int64_t from = r->started_us, to, until, hour;
	struct store_hour *h;

	if (from == 0)
		from = end->begin.created_ms * 1000;
	until = r->finished_us > from ? r->finished_us : from;
	hour = from / HOUR_US;
	h = get_hour(s, hour, host);
	h->runs++;
	h->failures += r->outcome != OUTCOME_SUCCESS;
	for (int i = 0; i < STORE_RUN_HOURS_MAX && from < until; i++) {
		to = (hour + i + 1) * HOUR_US;
		if (to > until)
			to = until;
		get_hour(s, hour + i, host)->busy_us += to - from;
		from = to;
	}
}
