/*
 * The audit log: who changed what by hand, from where, and how it was before.
 * An entry goes to the recorder as runs do, and is not lost with it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"
#include "run/run_bound.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"

/* Of the jobs that a reload changed so many are named. */
#define NAMES_MAX 30
/* More than a record holds is left out. */
#define VALUE_MAX 12000

/* Takes json over; NULL is "". The caller frees it. */
static char *
text_of(json_t *json)
{
	char *text = json != NULL ?
	    json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY) :
	    NULL;

	json_decref(json);
	if (text != NULL && strlen(text) > VALUE_MAX) {
		free(text);
		text = NULL;
	}
	return text != NULL ? text : xstrdup("");
}

static void
find_forget(const struct master *m, int64_t now, char forget_r[RUN_ID_SIZE])
{
	int64_t keep = m->config->keep_audit_ms;

	forget_r[0] = '\0';
	if (keep > 0 && now > keep)
		run_bound(now - keep, forget_r);
}

/* Adds what only we know: an id, the host, and what is too old. */
static void
record(struct master *m, struct record_audit *audit)
{
	char id[RUN_ID_SIZE], forget[RUN_ID_SIZE];

	run_id_make(&m->ids, audit->at_ms, 0, id);
	find_forget(m, audit->at_ms, forget);
	audit->id = id;
	audit->host = m->config->node_name;
	audit->forget = forget;
	outbox_audit(m, audit);
}

void
answer_audit_late(struct master *m, const struct audit_asker *asker,
    const char *action, const char *object, json_t *was, json_t *became)
{
	char *before = text_of(was), *after = text_of(became);
	struct record_audit audit = {
	    .at_ms = clock_ms(),
	    .who = asker->who,
	    .from = asker->from,
	    .action = action,
	    .object = object,
	    .was = before,
	    .became = after,
	};

	record(m, &audit);
	free(before);
	free(after);
}

int
answer_audit_told(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct master *m = arg;
	struct record_audit audit;

	if (record_audit_decode(&audit, &message->body) == -1)
		return err_set(err, "malformed");
	record(m, &audit);
	return 0;
}

struct audit_asker
answer_audit_asker(const struct ask *ask)
{
	struct audit_asker asker;

	snprintf(asker.who, sizeof(asker.who), "%s", ask->who);
	snprintf(asker.from, sizeof(asker.from), "%s", ask->from);
	return asker;
}

void
answer_audit(struct master *m, const struct ask *ask, const char *object,
    json_t *was, json_t *became)
{
	const struct audit_asker asker = answer_audit_asker(ask);

	answer_audit_late(m, &asker, ask->verb, object, was, became);
}

void
answer_audit_reload(struct master *m, const struct ask *ask)
{
	array_reserve(&m->reload_askers, &m->reload_askers_cap,
	    m->nreload_askers + 1, sizeof(*m->reload_askers));
	m->reload_askers[m->nreload_askers++] = answer_audit_asker(ask);
}

static json_t *
some_names(char *const *list, size_t n)
{
	json_t *json = json_array();

	for (size_t i = 0; i < n && i < NAMES_MAX; i++)
		json_array_append_new(json, json_text(list[i]));
	if (n > NAMES_MAX)
		json_array_append_new(json, json_string("..."));
	return json;
}

/* The first error of the job files, and how many more there are. */
static char *
errors_of(const struct jobs *jobs)
{
	size_t errors = jobs_errors(jobs), i = 0;
	const struct job_problem *first;
	char more[40] = "";

	if (errors == 0)
		return NULL;
	while (!job_set_problem(jobs->set, i)->is_error)
		i++;
	first = job_set_problem(jobs->set, i);
	if (errors > 1)
		snprintf(more, sizeof(more), "; and %zu more error%s",
		    errors - 1, errors > 2 ? "s" : "");
	if (first->line == 0)
		return xasprintf("%s: %s%s", first->file, first->text, more);
	return xasprintf("%s:%" PRIu32 ": %s%s", first->file, first->line,
	    first->text, more);
}

static void
record_reload(struct master *m, const struct audit_asker *asker,
    const struct jobs_change *change, const char *problem)
{
	size_t before = m->jobs.n - change->nadded + change->nremoved;

	answer_audit_late(m, asker, "reload", "",
	    json_pack("{s:I}", "jobs", (json_int_t)before),
	    json_pack("{s:I, s:o, s:o, s:o, s:o}", "jobs",
		(json_int_t)m->jobs.n, "added",
		some_names(change->added, change->nadded), "removed",
		some_names(change->removed, change->nremoved), "changed",
		some_names(change->changed, change->nchanged), "problem",
		json_text_or_null(problem != NULL ? problem : "")));
}

void
answer_audit_reloaded(
    struct master *m, const struct jobs_change *change, const char *problem)
{
	static const struct audit_asker nobody = {"unknown", "signal"};
	char *errors = problem == NULL ? errors_of(&m->jobs) : NULL;
	const char *why = problem != NULL ? problem : errors;

	if (m->nreload_askers == 0)
		record_reload(m, &nobody, change, why);
	for (size_t i = 0; i < m->nreload_askers; i++)
		record_reload(m, &m->reload_askers[i], change, why);
	m->nreload_askers = 0;
	free(errors);
}
