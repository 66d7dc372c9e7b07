#include "config/job/single.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/job/command.h"
#include "config/job/defaults.h"
#include "config/job/draft.h"
#include "config/set/pool.h"

struct single {
	struct job_def def; /* first: it is one */
	struct job_source source;
	struct job_pool *pool; /* owned; has the options */
	char *strings;         /* owned: name, command, description */
};

static int
read_pairs(struct job_draft *draft, const struct job_pair *pairs, size_t n,
    struct err *err)
{
	const struct job_set_options anything = {.databases = NULL};
	const char *key;
	char **words;
	uint32_t count;

	for (size_t i = 0; i < n; i++) {
		if (job_draft_set(draft, pairs[i].key, pairs[i].value,
			(uint32_t)i + 1, err) == -1)
			return -1;
		/* These of defaults are for the jobs of files, not theirs. */
		if (strcmp(pairs[i].key, "user") == 0) {
			draft->options.group = "";
			draft->options.environment = "";
			draft->options.environment_file = "";
		}
	}
	if (job_settings_check(draft, &anything, &key, err) == -1)
		return -1;
	if (!job_has_program(&draft->options) ||
	    strcmp(draft->options.shell, "none") != 0)
		return 0;
	words = job_command_split(draft->command, &count, err);
	free(words);
	return words != NULL ? 0 : err_prefix(err, "command");
}

/* What defaults say of when it runs is not for this one. */
static void
forget_times(struct job_draft *draft)
{
	draft->nschedules = 0;
	draft->options.after = "";
	draft->options.start_at = draft->options.end_at = "";
	draft->options.calendar_name = "";
	draft->options.retries = 0;
	draft->options.jitter_ms = 0;
	draft->options.enabled = 1;
}

static char *
join_strings(
    struct single *single, const char *name, const struct job_draft *draft)
{
	struct strbuf b = STRBUF_INIT;
	size_t len = strlen(name) + 1;

	strbuf_add(&b, name, len);
	strbuf_add(&b, draft->command, strlen(draft->command) + 1);
	strbuf_add(&b, draft->description, strlen(draft->description) + 1);
	single->def.name = b.s;
	single->def.command = b.s + len;
	return b.s;
}

static const struct job_def *
make(const char *name, const struct job_draft *draft)
{
	struct single *single = xcalloc(1, sizeof(*single));

	single->source = (struct job_source){
	    .path = "what was submitted",
	    .name = "what was submitted",
	};
	single->pool = job_pool_new(NULL);
	single->strings = join_strings(single, name, draft);
	single->def.options = job_pool_options(single->pool, &draft->options);
	single->def.source = &single->source;
	single->def.direct = job_has_program(&draft->options) &&
	    job_command_is_direct(draft->command, draft->options.shell);
	return &single->def;
}

const struct job_def *
job_single_new(const struct job_defaults *defaults, const char *name,
    const struct job_pair *pairs, size_t n, struct err *err)
{
	const struct job_def *def = NULL;
	struct job_draft draft = {.cap = 0};

	job_draft_begin(&draft, defaults);
	forget_times(&draft);
	if (read_pairs(&draft, pairs, n, err) == 0)
		def = make(name, &draft);
	job_draft_fini(&draft);
	return def;
}

void
job_single_free(const struct job_def *def)
{
	struct single *single = (struct single *)(uintptr_t)def;

	if (single == NULL)
		return;
	job_pool_options_release(single->pool, single->def.options);
	job_pool_release(single->pool);
	free(single->strings);
	free(single);
}
