#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

void
jobs_remember(struct jobs *jobs, const struct record_job *record)
{
	struct memory *memory;

	array_reserve(&jobs->memory, &jobs->memory_cap, jobs->nmemory + 1,
	    sizeof(*jobs->memory));
	memory = &jobs->memory[jobs->nmemory++];
	memory->job = xstrdup(record->job);
	memory->memo = xstrdup(record->memo);
	snprintf(
	    memory->last_run, sizeof(memory->last_run), "%s", record->last_run);
	memory->hwm_ms = record->hwm_ms;
	memory->last_end_ms = record->last_end_ms;
	memory->last_success_ms = record->last_success_ms;
	memory->failures = record->failures;
	memory->last_outcome = record->last_outcome;
}

static int
compare_memory(const void *a, const void *b)
{
	return strcmp(
	    ((const struct memory *)a)->job, ((const struct memory *)b)->job);
}

void
memory_sort(struct jobs *jobs)
{
	if (jobs->nmemory > 0)
		qsort(jobs->memory, jobs->nmemory, sizeof(*jobs->memory),
		    compare_memory);
}

const struct memory *
memory_find(const struct jobs *jobs, const char *name)
{
	struct memory key = {.job = (char *)(uintptr_t)name};

	if (jobs->nmemory == 0)
		return NULL;
	return bsearch(
	    &key, jobs->memory, jobs->nmemory, sizeof(key), compare_memory);
}

void
memory_forget(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->nmemory; i++) {
		free(jobs->memory[i].job);
		free(jobs->memory[i].memo);
	}
	free(jobs->memory);
	jobs->memory = NULL;
	jobs->nmemory = jobs->memory_cap = 0;
}

/*
 * The memo: a line a schedule, "KEY<tab>ZONE<tab>TEXT". KEY is the anchor of
 * @every in ms, the boot that @reboot last fired in, "-" for the others. Last
 * may come "=<tab><tab>WORDS": what else decides about slots, where it is not
 * the default, for the recorder's explain and verify (recorder/plan.c).
 */
static void
memo_add(
    struct strbuf *memo, const struct job *job, unsigned i, const char *boot_id)
{
	const struct schedule *s = job->def->schedules[i];

	if (schedule_kind(s) == SCHEDULE_EVERY)
		strbuf_addf(memo, "%lld", (long long)job->anchors[i]);
	else
		strbuf_adds(
		    memo, schedule_kind(s) == SCHEDULE_REBOOT ? boot_id : "-");
	strbuf_addf(memo, "\t%s\t%s\n", job->def->options->timezone,
	    job_def_schedule_text(job->def, i));
}

/* The key of the line with this zone and text; NULL: none. */
static const char *
memo_find(const char *memo, const char *zone, const char *text, size_t *len_r)
{
	size_t zone_len = strlen(zone), text_len = strlen(text);

	while (*memo != '\0') {
		const char *tab = strchr(memo, '\t');
		const char *end = strchr(memo, '\n');

		if (tab == NULL || end == NULL)
			return NULL;
		if ((size_t)(end - tab) == zone_len + text_len + 2 &&
		    memcmp(tab + 1, zone, zone_len) == 0 &&
		    tab[1 + zone_len] == '\t' &&
		    memcmp(tab + 2 + zone_len, text, text_len) == 0) {
			*len_r = (size_t)(tab - memo);
			return memo;
		}
		memo = end + 1;
	}
	return NULL;
}

static bool
has_interval(const struct job_def *def)
{
	for (unsigned i = 0; i < def->nschedules; i++)
		if (schedule_kind(def->schedules[i]) == SCHEDULE_EVERY)
			return true;
	return false;
}

static void
memo_add_word(struct strbuf *memo, bool *any, const char *word)
{
	strbuf_addf(memo, "%s%s", *any ? " " : "=\t\t", word);
	*any = true;
}

static void
memo_add_options(struct strbuf *memo, const struct job_options *options)
{
	static const char *const overlaps[] = {
	    [JOB_OVERLAP_SKIP] = "overlap=skip",
	    [JOB_OVERLAP_QUEUE] = "overlap=queue",
	    [JOB_OVERLAP_REPLACE] = "overlap=replace",
	};
	size_t overlap = (size_t)options->overlap;
	char retries[24];
	bool any = false;

	if (!options->enabled)
		memo_add_word(memo, &any, "enabled=no");
	if (overlap < nitems(overlaps) && overlaps[overlap] != NULL)
		memo_add_word(memo, &any, overlaps[overlap]);
	if (options->retries > 0) {
		snprintf(retries, sizeof(retries), "retries=%d",
		    (int)options->retries);
		memo_add_word(memo, &any, retries);
	}
	if (any)
		strbuf_addch(memo, '\n');
}

char *
memo_make(const struct job *job, const char *boot_id)
{
	struct strbuf memo = STRBUF_INIT;

	for (unsigned i = 0; i < job->def->nschedules; i++)
		memo_add(&memo, job, i, boot_id);
	memo_add_options(&memo, job->def->options);
	return strbuf_take(&memo);
}

static const char gone[] = "=\t\tgone=yes\n";

bool
memo_is_gone(const char *memo)
{
	return strstr(memo, gone) != NULL;
}

char *
memo_make_gone(const char *memo)
{
	return xasprintf("%s%s", memo, gone);
}

bool
memo_apply(struct jobs *jobs, struct job *job, const char *memo, int64_t now_ms)
{
	const struct job_def *def = job->def;
	bool same = true;

	free(job->anchors);
	job->anchors = has_interval(def) ?
	    xcalloc(def->nschedules, sizeof(*job->anchors)) :
	    NULL;
	for (unsigned i = 0; i < def->nschedules; i++) {
		enum schedule_kind kind = schedule_kind(def->schedules[i]);
		size_t len;
		const char *key = memo_find(memo, def->options->timezone,
		    job_def_schedule_text(def, i), &len);

		if (key == NULL)
			same = false;
		if (kind == SCHEDULE_EVERY)
			job->anchors[i] = key != NULL ? strtoll(key, NULL, 10) :
							now_ms / 1000 * 1000;
		if (kind == SCHEDULE_REBOOT && key != NULL &&
		    (len != strlen(jobs->boot_id) ||
			memcmp(key, jobs->boot_id, len) != 0)) {
			job->reboot_ms = now_ms;
			same = false;
		}
	}
	return same;
}
