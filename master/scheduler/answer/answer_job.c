/* Answers about jobs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "scheduler/answer/answer.h"
#include "base/timestamp.h"
#include "scheduler/clock/due.h"
#include "json_text.h"
#include "scheduler/master.h"
#include "schedule/zone.h"

#define JOBS_DEFAULT 500
#define JOBS_MAX     1000
#define FIRES_SHOWN  5
#define FIRES_MAX    1000

static const char *
state_word(const struct master *m, const struct job *job)
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

static json_t *
job_json(const struct master *m, const struct job *job)
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
	    json_text(job_def_description(def)), "state", state_word(m, job),
	    "enabled", def->options->enabled, "schedule", texts, "timezone",
	    zone_of(def), "next", next_fire(job), "running", (int)job->active,
	    "queued", (int)job->queued, "last", answer_last(job),
	    "last_success", answer_time(job->last_success_ms), "failures",
	    (int)job->failures, "file", json_text(def->source->path), "line",
	    (int)def->line, "paused", answer_pause(pause_of(m, job)), "labels",
	    answer_words(o->labels), "owner", json_text_or_null(o->owner),
	    "after", answer_words(o->after));
}

/* A label has no characters that would need to be escaped but these. */
static void
next_page(struct strbuf *b, const char *after, const char *label, int64_t limit)
{
	strbuf_addf(b, "after=%s&limit=%lld", after, (long long)limit);
	if (label == NULL)
		return;
	strbuf_adds(b, "&label=");
	for (; *label != '\0'; label++)
		if (strchr("/:@+=", *label) != NULL)
			strbuf_addf(b, "%%%02X", (unsigned char)*label);
		else
			strbuf_addch(b, *label);
}

/* 0; -1: it cannot be one, and 400 was answered. */
static int
check_label(struct ask *ask, const char *label)
{
	if (label == NULL || job_is_label(label))
		return 0;
	answer_error(ask->channel, ask->id, 400, "bad_request",
	    "label: expected a label, such as nightly or team=data");
	return -1;
}

/* A page of jobs by name, those after the one that is named. */
void
answer_jobs(struct master *m, struct ask *ask)
{
	const char *after = ask_arg(ask, "after");
	const char *label = ask_arg(ask, "label");
	json_t *list = json_array();
	struct job **sorted;
	size_t n = 0, i;
	int64_t limit;
	struct strbuf next = STRBUF_INIT;
	char *text;

	if (ask_arg_int(ask, "limit", 1, JOBS_MAX, JOBS_DEFAULT, &limit) ==
		-1 ||
	    check_label(ask, label) == -1) {
		json_decref(list);
		return;
	}
	sorted = jobs_sorted(&m->jobs);
	for (i = 0; i < m->jobs.n && after != NULL; i++)
		if (strcmp(sorted[i]->name, after) > 0)
			break;
	for (; i < m->jobs.n && n < (size_t)limit; i++) {
		if (label != NULL && !job_def_has_label(sorted[i]->def, label))
			continue;
		json_array_append_new(list, job_json(m, sorted[i]));
		n++;
	}
	if (i < m->jobs.n && n > 0)
		next_page(&next, sorted[i - 1]->name, label, limit);
	text = json_dumps(list, JSON_COMPACT);
	answer_begin(ask->channel, ask->id, 200, "application/json");
	answer_data(ask->channel, ask->id, text, strlen(text));
	answer_end(ask->channel, ask->id, strbuf_str(&next));
	strbuf_fini(&next);
	free(text);
	json_decref(list);
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
	json = job_json(m, job);
	keys = json_object();
	job_def_each_key(job->def, add_key, keys);
	json_object_set_new(
	    json, job_def_kind_key(job->def), json_text(job->def->command));
	json_object_set_new(json, "keys", keys);
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
