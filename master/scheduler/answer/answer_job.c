/* Answers about jobs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timestamp.h"
#include "json_text.h"
#include "schedule/zone/zone.h"
#include "scheduler/answer/answer.h"
#include "scheduler/clock/due.h"
#include "scheduler/master.h"

#define FIRES_SHOWN 5
#define FIRES_MAX   1000

const char *
answer_job_state(const struct master *m, const struct job *job)
{
	for (const struct run *run = job->runs; run != NULL; run = run->next)
		if (run->state == RUN_RUNNING || run->state == RUN_LAUNCHING)
			return "running";
	if (job->active > 0 || job->queued > 0)
		return "waiting";
	if (!job->def->options->enabled)
		return "disabled";
	if (pause_of(m, job) != NULL)
		return "paused";
	return job->retries != NULL ? "retrying" : "idle";
}

json_t *
answer_last(const struct job *job)
{
	if (job->last_run[0] == '\0')
		return json_null();
	return json_pack("{s:s, s:s, s:o}", "run", job->last_run, "outcome",
	    outcome_name(job->last_outcome), "finished",
	    answer_time(job->last_end_ms));
}

/* What comes first may be no slot, but a reason why there is none. */
static bool
next_slot(const struct job *job, int64_t *at_r)
{
	struct due due;

	if (!due_next(job, &due))
		return false;
	*at_r = due.at_ms;
	return due.kind == DUE_SLOT || due_after(job, due.at_ms, at_r);
}

/* When it fires next; null when that is not known. */
static json_t *
next_fire(const struct job *job)
{
	int64_t at;

	if (!job->def->options->enabled || !next_slot(job, &at))
		return json_null();
	return answer_time(at);
}

static const char *
zone_of(const struct job_def *def)
{
	return def->nschedules > 0 ? schedule_zone_name(def->schedules[0]) :
				     def->options->timezone;
}

json_t *
answer_job_row(const struct master *m, const struct job *job)
{
	const struct job_def *def = job->def;
	const struct job_options *o = def->options;
	json_t *texts = json_array();

	for (unsigned i = 0; i < def->nschedules; i++)
		json_array_append_new(
		    texts, json_text(job_def_schedule_text(def, i)));
	return json_pack("{s:s, s:o, s:s, s:b, s:o, s:s, s:o, s:i, s:i, s:o, "
			 "s:o, s:i, s:o, s:i, s:o, s:o, s:o, s:o}",
	    "name", def->name, "description",
	    json_text(job_def_description(def)), "state",
	    answer_job_state(m, job), "enabled", def->options->enabled,
	    "schedule", texts, "timezone", zone_of(def), "next", next_fire(job),
	    "running", (int)job->active, "queued", (int)job->queued, "last",
	    answer_last(job), "last_success", answer_time(job->last_success_ms),
	    "failures", (int)job->failures, "file",
	    json_text(def->source->path), "line", (int)def->line, "paused",
	    answer_pause(pause_of(m, job)), "labels", answer_words(o->labels),
	    "owner", json_text_or_null(o->owner), "after",
	    answer_words(o->after));
}

/* The next n fires, in the job's own zone. */
static json_t *
fires(const struct job *job, int64_t n)
{
	const struct job_def *def = job->def;
	char text[TIMESTAMP_TEXT_MAX];
	json_t *list = json_array();
	int64_t at;
	bool utc;

	if (!next_slot(job, &at))
		return list;
	utc = zone_name_is_utc(schedule_zone_name(def->schedules[0]));
	for (; n > 0; n--) {
		json_array_append_new(list,
		    json_string(timestamp_format_offset(text, at / 1000,
			schedule_zone_offset(def->schedules[0], at / 1000),
			utc)));
		if (due_is_delay(job) || !due_after(job, at, &at))
			break;
	}
	return list;
}

/*
 * What may hold secrets is for the job alone. Values of environment-file are
 * not even known here.
 */
#define HIDDEN "(not shown)"

static void
add_key(void *arg, const char *key, const char *value)
{
	json_t *keys = arg, *old = json_object_get(keys, key);

	if (strcmp(key, "stdin") == 0)
		value = HIDDEN;

	/* A key that is given several times becomes a list. */
	if (old == NULL) {
		json_object_set_new(keys, key, json_text(value));
	} else if (json_is_array(old)) {
		json_array_append_new(old, json_text(value));
	} else {
		json_object_set_new(
		    keys, key, json_pack("[O, o]", old, json_text(value)));
	}
}

void
answer_job(struct master *m, struct ask *ask)
{
	struct job *job = answer_wanted_job(m, ask);
	json_t *json, *keys;

	if (job == NULL)
		return;
	json = answer_job_row(m, job);
	keys = json_object();
	job_def_each_key(job->def, add_key, keys);
	json_object_set_new(
	    json, job_def_kind_key(job->def), json_text(job->def->command));
	json_object_set_new(json, "keys", keys);
	json_object_set_new(json, "limits", answer_job_limits(m, job->def));
	json_object_set_new(json, "dependents", answer_dependents(m, job));
	json_object_set_new(json, "tree",
	    json_pack("{s:o, s:o}", "after", answer_tree(m, job, false),
		"dependents", answer_tree(m, job, true)));
	json_object_set_new(json, "next_fires",
	    fires(job, job->def->options->enabled ? FIRES_SHOWN : 0));
	json_object_set_new(json, "runs", answer_live(m, job, FIRES_MAX));
	answer_object(ask, 200, json);
}

void
answer_next(struct master *m, struct ask *ask)
{
	struct job *job = answer_wanted_job(m, ask);
	int64_t n;

	if (job == NULL ||
	    ask_arg_int(ask, "n", 1, FIRES_MAX, FIRES_SHOWN, &n) == -1)
		return;
	answer_object(ask, 200, fires(job, n));
}
