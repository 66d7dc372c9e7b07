/* Pauses that people ask for. */
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* A reason is one line that people read. */
#define REASON_MAX 256

json_t *
answer_pause(const struct pause *pause)
{
	const struct record_pause *r;

	if (pause == NULL)
		return json_null();
	r = &pause->record;
	return json_pack("{s:s, s:s, s:o, s:o, s:b}", "who", r->who, "reason",
	    r->reason, "since", answer_time(r->since_ms), "until",
	    answer_time(r->until_ms), "all", strcmp(r->job, PAUSE_ALL) == 0);
}

/* The name to pause or resume; NULL: answered. */
static const char *
wanted(struct master *m, struct ask *ask)
{
	struct job *job;

	if (strcmp(ask->verb, "pause-all") == 0 ||
	    strcmp(ask->verb, "resume-all") == 0)
		return PAUSE_ALL;
	job = answer_wanted_job(m, ask);
	return job != NULL ? job->name : NULL;
}

/* What holds for it now. */
static void
answer_now(struct master *m, struct ask *ask, const char *name)
{
	const struct job *job = jobs_find(&m->jobs, name);
	const struct pause *pause =
	    job != NULL ? pause_of(m, job) : m->pauses.all;

	answer_object(ask, 200,
	    json_pack("{s:s?, s:o}", "job", job != NULL ? name : NULL, "paused",
		answer_pause(pause)));
}

/* "" when it is about all. */
static const char *
object_of(const char *name)
{
	return strcmp(name, PAUSE_ALL) == 0 ? "" : name;
}

static int
take_until(struct ask *ask, int64_t *until_r)
{
	const char *text = ask_arg(ask, "until");
	struct err err;

	*until_r = 0;
	if (text == NULL)
		return 0;
	if (timestamp_parse_ms(text, until_r, &err) == -1) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "until: %s", err.text);
		return -1;
	}
	if (*until_r <= clock_ms()) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "until %s has passed", text);
		return -1;
	}
	return 0;
}

/* False: it was answered that the reason is no line of text. */
static bool
check_reason(struct ask *ask, const char *reason)
{
	if (strlen(reason) <= REASON_MAX && strpbrk(reason, "\r\n") == NULL)
		return true;
	answer_error(ask->channel, ask->id, 400, "bad_request",
	    "a reason is one line of at most %d bytes", REASON_MAX);
	return false;
}

void
answer_pause_ask(struct master *m, struct ask *ask)
{
	const char *reason = ask_arg(ask, "reason");
	struct record_pause record = {
	    .job = wanted(m, ask),
	    .on = true,
	    .who = ask->who,
	    .reason = reason != NULL ? reason : "",
	    .since_ms = clock_ms(),
	};

	json_t *was;

	if (record.job == NULL || !check_reason(ask, record.reason) ||
	    take_until(ask, &record.until_ms) == -1)
		return;
	log_info("%s: paused by %s%s%s", record.job, ask->who,
	    record.reason[0] != '\0' ? ": " : "", record.reason);
	was = answer_pause(pause_find(m, record.job));
	pause_begin(m, &record, true);
	answer_audit(m, ask, object_of(record.job), was,
	    answer_pause(pause_find(m, record.job)));
	member_pause_all_hosts(m, &record);
	master_arm(m);
	answer_now(m, ask, record.job);
}

void
answer_resume_ask(struct master *m, struct ask *ask)
{
	const char *name = wanted(m, ask);
	struct pause *pause;

	if (name == NULL)
		return;
	pause = pause_find(m, name);
	if (pause != NULL) {
		log_info("%s: resumed by %s", name, ask->who);
		answer_audit(
		    m, ask, object_of(name), answer_pause(pause), json_null());
		pause_end(m, pause);
		member_pause_all_hosts(m, &(struct record_pause){.job = name});
		launch_pump(m);
	}
	answer_now(m, ask, name);
}
