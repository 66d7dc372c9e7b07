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
}

int
job_draft_set(struct job_draft *draft, const char *name, const char *value,
    uint32_t line, struct err *err)
{
	const struct job_key *key = job_key_find(name, err);
	char quoted[QUOTE_SIZE];
	uint32_t *seen;

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
		if (*value == '\0')
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
}

uint32_t
job_draft_line(const struct job_draft *draft, const char *name)
{
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return draft->lines[k - job_keys];
	return 0;
}
