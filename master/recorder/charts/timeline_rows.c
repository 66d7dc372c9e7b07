#include "recorder/charts/timeline_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"

#define ROWS_MAX  200
#define BARS_MAX  5000
#define SLOTS_MAX 2000

struct bar {
	char run[RUN_ID_SIZE]; /* the newest of them */
	char *job, *host;      /* owned */
	enum outcome outcome;
	int64_t started_us, finished_us;
	size_t count;
};

struct row {
	char *name; /* owned */
	struct bar *bars;
	size_t n, cap;
	json_t *slots;
};

struct timeline_rows {
	int64_t resolution_us;
	struct row rows[ROWS_MAX];
	size_t n, last; /* last: where the one before was found */
	size_t nbars, nslots;
	bool cut;
};

struct timeline_rows *
timeline_rows_new(int64_t resolution_us)
{
	struct timeline_rows *rows = xcalloc(1, sizeof(*rows));

	rows->resolution_us = resolution_us;
	return rows;
}

static void
row_fini(struct row *row)
{
	for (size_t i = 0; i < row->n; i++) {
		free(row->bars[i].job);
		free(row->bars[i].host);
	}
	free(row->bars);
	free(row->name);
	json_decref(row->slots);
}

void
timeline_rows_free(struct timeline_rows *rows)
{
	if (rows == NULL)
		return;
	for (size_t i = 0; i < rows->n; i++)
		row_fini(&rows->rows[i]);
	free(rows);
}

/* NULL: there are too many. */
static struct row *
get_row(struct timeline_rows *rows, const char *name)
{
	struct row *row;

	if (rows->n > 0 && strcmp(rows->rows[rows->last].name, name) == 0)
		return &rows->rows[rows->last];
	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->rows[i].name, name) == 0) {
			rows->last = i;
			return &rows->rows[i];
		}
	if (rows->n == ROWS_MAX) {
		rows->cut = true;
		return NULL;
	}
	rows->last = rows->n++;
	row = &rows->rows[rows->last];
	row->name = xstrdup(name);
	row->slots = json_array();
	return row;
}

void
timeline_rows_add(struct timeline_rows *rows, const char *name)
{
	get_row(rows, name);
}

/* A bar that it is too close to; NULL: none. Of those that run each is one. */
static struct bar *
neighbour(const struct timeline_rows *rows, const struct row *row,
    const struct timeline_bar *bar)
{
	struct bar *last = row->n > 0 ? &row->bars[row->n - 1] : NULL;

	if (last == NULL || last->outcome != bar->outcome ||
	    bar->finished_us == 0 || last->finished_us == 0 ||
	    strcmp(last->job, bar->job) != 0 ||
	    strcmp(last->host, bar->host) != 0 ||
	    last->started_us - bar->finished_us > rows->resolution_us)
		return NULL;
	return last;
}

static void
join(struct bar *into, const struct timeline_bar *bar)
{
	if (bar->started_us < into->started_us)
		into->started_us = bar->started_us;
	if (bar->finished_us > into->finished_us)
		into->finished_us = bar->finished_us;
	into->count++;
}

static void
append(struct row *row, const struct timeline_bar *bar)
{
	struct bar *b;

	array_reserve(&row->bars, &row->cap, row->n + 1, sizeof(*row->bars));
	b = &row->bars[row->n++];
	memset(b, 0, sizeof(*b));
	snprintf(b->run, sizeof(b->run), "%s", bar->run);
	b->job = xstrdup(bar->job);
	b->host = xstrdup(bar->host);
	b->outcome = bar->outcome;
	b->started_us = bar->started_us;
	b->finished_us = bar->finished_us;
	b->count = 1;
}

void
timeline_rows_bar(struct timeline_rows *rows, const char *name,
    const struct timeline_bar *bar)
{
	struct row *row = get_row(rows, name);
	struct bar *near = row != NULL ? neighbour(rows, row, bar) : NULL;

	if (near != NULL) {
		join(near, bar);
	} else if (rows->nbars == BARS_MAX) {
		rows->cut = true;
	} else if (row != NULL) {
		rows->nbars++;
		append(row, bar);
	}
}

void
timeline_rows_slot(
    struct timeline_rows *rows, const char *name, const struct store_slot *slot)
{
	const struct record_slot *s = &slot->slot;
	struct row *row = get_row(rows, name);

	if (row == NULL || rows->nslots == SLOTS_MAX) {
		rows->cut = true;
		return;
	}
	rows->nslots++;
	json_array_append_new(row->slots,
	    json_pack("{s:o, s:o, s:o, s:I, s:s, s:o}", "job",
		json_text(s->job), "slot", json_time(s->slot_ms), "until",
		json_time(s->until_ms), "count", (json_int_t)s->count,
		"outcome", outcome_name(s->outcome), "reason",
		json_text_or_null(s->reason)));
}

bool
timeline_rows_complete(const struct timeline_rows *rows)
{
	return !rows->cut;
}

static json_t *
bars_json(const struct row *row)
{
	json_t *list = json_array();

	for (size_t i = 0; i < row->n; i++) {
		const struct bar *b = &row->bars[i];

		json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:I}", "run",
			b->run, "job", json_text(b->job), "host",
			json_text(b->host), "outcome", outcome_name(b->outcome),
			"started", json_time_us(b->started_us), "finished",
			json_time_us(b->finished_us), "count",
			(json_int_t)b->count));
	}
	return list;
}

json_t *
timeline_rows_json(const struct timeline_rows *rows)
{
	json_t *list = json_array();

	for (size_t i = 0; i < rows->n; i++)
		json_array_append_new(list,
		    json_pack("{s:o, s:o, s:O}", "name",
			json_text(rows->rows[i].name), "bars",
			bars_json(&rows->rows[i]), "slots",
			rows->rows[i].slots));
	return list;
}
