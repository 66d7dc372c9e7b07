#include "recorder/query/row_json.h"

#include "json_text.h"

/* v when it is known, else null. */
static json_t *
number(bool known, int64_t v)
{
	return known ? json_integer(v) : json_null();
}

static json_t *
outcome_json(enum outcome outcome)
{
	return outcome != OUTCOME_NONE ? json_string(outcome_name(outcome)) :
					 json_null();
}

static void
add(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value);
}

static void
add_document(json_t *row, const char *key, const char *text)
{
	json_t *json = *text != '\0' ? json_loads(text, 0, NULL) : NULL;

	if (json != NULL)
		add(row, key, json);
}

/* Of its results the rows, as a number. */
static void
add_rows(json_t *o)
{
	json_t *results = json_object_get(o, "results");
	const char *rows = json_string_value(json_object_get(results, "rows"));
	json_t *n =
	    rows != NULL ? json_loads(rows, JSON_DECODE_ANY, NULL) : NULL;

	if (json_is_integer(n))
		add(o, "rows", n);
	else
		json_decref(n);
}

json_t *
row_json_run(const struct store_run *run)
{
	const struct run_begin *b = &run->begin;
	const struct run_result *r = &run->result;
	bool ended = r->outcome != OUTCOME_NONE;
	bool started = r->started_us != 0;
	bool ran = ended && started;
	json_t *o = json_object();

	add(o, "id", json_text(b->id));
	add(o, "job", json_text(b->job));
	add(o, "slot", json_time(b->slot_ms));
	add(o, "attempt", json_integer(b->attempt));
	add(o, "trigger", json_string(trigger_name(b->trigger)));
	add(o, "host", json_text(b->host));
	add(o, "outcome", outcome_json(r->outcome));
	add(o, "reason", json_text_or_null(r->reason));
	add(o, "exit_code", number(ended && r->exit_code != -1, r->exit_code));
	add(o, "signal", number(r->signal != 0, r->signal));
	add(o, "started", json_time_us(r->started_us));
	add(o, "finished", json_time_us(r->finished_us));
	add(o, "duration_ms", number(ran, run_result_duration_ms(r)));
	add(o, "lateness_ms",
	    number(started, r->started_us / 1000 - b->due_ms));
	add(o, "cpu_ms", number(ran, (r->cpu_us + 500) / 1000));
	add(o, "max_rss_kb", number(ran, r->max_rss_kb));
	add(o, "fence", json_integer((json_int_t)b->fence));
	add(o, "output_bytes", number(ended, (int64_t)r->output_bytes));
	add(o, "dropped_bytes", number(ended, (int64_t)r->dropped_bytes));
	add(o, "chain", json_text(run_begin_chain(b)));
	add(o, "parent", json_text_or_null(b->parent));
	add_document(o, "results", r->values);
	add_rows(o);
	return o;
}

void
row_json_add_params(json_t *row, const char *params, const char *parents)
{
	add_document(row, "params", params);
	add_document(row, "parents", parents);
}

json_t *
row_json_slot(const struct store_slot *row)
{
	const struct record_slot *slot = &row->slot;
	json_t *o = json_object();

	add(o, "job", json_text(slot->job));
	add(o, "slot", json_time(slot->slot_ms));
	add(o, "until", json_time(slot->until_ms));
	add(o, "count", json_integer(slot->count));
	add(o, "outcome", outcome_json(slot->outcome));
	add(o, "reason", json_text_or_null(slot->reason));
	add(o, "detail", json_text_or_null(slot->detail));
	add(o, "run", json_text_or_null(row->run));
	add(o, "attempts", json_integer(row->attempts));
	add(o, "host", json_text_or_null(slot->host));
	return o;
}
