/* An explanation as JSON: for programs, with its sentences for people. */
#include "recorder/explain/explain_internal.h"

#include "json_text.h"
#include "recorder/query/row_json.h"

static const char *
verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_RAN:
		return "ran";
	case VERDICT_RUNNING:
		return "running";
	case VERDICT_SKIPPED:
		return "skipped";
	case VERDICT_MISSED:
		return "missed";
	case VERDICT_PENDING:
		return "pending";
	case VERDICT_NO_RECORD:
		return "no-record";
	case VERDICT_FUTURE:
		return "future";
	case VERDICT_NOT_DUE:
		return "not-due";
	case VERDICT_BEFORE:
		return "before-first-seen";
	case VERDICT_GONE:
		return "removed";
	case VERDICT_NONE:
		break;
	}
	return "nothing-yet";
}

static void
add(json_t *o, const char *key, json_t *value)
{
	json_object_set_new_nocheck(o, key, value);
}

static json_t *
time_if(bool known, int64_t ms)
{
	return known ? json_time(ms) : json_null();
}

static json_t *
runs_json(const struct explain *x)
{
	json_t *list = json_array();

	for (size_t i = x->nruns; i-- > 0;)
		json_array_append_new(list, row_json_run(&x->runs[i]));
	return list;
}

static void
add_row(json_t *o, const struct explain_row *row)
{
	bool ended = row->found && row->outcome != OUTCOME_NONE;
	bool is_range = row->found && row->until_ms != row->slot_ms;

	add(o, "outcome",
	    ended ? json_string(outcome_name(row->outcome)) : json_null());
	add(o, "reason", json_text_or_null(row->reason));
	add(o, "detail", json_text_or_null(row->detail));
	add(o, "host", json_text_or_null(row->host));
	add(o, "attempts", json_integer(row->attempts));
	add(o, "from", time_if(is_range, row->slot_ms));
	add(o, "until", time_if(is_range, row->until_ms));
}

json_t *
explain_json(const struct explain *x)
{
	json_t *o = json_object();
	int64_t at = 0;
	bool found;

	add(o, "job", json_text(x->plans.job));
	add(o, "slot", json_time(x->slot_ms));
	add(o, "verdict", json_string(verdict_name(x->verdict)));
	add(o, "due", json_boolean(plans_is_slot(&x->plans, x->slot_ms)));
	add_row(o, &x->row);
	add(o, "runs", runs_json(x));
	add(o, "blocked_by",
	    x->has_other ? row_json_run(&x->other) : json_null());
	found = plans_prev(&x->plans, x->slot_ms, &at);
	add(o, "previous", time_if(found, at));
	found = plans_next(&x->plans, x->slot_ms, &at);
	add(o, "next", time_if(found, at));
	add(o, "text", explain_words(x));
	return o;
}
