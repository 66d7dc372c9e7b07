#include "scheduler/jobs/retries.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "scheduler/master.h"

void
retry_add(struct master *m, struct job *job, const struct record_retry *record)
{
	struct retry *retry = xcalloc(1, sizeof(*retry));

	retry->timer.kind = TIMER_RETRY;
	retry->job = job;
	snprintf(retry->run, sizeof(retry->run), "%s", record->run);
	retry->slot_ms = record->slot_ms;
	retry->attempt = record->attempt;
	retry->due_ms = record->due_ms;
	snprintf(retry->chain, sizeof(retry->chain), "%s", record->chain);
	snprintf(retry->parent, sizeof(retry->parent), "%s", record->parent);
	if (*record->params != '\0')
		retry->params = xstrdup(record->params);
	if (*record->parents != '\0')
		retry->parents = xstrdup(record->parents);
	retry->next = job->retries;
	job->retries = retry;
	heap_set(&m->heap, &retry->timer, retry->due_ms);
}

void
retry_free(struct master *m, struct retry *retry)
{
	struct retry **p;

	heap_remove(&m->heap, &retry->timer);
	for (p = &retry->job->retries; *p != retry; p = &(*p)->next)
		;
	*p = retry->next;
	free(retry->params);
	free(retry->parents);
	free(retry);
}

/* A second end of the run that failed changes nothing but this (store.h). */
void
retry_withdraw_record(struct master *m, const struct record_retry *record)
{
	struct record_end end = {
	    .begin =
		{
		    .slot_ms = record->slot_ms,
		    .attempt = record->attempt - 1,
		    .trigger = TRIGGER_RETRY,
		},
	    .result.outcome = OUTCOME_FAILURE,
	};

	snprintf(end.begin.id, sizeof(end.begin.id), "%s", record->run);
	snprintf(end.begin.job, sizeof(end.begin.job), "%s", record->job);
	outbox_end(m, &end, -1);
}

void
retry_withdraw(struct master *m, struct retry *retry)
{
	const struct record_retry record = {
	    .run = retry->run,
	    .job = retry->job->name,
	    .slot_ms = retry->slot_ms,
	    .attempt = retry->attempt,
	};

	retry_withdraw_record(m, &record);
	retry_free(m, retry);
}
