/* An explanation in sentences, its times in the zone of the job. */
#include "recorder/explain/explain_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/timestamp.h"
#include "json_text.h"

struct words {
	const struct explain *x;
	json_t *list;
	struct strbuf line;
};

static void
add_time(struct words *w, int64_t ms)
{
	int32_t offset = plan_offset(explain_plan(w->x), ms);
	char text[TIMESTAMP_TEXT_MAX];

	if (ms % 1000 != 0)
		strbuf_adds(&w->line, timestamp_format_ms(text, ms));
	else
		strbuf_adds(&w->line,
		    timestamp_format_offset(
			text, ms / 1000, offset, offset == 0));
}

/* Rounded as one would say it. */
static void
add_span(struct words *w, int64_t ms)
{
	char text[DURATION_TEXT_MAX];
	int64_t unit = ms >= 100000 ? 1000 : ms >= 10000 ? 100 : 1;

	if (ms >= 0)
		strbuf_adds(&w->line,
		    duration_format_ms(text, (ms + unit / 2) / unit * unit));
}

/* The line so far becomes a sentence. */
static void
end_line(struct words *w)
{
	json_array_append_new(w->list, json_text(strbuf_str(&w->line)));
	strbuf_reset(&w->line);
}

static void
say(struct words *w, const char *text)
{
	strbuf_adds(&w->line, text);
	end_line(w);
}

/* "0 3 * * *" (Europe/Berlin) */
static void
add_schedule(struct words *w, const struct plan_line *line)
{
	strbuf_addf(&w->line, "\"%s\"", line->text);
	if (line->schedule != NULL &&
	    schedule_kind(line->schedule) == SCHEDULE_CRON)
		strbuf_addf(
		    &w->line, " (%s)", schedule_zone_name(line->schedule));
}

static void
say_nearest(struct words *w)
{
	const struct explain *x = w->x;
	int64_t at;

	if (plans_prev(&x->plans, x->slot_ms, &at)) {
		strbuf_adds(&w->line, "the slot before it: ");
		add_time(w, at);
		end_line(w);
	}
	if (plans_next(&x->plans, x->slot_ms, &at)) {
		strbuf_adds(&w->line, "the slot after it: ");
		add_time(w, at);
		end_line(w);
	}
}

static const char *
trigger_words(enum trigger trigger)
{
	switch (trigger) {
	case TRIGGER_MANUAL:
		return "somebody started it by hand";
	case TRIGGER_AFTER:
		return "it was started because another job had ended";
	case TRIGGER_CATCH_UP:
		return "it was missed at its time, and caught up with";
	case TRIGGER_QUEUE:
		return "it was submitted";
	case TRIGGER_SCHEDULE:
	case TRIGGER_RETRY:
	case TRIGGER_COUNT:
		break;
	}
	return NULL;
}

/* What ended before it: its run knows, and of a skipped slot the detail. */
static bool
say_parent(struct words *w)
{
	const struct explain *x = w->x;
	const struct plan *plan = explain_plan(x);

	if (x->nruns > 0 && x->runs[x->nruns - 1].begin.parent[0] != '\0') {
		strbuf_addf(&w->line, "it was started because run %s had ended",
		    x->runs[x->nruns - 1].begin.parent);
		end_line(w);
		return true;
	}
	if (x->nruns > 0 || plan == NULL || plan->after == NULL ||
	    plans_is_slot(&x->plans, x->slot_ms))
		return false;
	strbuf_addf(&w->line, "it was due after other jobs: %s", plan->after);
	end_line(w);
	return true;
}

static void
say_why_due(struct words *w)
{
	const struct explain *x = w->x;
	const struct plan_line *line;
	const char *by = NULL;

	if (say_parent(w))
		return;
	if (x->nruns > 0)
		by = trigger_words(x->runs[x->nruns - 1].begin.trigger);
	if (by != NULL) {
		say(w, by);
		return;
	}
	line = plan_line_of(plans_at(&x->plans, x->slot_ms), x->slot_ms);
	if (line == NULL)
		return;
	strbuf_adds(&w->line, "it was due by its schedule ");
	add_schedule(w, line);
	end_line(w);
}

static void
add_end(struct words *w, const struct store_run *run)
{
	const struct run_result *r = &run->result;
	const char *beyond = run_reason_beyond(r->reason);

	if (r->outcome == OUTCOME_NONE) {
		strbuf_adds(&w->line,
		    r->started_us != 0 ? ", and still runs" : "not over yet");
		return;
	}
	if (r->started_us != 0) {
		strbuf_adds(&w->line, ", took ");
		add_span(w, run_result_duration_ms(r));
		strbuf_adds(&w->line, ": ");
	}
	strbuf_adds(&w->line, outcome_name(r->outcome));
	if (r->signal != 0)
		strbuf_addf(&w->line, ", signal %s", signal_name(r->signal));
	else if (r->exit_code > 0)
		strbuf_addf(&w->line, ", exit code %d", (int)r->exit_code);
	if (*beyond != '\0')
		strbuf_addf(
		    &w->line, "%s%s", beyond == r->reason ? ", " : "", beyond);
}

static void
say_run(struct words *w, const struct store_run *run)
{
	const struct run_begin *b = &run->begin;
	int64_t started = run->result.started_us / 1000;

	strbuf_addf(&w->line, "attempt %d, run %s on %s: ", (int)b->attempt,
	    b->id, b->host);
	if (started != 0) {
		strbuf_adds(&w->line, "started ");
		add_time(w, started);
		if (started >= b->due_ms) {
			strbuf_adds(&w->line, ", ");
			add_span(w, started - b->due_ms);
			strbuf_adds(&w->line, " late");
		}
	}
	add_end(w, run);
	end_line(w);
}

static void
say_runs(struct words *w)
{
	const struct explain *x = w->x;
	int64_t retry = x->nruns > 0 ? x->runs[0].retry_ms : 0;

	for (size_t i = x->nruns; i-- > 0;)
		say_run(w, &x->runs[i]);
	if ((size_t)x->row.attempts > x->nruns) {
		strbuf_addf(&w->line, "it had %d attempts; %s", x->row.attempts,
		    x->nruns > 0 ? "the older ones are not in the history" :
				   "its runs are not in the history any more");
		end_line(w);
	}
	if (retry == 0)
		return;
	strbuf_adds(&w->line, "the next attempt is due ");
	add_time(w, retry);
	end_line(w);
}

static const struct {
	const char *reason, *text;
} reasons[] = {
    {"overlap", "a run of the job was not over"},
    {"queue-full", "no more runs could wait in the job's queue"},
    {"paused", "the job was paused"},
    {"calendar", "a calendar of the job left that day out"},
    {"disabled", "the job was disabled: enabled = no"},
    {"late",
	"nothing could start it in time, and it was too late when "
	"something could"},
    {"no-host", "no host was there that may run it"},
    {"redis-down",
	"Redis could not be reached, so that no host could be "
	"sure to be the only one"},
    {"guard",
	"PostgreSQL knew that it had been started before, or could have been"},
    {"guard-down",
	"PostgreSQL could not be reached, so that no host could be sure that "
	"it had not been started before"},
    {"in-doubt",
	"it may have run: the host that had it was lost before it "
	"could tell, and a slot is never run twice"},
    {"dst-gap", "its local time did not exist: clocks were put forward"},
    {"catch-up-limit", "more slots were missed than catch-up-limit allows"},
};

/* The details of these say the same, and which it was or when. */
static bool
is_said_by_detail(const char *reason)
{
	return strcmp(reason, "overlap") == 0 || strcmp(reason, "late") == 0;
}

static void
say_reason(struct words *w)
{
	const struct explain_row *row = &w->x->row;
	const char *text = row->reason, *detail = row->detail;

	for (size_t i = 0; i < nitems(reasons); i++)
		if (strcmp(reasons[i].reason, row->reason) == 0)
			text = reasons[i].text;
	if (*detail != '\0' && is_said_by_detail(row->reason)) {
		text = detail;
		detail = "";
	}
	strbuf_addf(&w->line, "it did not run: %s", text);
	end_line(w);
	if (*detail != '\0')
		say(w, detail);
	if (row->until_ms == row->slot_ms)
		return;
	strbuf_adds(&w->line, "the same holds for ");
	if (row->count > 0)
		strbuf_addf(&w->line, "%" PRId64, row->count);
	else
		strbuf_adds(&w->line, "all");
	strbuf_adds(&w->line, " slots from ");
	add_time(w, row->slot_ms);
	strbuf_adds(&w->line, " to ");
	add_time(w, row->until_ms);
	end_line(w);
}

static void
say_other(struct words *w)
{
	const struct store_run *run = &w->x->other;
	int64_t finished = run->result.finished_us / 1000;

	if (!w->x->has_other)
		return;
	strbuf_addf(&w->line, "run %s of slot ", run->begin.id);
	add_time(w, run->begin.slot_ms);
	strbuf_addf(&w->line, " on %s was in its way ", run->begin.host);
	if (run->result.outcome == OUTCOME_NONE) {
		strbuf_adds(&w->line, "and is not over yet");
	} else if (run->retry_ms != 0) {
		strbuf_adds(&w->line, "and waits for its next attempt");
	} else {
		strbuf_adds(&w->line, "until ");
		add_time(w, finished);
	}
	end_line(w);
}

static void
say_down(struct words *w)
{
	const struct explain *x = w->x;

	if (!x->before.found || strcmp(x->row.reason, "late") != 0)
		return;
	strbuf_adds(&w->line, "the last that ran before was slot ");
	add_time(w, x->before.slot_ms);
	strbuf_addf(&w->line,
	    " of %s; between then and its own late discovery belfryd, or the "
	    "whole machine, was down, asleep or overloaded",
	    x->before.job);
	end_line(w);
}

static void
say_future(struct words *w)
{
	const struct explain *x = w->x;
	const struct plan *plan = explain_plan(x);

	if (plan == NULL || plan->gone) {
		say(w, "that is to come, and the job is in no job file");
		return;
	}
	if (!plans_is_slot(&x->plans, x->slot_ms)) {
		say(w,
		    plan_is_clock(plan) ?
			"that is to come, and it is not due then" :
			"that is to come; when it is due depends on when "
			"other things happen");
		say_nearest(w);
		return;
	}
	strbuf_adds(&w->line,
	    plan->disabled ? "it is due then, and will be skipped: the job is "
			     "disabled" :
			     "it will run then, in ");
	if (!plan->disabled)
		add_span(w, x->slot_ms - x->now_ms);
	end_line(w);
}

static void
say_not_due(struct words *w)
{
	const struct explain *x = w->x;
	const struct plan *plan = plans_at(&x->plans, x->slot_ms);

	if (plan == NULL) {
		say(w,
		    "nothing is known of that time: only the history knows the "
		    "job, its schedule is in no job file");
		return;
	}
	if (plan->n == 0) {
		strbuf_adds(
		    &w->line, "it was not due then: the job has no schedule");
		if (plan->after != NULL)
			strbuf_addf(&w->line, ", it runs after others: %s",
			    plan->after);
		end_line(w);
		return;
	}
	strbuf_adds(&w->line, "it was not due then: its schedule is ");
	for (size_t i = 0; i < plan->n; i++) {
		strbuf_adds(&w->line, i > 0 ? " and " : "");
		add_schedule(w, &plan->lines[i]);
	}
	end_line(w);
	say_nearest(w);
}

/* The plan that begins what plans_at() found nothing of, or removed it. */
static void
say_since(struct words *w, const char *text, const struct plan *plan)
{
	strbuf_adds(&w->line, text);
	add_time(w, plan->seen_ms);
	end_line(w);
	say_nearest(w);
}

static void
say_absence(struct words *w)
{
	const struct explain *x = w->x;
	const struct plans *plans = &x->plans;
	const struct plan *plan = plans_at(plans, x->slot_ms);

	switch (x->verdict) {
	case VERDICT_PENDING:
		say(w, "it is due now, and nothing is recorded of it yet");
		break;
	case VERDICT_NO_RECORD:
		say_why_due(w);
		say(w,
		    x->env->apart ?
			"the ledger has no row of it here, nor on any host "
			"that answers: it was deleted since, as old rows are "
			"([store] keep), or a host that is down has it" :
			"the ledger has no row of it: it was deleted since, as "
			"old rows are ([store] keep), or belfry has a fault; "
			"belfry verify tells more");
		break;
	case VERDICT_FUTURE:
		say_future(w);
		break;
	case VERDICT_BEFORE:
		say_since(w, "that was before the job was first seen, at ",
		    &plans->all[plans->n - 1]);
		break;
	case VERDICT_GONE:
		say_since(w, "the job is in no job file since ",
		    plan != NULL ? plan : &plans->all[0]);
		break;
	case VERDICT_NONE:
		say(w, "nothing was due yet");
		say_nearest(w);
		break;
	case VERDICT_NOT_DUE:
	case VERDICT_RAN:
	case VERDICT_RUNNING:
	case VERDICT_SKIPPED:
	case VERDICT_MISSED:
		say_not_due(w);
		break;
	}
}

static bool
is_due(const struct explain *x)
{
	return x->verdict == VERDICT_PENDING || x->verdict == VERDICT_NO_RECORD;
}

static void
say_title(struct words *w, const char *verdict)
{
	strbuf_addf(&w->line, "%s, ", w->x->plans.job);
	add_time(w, w->x->slot_ms);
	strbuf_addf(&w->line, ": %s", verdict);
	end_line(w);
}

json_t *
explain_words(const struct explain *x)
{
	struct words w = {x, json_array(), STRBUF_INIT};

	if (!x->row.found) {
		say_title(&w,
		    x->verdict == VERDICT_FUTURE   ? "to come" :
			x->env->apart && is_due(x) ? "not recorded" :
						     "did not run");
		say_absence(&w);
	} else if (*x->row.run != '\0') {
		say_title(&w, outcome_name(x->row.outcome));
		say_why_due(&w);
		say_runs(&w);
	} else {
		say_title(&w, outcome_name(x->row.outcome));
		if (strcmp(x->row.reason, "dst-gap") != 0)
			say_why_due(&w);
		say_reason(&w);
		say_other(&w);
		say_down(&w);
	}
	strbuf_fini(&w.line);
	return w.list;
}
