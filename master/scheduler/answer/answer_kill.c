/* The end of a run, or of a retry that waits, by its id or by its job. */
#include <string.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* Ids that are named when it is not clear which one is meant. */
#define NAMED_MAX 10

static void
kill_one(struct master *m, struct ask *ask, struct run *run)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "run", run->begin.id, "job",
	    run->begin.job, "what", "run");

	log_info("job %s: run=%s to be killed by %s", run->begin.job,
	    run->begin.id, ask->who);
	answer_audit(m, ask, run->begin.id,
	    json_pack("{s:s, s:s}", "job", run->begin.job, "what", "run"),
	    NULL);
	run_kill(run, KILL_OPERATOR);
	answer_object(ask, 202, json);
}

/* The run that failed stays as it is; it just is not tried again. */
static void
cancel_retry(struct master *m, struct ask *ask, struct retry *retry)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "run", retry->run, "job",
	    retry->job->name, "what", "retry");

	log_info("job %s: retry of run=%s cancelled by %s", retry->job->name,
	    retry->run, ask->who);
	answer_audit(m, ask, retry->run,
	    json_pack("{s:s, s:s}", "job", retry->job->name, "what", "retry"),
	    NULL);
	retry_withdraw(m, retry);
	answer_object(ask, 202, json);
}

static struct retry *
find_retry(const struct master *m, const char *id)
{
	for (size_t i = 0; i < m->heap.n; i++) {
		struct timer *timer = m->heap.entries[i].timer;

		if (timer->kind == TIMER_RETRY &&
		    strcmp(((struct retry *)timer)->run, id) == 0)
			return (struct retry *)timer;
	}
	return NULL;
}

static void
add_name(struct strbuf *names, size_t n, const char *id, const char *what)
{
	if (n <= NAMED_MAX)
		strbuf_addf(names, "%s%s%s", n > 1 ? ", " : "", id, what);
	else if (n == NAMED_MAX + 1)
		strbuf_adds(names, " ...");
}

/* One that is in progress is meant; of several, none. */
static void
kill_of_job(struct master *m, struct ask *ask, struct job *job)
{
	struct strbuf names = STRBUF_INIT;
	struct retry *retry;
	struct run *run, *one = NULL;
	size_t n = 0;

	for (run = job->runs; run != NULL; run = run->next) {
		if (run->state == RUN_STAGED) /* not ours yet */
			continue;
		add_name(&names, ++n, run->begin.id, "");
		one = run;
	}
	for (retry = job->retries; retry != NULL; retry = retry->next)
		add_name(&names, ++n, retry->run, " (waits for its retry)");
	if (n == 0)
		answer_error(ask->channel, ask->id, 409, "refused",
		    "job %s has no run in progress", job->name);
	else if (n > 1)
		answer_error(ask->channel, ask->id, 409, "refused",
		    "job %s has %zu runs in progress, name one of them: %s",
		    job->name, n, strbuf_str(&names));
	else if (one != NULL)
		kill_one(m, ask, one);
	else
		cancel_retry(m, ask, job->retries);
	strbuf_fini(&names);
}

void
answer_kill(struct master *m, struct ask *ask)
{
	const char *id = ask_arg(ask, "run");
	struct run *run;
	struct retry *retry;
	struct job *job;

	if (id == NULL)
		id = "";
	if ((run = runs_find(&m->runs, id)) != NULL && run->state != RUN_STAGED)
		kill_one(m, ask, run);
	else if ((retry = find_retry(m, id)) != NULL)
		cancel_retry(m, ask, retry);
	else if ((job = jobs_find(&m->jobs, id)) != NULL)
		kill_of_job(m, ask, job);
	else if (member_kill_elsewhere(m, ask, id))
		answer_audit(m, ask, id, NULL, NULL);
	else
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "no run \"%s\" is in progress", id);
}
