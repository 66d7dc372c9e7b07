#include "scheduler/answer/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "base/version.h"
#include "config/quote.h"
#include "json_text.h"
#include "scheduler/crontab/answer.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"
#include "scheduler/runs/params.h"

/* Live runs in a status: what a person can look at. */
#define LIVE_MAX       200
#define PROBLEMS_MAX   200
/* Of the waiting line. */
#define LINE_MAX_SHOWN 20
/* Names that are looked at for the one that was meant. */
#define GUESSES_MAX    10000

void
answer_object(struct ask *ask, int status, json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		answer_error(ask->channel, ask->id, 500, "internal",
		    "the answer is no valid text");
	else
		answer_json(ask->channel, ask->id, status, text);
	free(text);
	json_decref(json);
}

json_t *
answer_time(int64_t ms)
{
	char text[TIMESTAMP_TEXT_MAX];

	if (ms == 0)
		return json_null();
	return json_string(timestamp_format_ms(text, ms));
}

/* The head of the waiting line. */
static json_t *
waiting_line(const struct master *m)
{
	int64_t now_ms = clock_ms();
	json_t *list = json_array();
	struct launch_walk walk;
	const struct run *run;

	launch_walk_init(&walk, &m->launch);
	for (size_t n = 0;
	     n < LINE_MAX_SHOWN && (run = launch_walk_next(&walk)) != NULL; n++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:i, s:o, s:I, s:s?}", "id",
			run->begin.id, "job", run->begin.job, "priority",
			(int)run->priority, "due",
			answer_time(run->begin.due_ms), "waits_ms",
			(json_int_t)(now_ms - run->begin.due_ms), "waits_for",
			run->waits_for));
	return list;
}

/* The library launcher is the only one of its kind, so it has no number. */
static json_t *
process(const struct process_info *p)
{
	bool is_library =
	    p->role == ROLE_LAUNCHER && p->index == LAUNCHER_LIBRARY;

	return json_pack("{s:s, s:i, s:i, s:i}", "role",
	    is_library ? "library-launcher" : role_name(p->role), "index",
	    is_library ? 0 : (int)p->index, "pid", (int)p->pid, "restarts",
	    (int)p->restarts);
}

static json_t *
processes(const struct master *m)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < m->nprocesses; i++)
		json_array_append_new(list, process(&m->processes[i]));
	return list;
}

static json_t *
problems(const struct master *m)
{
	json_t *list = json_array();
	size_t n = m->jobs.set != NULL ? job_set_problem_count(m->jobs.set) : 0;

	for (size_t i = 0; i < n && i < PROBLEMS_MAX; i++) {
		const struct job_problem *p = job_set_problem(m->jobs.set, i);

		json_array_append_new(list,
		    json_pack("{s:o, s:i, s:o, s:o, s:b}", "file",
			json_text(p->file), "line", (int)p->line, "job",
			json_text(p->job), "text", json_text(p->text), "error",
			p->is_error));
	}
	return list;
}

/* Whose time a timer of the heap is. */
static const struct job *
job_of_timer(const struct timer *timer)
{
	switch ((enum timer_kind)timer->kind) {
	case TIMER_JOB:
		return (const struct job *)timer;
	case TIMER_RETRY:
		return ((const struct retry *)timer)->job;
	case TIMER_RUN:
		return ((const struct run *)timer)->job;
	case TIMER_PAUSE:
	case TIMER_QUEUE:
		break;
	}
	return NULL;
}

/* Does something of a job start by it, as far as is known? */
static bool
starts_job(const struct timer *timer)
{
	return timer->kind != TIMER_PAUSE && timer->kind != TIMER_QUEUE;
}

/* The earliest that starts something; the end of a pause may come first. */
static const struct timer *
first_start(const struct heap *heap, int64_t *at_r)
{
	const struct timer *first = heap_min(heap, at_r);

	if (first == NULL || starts_job(first))
		return first;
	first = NULL;
	for (size_t i = 0; i < heap->n; i++) {
		const struct heap_entry *e = &heap->entries[i];

		if (!starts_job(e->timer) || (first != NULL && e->at >= *at_r))
			continue;
		first = e->timer;
		*at_r = e->at;
	}
	return first;
}

/* What starts next by itself: a slot, a retry or a run that is delayed. Once
 * it drains nothing does. */
static json_t *
next_slot(const struct master *m)
{
	const struct job *job;
	const struct timer *timer;
	int64_t at;

	timer = first_start(&m->heap, &at);
	job = timer != NULL ? job_of_timer(timer) : NULL;
	if (job == NULL || m->phase == MASTER_DRAINING)
		return json_null();
	return json_pack(
	    "{s:s, s:o}", "job", job->name, "slot", answer_time(at));
}

static const char *
upgrade_word(enum upgrade_state state)
{
	switch (state) {
	case UPGRADE_TESTING:
	case UPGRADE_REPLACING:
		return "going on";
	case UPGRADE_DONE:
		return "done";
	case UPGRADE_FAILED:
	case UPGRADE_NONE:
		break;
	}
	return "failed";
}

/* The last one since the daemon was started, or null. */
static json_t *
upgrade(const struct upgrade_info *u)
{
	if (u->attempt == 0)
		return json_null();
	return json_pack("{s:i, s:s, s:s, s:o}", "attempt", (int)u->attempt,
	    "state", upgrade_word(u->state), "from", u->from, "error",
	    u->error[0] != '\0' ? json_text(u->error) : json_null());
}

static void
answer_status(struct master *m, struct ask *ask)
{
	bool is_sqlite = m->config->store_type == STORE_SQLITE;
	const struct runs *runs = &m->runs;
	size_t enabled = 0;
	json_t *status;

	for (size_t i = 0; i < m->jobs.n; i++)
		enabled += m->jobs.all[i]->def->options->enabled != 0;
	status = json_pack("{s:s, s:o, s:i, s:s, s:o, s:I, s:I, s:I, s:I, "
			   "s:I, s:o, s:o, s:{s:s, s:o, s:I}, s:o, s:o, s:o, "
			   "s:I, s:o, s:o, s:o, s:o}",
	    "version", belfry_version(), "node",
	    json_text(m->config->node_name), "pid", (int)m->guardian_pid,
	    "state", m->phase == MASTER_DRAINING ? "draining" : "running",
	    "started", answer_time(m->started_ms), "jobs",
	    (json_int_t)m->jobs.n, "enabled", (json_int_t)enabled, "running",
	    (json_int_t)(runs->count[RUN_RUNNING] + runs->count[RUN_LAUNCHING]),
	    "waiting",
	    (json_int_t)(runs->count[RUN_DELAYED] + runs->count[RUN_WAITING]),
	    "queued", (json_int_t)runs->count[RUN_QUEUED], "next", next_slot(m),
	    "processes", processes(m), "store", "type",
	    is_sqlite ? "sqlite" : "postgres", "path",
	    is_sqlite ? json_text(m->config->store_path) : json_null(),
	    "unconfirmed", (json_int_t)m->outbox.n, "problems", problems(m),
	    "runs", answer_live(m, NULL, LIVE_MAX), "paused",
	    answer_pause(m->pauses.all), "paused_jobs", (json_int_t)m->pauses.n,
	    "line", waiting_line(m), "cluster", member_status(m), "upgrade",
	    upgrade(&m->upgrade), "limits", answer_limits(m));
	json_object_set_new(status, "queues", queue_status(m));
	answer_object(ask, 200, status);
}

/* The error for which a job of this name was left out, or NULL. */
static const struct job_problem *
find_error(const struct master *m, const char *name)
{
	size_t n = m->jobs.set != NULL ? job_set_problem_count(m->jobs.set) : 0;

	for (size_t i = 0; i < n && i < GUESSES_MAX; i++) {
		const struct job_problem *p = job_set_problem(m->jobs.set, i);

		if (p->is_error && strcmp(p->job, name) == 0)
			return p;
	}
	return NULL;
}

/* What follows when there is none of that name. Of many jobs not all are seen. */
static const char *
guess_job(const struct master *m, const char *name, char buf[QUOTE_SIZE])
{
	struct suggest s;

	suggest_init(&s, name != NULL ? name : "");
	for (size_t i = 0; i < m->jobs.n && i < GUESSES_MAX; i++)
		suggest_try(&s, m->jobs.all[i]->name);
	if (s.best == NULL)
		return "; a new one is known after \"belfry reload\"";
	return suggest_text(buf, &s);
}

struct job *
answer_wanted_job(struct master *m, struct ask *ask)
{
	const char *name = ask_arg(ask, "job");
	struct job *job = name != NULL ? jobs_find(&m->jobs, name) : NULL;
	const struct job_problem *error;
	char guess[QUOTE_SIZE];

	if (job != NULL)
		return job;
	error = name != NULL ? find_error(m, name) : NULL;
	if (error != NULL)
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "there is no job \"%s\"; it has an error: %s:%u: %s", name,
		    error->file, error->line, error->text);
	else
		answer_error(ask->channel, ask->id, 404, "not_found",
		    "there is no job \"%s\"%s", name != NULL ? name : "",
		    guess_job(m, name, guess));
	return NULL;
}

static void
answer_run(struct master *m, struct ask *ask)
{
	const char *params = ask_arg(ask, "params");
	const char *node = ask_arg(ask, "host");
	struct err err = {""};
	struct run *run;
	struct job *job;

	if (node != NULL &&
	    member_run_elsewhere(
		m, ask, node, ask_arg(ask, "job"), ask_arg(ask, "params"))) {
		answer_audit(m, ask, ask_arg(ask, "job"), NULL,
		    json_pack("{s:s}", "host", node));
		return;
	}
	job = answer_wanted_job(m, ask);
	if (job == NULL)
		return;
	if (params != NULL &&
	    (params_check(params, &err) == -1 ||
		plugins_check_params(m, job, params, &err) == -1)) {
		answer_error(
		    ask->channel, ask->id, 400, "bad_request", "%s", err.text);
		return;
	}
	run = fire_manual(m, job, params, &err);
	if (run == NULL) {
		answer_error(
		    ask->channel, ask->id, 409, "refused", "%s", err.text);
		return;
	}
	log_info("job %s: run=%s asked for by %s", job->name, run->begin.id,
	    ask->who);
	answer_audit(
	    m, ask, job->name, NULL, json_pack("{s:s}", "run", run->begin.id));
	answer_object(ask, 202,
	    json_pack("{s:s, s:s, s:o}", "run", run->begin.id, "job", job->name,
		"slot", answer_time(run->begin.slot_ms)));
	/* After its last use: what cannot be launched ends at once. */
	launch_pump(m);
}

static void
answer_reload_ask(struct master *m, struct ask *ask)
{
	if (m->phase != MASTER_RUNNING) {
		answer_error(ask->channel, ask->id, 409, "refused",
		    "the daemon is draining");
		return;
	}
	log_info("reload asked for by %s", ask->who);
	array_reserve(&m->reloaders, &m->reloaders_cap, m->nreloaders + 1,
	    sizeof(*m->reloaders));
	m->reloaders[m->nreloaders++] = ask->id;
	answer_audit_reload(m, ask);
	channel_send(m->role->guardian, MSG_RELOAD_ASK, 0, NULL, -1);
}

static json_t *
answer_phase(const struct master *m)
{
	return json_string(
	    m->phase == MASTER_DRAINING ? "draining" : "running");
}

static void
answer_drain(struct master *m, struct ask *ask)
{
	log_info("drain asked for by %s", ask->who);
	if (m->phase == MASTER_RUNNING)
		answer_audit(
		    m, ask, "", answer_phase(m), json_string("draining"));
	channel_send(m->role->guardian, MSG_DRAIN_ASK, 0, NULL, -1);
	answer_json(ask->channel, ask->id, 202, "{\"state\":\"draining\"}");
}

/* How it comes out is in the status of who is there then. */
static void
answer_upgrade(struct master *m, struct ask *ask)
{
	if (m->phase != MASTER_RUNNING) {
		answer_error(ask->channel, ask->id, 409, "refused",
		    "the daemon is draining");
		return;
	}
	log_info("upgrade asked for by %s", ask->who);
	answer_audit(m, ask, "", json_string(belfry_version()), NULL);
	channel_send(m->role->guardian, MSG_UPGRADE_ASK, 0, NULL, -1);
	answer_json(ask->channel, ask->id, 202, "{\"state\":\"going on\"}");
}

static json_t *
names(char *const *list, size_t n)
{
	json_t *json = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(json, json_string(list[i]));
	return json;
}

void
answer_reload(
    struct master *m, const struct jobs_change *change, const char *problem)
{
	json_t *json, *list;
	char *text;

	if (m->nreloaders == 0)
		return;
	list = problems(m);
	if (problem != NULL)
		json_array_insert_new(list, 0,
		    json_pack("{s:o, s:i, s:s, s:o, s:b}", "file",
			json_text(m->config->path), "line", 0, "job", "",
			"text", json_text(problem), "error", 1));
	json = json_pack("{s:o, s:o, s:o, s:o}", "added",
	    names(change->added, change->nadded), "removed",
	    names(change->removed, change->nremoved), "changed",
	    names(change->changed, change->nchanged), "problems", list);
	text = json_dumps(json, JSON_COMPACT);
	for (size_t i = 0; i < m->nreloaders; i++)
		if (m->api != NULL && text != NULL)
			answer_json(m->api, m->reloaders[i], 200, text);
	m->nreloaders = 0;
	free(text);
	json_decref(json);
}

static const struct {
	const char *verb;
	void (*answer)(struct master *m, struct ask *ask);
} verbs[] = {
    {"status", answer_status},
    {"jobs", answer_jobs},
    {"job", answer_job},
    {"next", answer_next},
    {"overview", answer_overview},
    {"graph", answer_graph},
    {"metrics", metrics_answer},
    {"events", events_answer},
    {"nodes", member_answer_nodes},
    {"run", answer_run},
    {"kill", answer_kill},
    {"pause", answer_pause_ask},
    {"resume", answer_resume_ask},
    {"pause-all", answer_pause_ask},
    {"resume-all", answer_resume_ask},
    {"notify-test", notify_answer_test},
    {"crontab", answer_crontab},
    {"crontab-install", answer_crontab_install},
    {"crontab-remove", answer_crontab_remove},
    {"reload", answer_reload_ask},
    {"drain", answer_drain},
    {"upgrade", answer_upgrade},
    {"submit", queue_answer_submit},
};

int
answer_handle(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct master *m = arg;
	struct ask ask;

	if (ask_decode(&ask, channel, message) == -1)
		return err_set(err, "malformed");
	if (m->phase < MASTER_RUNNING) {
		answer_error(channel, ask.id, 503, "unavailable",
		    "the master is starting; try again in a moment");
		return 0;
	}
	for (size_t i = 0; i < nitems(verbs); i++) {
		if (strcmp(verbs[i].verb, ask.verb) != 0)
			continue;
		verbs[i].answer(m, &ask);
		return 0;
	}
	answer_error(channel, ask.id, 404, "not_found",
	    "the master does not know \"%s\"", ask.verb);
	return 0;
}

int
answer_cancel(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct master *m = arg;

	/* Only these take longer than this turn. */
	member_cancel_ask(m, message->id);
	notify_cancel_test(m, message->id);
	queue_cancel_ask(m, message->id);
	events_cancel(m, message->id);
	for (size_t i = 0; i < m->nreloaders; i++)
		if (m->reloaders[i] == message->id)
			m->reloaders[i] = m->reloaders[--m->nreloaders];
	return 0;
}
