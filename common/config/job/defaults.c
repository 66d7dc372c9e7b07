#include "config/job/defaults.h"

#include <stdlib.h>

#include "base/mem.h"
#include "config/job/draft.h"
#include "config/job/time.h"
#include "config/quote.h"

struct job_defaults *
job_defaults_new(void)
{
	struct job_defaults *defaults = xcalloc(1, sizeof(*defaults));

	job_draft_init(&defaults->draft);
	return defaults;
}

void
job_defaults_free(struct job_defaults *defaults)
{
	if (defaults == NULL)
		return;
	job_draft_fini(&defaults->draft);
	free(defaults);
}

int
job_defaults_set(struct job_defaults *defaults, const char *key,
    const char *value, uint32_t line, struct err *err)
{
	return job_draft_set(&defaults->draft, key, value, line, err);
}

void
job_defaults_output_limit(struct job_defaults *defaults, uint64_t bytes)
{
	if (job_draft_line(&defaults->draft, "output-limit") == 0)
		defaults->draft.options.output_limit = bytes;
}

static void
check_schedule(struct schedule_pool *pool,
    const struct schedule_options *options, const char *key, const char *text,
    const char *schedule_text, uint32_t line,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	const struct schedule *schedule;
	char quoted[QUOTE_SIZE];
	struct err err = {""};

	schedule = schedule_get(pool, schedule_text, options, &err);
	if (schedule != NULL) {
		schedule_release(pool, schedule);
		return;
	}
	err_prefix(&err, "%s %s", key, quote(quoted, text));
	problem(arg, line, err.text);
}

void
job_defaults_check(const struct job_defaults *defaults, const char *receivers,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	const struct job_draft *draft = &defaults->draft;
	const char *zone = draft->options.timezone;
	struct schedule_options options;
	struct schedule_pool *pool;

	job_notify_check(draft, receivers, problem, arg);
	if (draft->nschedules == 0 && *zone == '\0')
		return;
	pool = schedule_pool_new(NULL);
	if (*zone != '\0')
		check_schedule(pool, &(struct schedule_options){.zone = zone},
		    "timezone", zone, "@daily",
		    job_draft_line(draft, "timezone"), problem, arg);
	job_time_options(draft, NULL, &options);
	options.zone = NULL; /* if it is wrong, that has been told */
	for (size_t i = 0; i < draft->nschedules; i++)
		check_schedule(pool, &options, "schedule",
		    draft->schedules[i].text, draft->schedules[i].text,
		    draft->schedules[i].line, problem, arg);
	schedule_pool_free(pool);
}

static void
add_setting(void *arg, const char *key, const char *value)
{
	strbuf_addf(arg, "%s=%s\n", key, value);
}

void
job_defaults_print(const struct job_defaults *defaults, struct strbuf *b)
{
	const struct job_draft *draft = &defaults->draft;
	const struct job_def def = {.options = &draft->options};

	strbuf_addf(b, "%s\n%s\n", draft->description,
	    draft->command != NULL ? draft->command : "");
	for (size_t i = 0; i < draft->nschedules; i++)
		strbuf_addf(b, "%s\n", draft->schedules[i].text);
	for (const struct job_key *k = job_keys; k->name != NULL; k++) {
		if (!job_key_is_option(k))
			continue;
		if (k->setting != NULL) {
			/* As it is: a secret that changed is a change. */
			job_setting_each(
			    draft->options.settings, k, add_setting, b);
			continue;
		}
		strbuf_addf(b, "%s=", k->name);
		k->type->print(&def, k, b);
		strbuf_addch(b, '\n');
	}
	/* As they are: print shows only whose they are. */
	strbuf_addf(b, "%s\n%s\n%s\n%d\n", draft->options.ping_start,
	    draft->options.ping_success, draft->options.ping_failure,
	    draft->options.kind);
}
