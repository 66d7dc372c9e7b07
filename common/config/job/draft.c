#include "config/job/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/quote.h"

void
job_draft_init(struct job_draft *draft)
{
	struct err err;

	memset(draft, 0, sizeof(*draft));
	draft->description = "";
	draft->options.timezone = "";
	draft->options.user = "";
	draft->options.group = "";
	draft->options.directory = "";
	draft->options.environment = "";
	draft->options.environment_file = "";
	draft->options.start_at = "";
	draft->options.end_at = "";
	draft->options.calendar_name = "";
	draft->options.after = "";
	draft->options.labels = "";
	draft->options.uses = "";
	draft->options.owner = "";
	draft->options.notify = "";
	draft->options.ping_start = "";
	draft->options.ping_success = "";
	draft->options.ping_failure = "";
	draft->options.queue = "";
	draft->options.settings = "";
	draft->options.start_s = INT64_MIN;
	draft->options.end_s = INT64_MAX;
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		if (k->fallback != NULL && k->setting == NULL &&
		    k->type->parse(draft, k, k->fallback, 0, &err) == -1)
			fatalx("default of %s: %s", k->name, err.text);
}

void
job_draft_begin(struct job_draft *draft, const struct job_defaults *defaults)
{
	const struct job_draft *from = &defaults->draft;

	draft->options = from->options;
	draft->command = from->command;
	draft->description = from->description;
	array_reserve(&draft->schedules, &draft->cap, from->nschedules,
	    sizeof(*draft->schedules));
	for (size_t i = 0; i < from->nschedules; i++) {
		draft->schedules[i].text = from->schedules[i].text;
		draft->schedules[i].line = 0; /* not of this file */
	}
	draft->nschedules = from->nschedules;
	memset(draft->lines, 0, sizeof(draft->lines));
	draft->nown = 0;
	draft->is_job = true;
}

/* Of a job with a plugin, or one that may still turn out to have one. */
static bool
may_have_own(const struct job_draft *draft)
{
	return draft->is_job && job_draft_line(draft, "command") == 0 &&
	    job_draft_line(draft, "http") == 0 &&
	    job_draft_line(draft, "sql") == 0;
}

/* What "belfry show" masks is in no message either: those are logged. */
static bool
may_be_secret(const struct job_key *key, const char *value)
{
	if (key->setting != NULL)
		return key->setting->mask != NULL;
	if (strcmp(key->name, "http") == 0)
		return strchr(value, '@') != NULL; /* a password in the URL */
	return strcmp(key->name, "stdin") == 0 || key->type == &job_type_ping;
}

int
job_draft_set(struct job_draft *draft, const char *name, const char *value,
    uint32_t line, struct err *err)
{
	const struct job_key *key = job_key_find(name, err);
	char quoted[QUOTE_SIZE];
	uint32_t *seen;

	if (key == NULL && may_have_own(draft))
		return job_own_keep(draft, name, value, line, err);
	if (key == NULL)
		return -1;
	seen = &draft->lines[key - job_keys];
	if (*seen != 0 && !key->type->several)
		return err_set(err,
		    "%s is given twice; the first is in line "
		    "%u",
		    name, *seen);
	if (key->type->parse(draft, key, value, line, err) == -1) {
		quote_explain(value, err);
		if (*value == '\0' || may_be_secret(key, value))
			err_prefix(err, "%s", name);
		else
			err_prefix(err, "%s %s", name, quote(quoted, value));
		if (*seen == 0 && !key->type->several)
			*seen = line;
		return -1;
	}
	if (*seen == 0)
		*seen = line;
	return 0;
}

void
job_draft_fini(struct job_draft *draft)
{
	free(draft->schedules);
	strbuf_fini(&draft->environment);
	strbuf_fini(&draft->settings);
	strbuf_fini(&draft->stdin_text);
	strbuf_fini(&draft->after);
	strbuf_fini(&draft->labels);
	strbuf_fini(&draft->uses);
	strbuf_fini(&draft->notify);
}

uint32_t
job_draft_line(const struct job_draft *draft, const char *name)
{
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return draft->lines[k - job_keys];
	return 0;
}

static bool
has_retries(const struct job_draft *draft)
{
	return draft->options.retries > 0;
}

static bool
catches_all_up(const struct job_draft *draft)
{
	return draft->options.catch_up == JOB_CATCH_UP_ALL;
}

static bool
may_pile_up(const struct job_draft *draft)
{
	return draft->options.overlap != JOB_OVERLAP_SKIP &&
	    draft->options.overlap != JOB_OVERLAP_REPLACE;
}

static bool
has_parents(const struct job_draft *draft)
{
	return *draft->options.after != '\0';
}

static bool
has_schedule(const struct job_draft *draft)
{
	/* A plugin may bring one of its own. */
	return draft->nschedules > 0 || draft->options.kind == KIND_PLUGIN;
}

static bool
runs_by_itself(const struct job_draft *draft)
{
	return has_schedule(draft) || has_parents(draft);
}

static bool
keeps_output(const struct job_draft *draft)
{
	return draft->options.output != JOB_OUTPUT_NONE;
}

static bool
tells_somebody(const struct job_draft *draft)
{
	return *draft->options.notify != '\0';
}

static bool
tells_of_failures(const struct job_draft *draft)
{
	return tells_somebody(draft) &&
	    (draft->options.notify_on & (JOB_EVENT_FAILURE | JOB_EVENT_LOST)) !=
	    0;
}

static bool
tells_if_late(const struct job_draft *draft)
{
	return tells_somebody(draft) &&
	    (draft->options.notify_on & JOB_EVENT_LATE) != 0;
}

static bool
tells_if_too_long(const struct job_draft *draft)
{
	return tells_somebody(draft) &&
	    (draft->options.notify_on & JOB_EVENT_TOO_LONG) != 0;
}

/* What a key needs to have any effect. */
static const struct {
	const char *key;
	bool (*has_effect)(const struct job_draft *draft);
	const char *why;
} effects[] = {
    {"retry-delay", has_retries, "without retries"},
    {"retry-backoff", has_retries, "without retries"},
    {"retry-max-delay", has_retries, "without retries"},
    {"retry-codes", has_retries, "without retries"},
    {"catch-up-limit", catches_all_up, "without catch-up = all"},
    {"overlap-limit", may_pile_up, "with overlap = skip or replace"},
    {"after-when", has_parents, "without after"},
    {"after-join", has_parents, "without after"},
    {"catch-up", has_schedule, "without a schedule"},
    {"start-deadline", has_schedule, "without a schedule"},
    {"start-at", has_schedule, "without a schedule"},
    {"end-at", has_schedule, "without a schedule"},
    {"calendar", has_schedule, "without a schedule"},
    {"dialect", has_schedule, "without a schedule"},
    {"day-match", has_schedule, "without a schedule"},
    {"dst-gap", has_schedule, "without a schedule"},
    {"dst-overlap", has_schedule, "without a schedule"},
    {"jitter", runs_by_itself, "without schedule and after"},
    {"output-limit", keeps_output, "with output = none"},
    {"notify-on", tells_somebody, "without notify"},
    {"notify-repeat", tells_of_failures,
	"without notify, and failure among notify-on"},
    {"notify-late", tells_if_late, "without notify, and late among notify-on"},
    {"notify-too-long", tells_if_too_long,
	"without notify, and too-long among notify-on"},
};

void
job_draft_idle_keys(const struct job_draft *draft,
    void (*cb)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct err text;
	uint32_t line;

	for (size_t i = 0; i < nitems(effects); i++) {
		line = job_draft_line(draft, effects[i].key);
		if (line == 0 || effects[i].has_effect(draft))
			continue;
		err_set(&text, "%s has no meaning %s", effects[i].key,
		    effects[i].why);
		cb(arg, line, text.text);
	}
}
