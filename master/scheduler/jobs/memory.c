#include "scheduler/jobs/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "config/job/calendar.h"
#include "schedule/hash.h"
#include "scheduler/master.h"

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
	memory->joined = record->joined;
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
 * What besides text and zone decides when a job fires: nothing for most, else
 * " " and all of it. Jitter is not in it, for slots stay what they are.
 */
static void
add_rule(struct strbuf *memo, const struct job_options *o)
{
	if (o->dialect == 0 && o->day_match == 0 && o->dst_gap == 0 &&
	    o->dst_overlap == 0 && o->calendar == NULL &&
	    o->start_s == INT64_MIN && o->end_s == INT64_MAX)
		return;
	strbuf_addf(memo, " %u,%u,%u,%u,%" PRId64 ",%" PRId64, o->dialect,
	    o->day_match, o->dst_gap, o->dst_overlap, o->start_s, o->end_s);
	if (o->calendar != NULL)
		strbuf_addf(
		    memo, ",%u,%" PRIx64, o->calendar_mode, o->calendar->hash);
}

/* The number that a schedule's line begins with is its anchor. */
static bool
has_anchor(const struct job *job, unsigned i)
{
	return job->anchors != NULL && job->anchors[i] != 0;
}

/*
 * The memo: a line a schedule, "KEY<tab>ZONE[ RULE]<tab>TEXT". KEY is the
 * anchor of @every in ms, and of @after when it has one, the boot that @reboot
 * last fired in, "-" for the others. Last may come "=<tab><tab>WORDS": what
 * else decides about slots, where it is not the default, for the recorder's
 * explain and verify (recorder/plan.c).
 */
static void
memo_add(
    struct strbuf *memo, const struct job *job, unsigned i, const char *boot_id)
{
	const struct schedule *s = job->def->schedules[i];

	if (has_anchor(job, i))
		strbuf_addf(memo, "%lld", (long long)job->anchors[i]);
	else
		strbuf_adds(
		    memo, schedule_kind(s) == SCHEDULE_REBOOT ? boot_id : "-");
	strbuf_addf(memo, "\t%s", job->def->options->timezone);
	add_rule(memo, job->def->options);
	strbuf_addf(memo, "\t%s\n", job_def_schedule_text(job->def, i));
}

/* A line of a memo, in parts that are not ended by NUL. */
struct memo_line {
	const char *key;
	size_t key_len;
	const char *rule; /* with its blank */
	size_t rule_len;
};

/* The line of this zone and text; false: none. */
static bool
memo_find(const char *memo, const char *zone, const char *text,
    struct memo_line *line_r)
{
	size_t zone_len = strlen(zone), text_len = strlen(text);
	const char *tab, *rule, *second, *end;

	for (; *memo != '\0'; memo = end + 1) {
		tab = strchr(memo, '\t');
		end = strchr(memo, '\n');
		if (tab == NULL || end == NULL || tab > end)
			return false;
		second = memchr(tab + 1, '\t', (size_t)(end - tab - 1));
		if (second == NULL)
			return false;
		rule = tab + 1 + zone_len;
		if (rule > second || memcmp(tab + 1, zone, zone_len) != 0 ||
		    (rule != second && *rule != ' ') ||
		    (size_t)(end - second - 1) != text_len ||
		    memcmp(second + 1, text, text_len) != 0)
			continue;
		line_r->key = memo;
		line_r->key_len = (size_t)(tab - memo);
		line_r->rule = rule;
		line_r->rule_len = (size_t)(second - rule);
		return true;
	}
	return false;
}

static bool
needs_anchor(const struct job_def *def, unsigned i)
{
	enum schedule_kind kind = schedule_kind(def->schedules[i]);

	return kind == SCHEDULE_EVERY ||
	    (kind == SCHEDULE_AFTER && def->options->first == JOB_FIRST_NOW);
}

static void
memo_add_word(struct strbuf *memo, bool *any, const char *word)
{
	strbuf_addf(memo, "%s%s", *any ? " " : "=\t\t", word);
	*any = true;
}

#define AFTER_WORD "after="

static void
memo_add_after(
    struct strbuf *memo, bool *any, const struct job_options *options)
{
	char *plan = join_plan(options);

	memo_add_word(memo, any, AFTER_WORD);
	strbuf_adds(memo, plan);
	free(plan);
}

struct join *
memo_join(const char *memo, uint64_t joined)
{
	const char *words = strstr(memo, "=\t\t"), *word;
	struct join *join;
	char *plan;

	word = words != NULL ? strstr(words, AFTER_WORD) : NULL;
	if (word == NULL && joined == 0)
		return NULL;
	if (word == NULL)
		plan = xstrdup("");
	else
		plan = xasprintf("%.*s",
		    (int)strcspn(word + strlen(AFTER_WORD), " \n"),
		    word + strlen(AFTER_WORD));
	join = join_new(plan);
	join->seen = joined;
	free(plan);
	return join;
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
	if (*options->after != '\0')
		memo_add_after(memo, &any, options);
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

static bool
memo_is_gone(const char *memo)
{
	return strstr(memo, gone) != NULL;
}

static void
tell_memo(struct master *m, const char *name, const char *memo, int64_t hwm_ms)
{
	struct record_job record = {
	    .job = name,
	    .memo = memo,
	    .hwm_ms = hwm_ms,
	    .last_run = "",
	};

	outbox_job(m, &record);
}

void
memo_tell_store(struct master *m, const struct job *job)
{
	char *memo = memo_make(job, m->jobs.boot_id);

	tell_memo(m, job->name, memo, job->hwm_ms);
	free(memo);
}

void
memo_tell_change(struct master *m, const struct job *job, const char *old)
{
	char *memo = memo_make(job, m->jobs.boot_id);

	if (strcmp(memo, old) != 0)
		tell_memo(m, job->name, memo, job->hwm_ms);
	free(memo);
}

void
memo_tell_gone(
    struct master *m, const char *name, const char *memo, int64_t hwm_ms)
{
	char *text;

	if (memo_is_gone(memo))
		return;
	text = xasprintf("%s%s", memo, gone);
	tell_memo(m, name, text, hwm_ms);
	free(text);
}

void
memo_tell_absent(struct master *m)
{
	const struct jobs *jobs = &m->jobs;

	for (size_t i = 0; i < jobs->nmemory; i++) {
		const struct memory *memory = &jobs->memory[i];

		if (jobs_find(jobs, memory->job) == NULL)
			memo_tell_gone(
			    m, memory->job, memory->memo, memory->hwm_ms);
	}
}

/*
 * The hosts of a cluster count from the same moment, whenever they first saw
 * the job: a hash of its name, in seconds from 1970.
 */
static int64_t
shared_anchor(const char *job, int64_t interval_ms)
{
	uint64_t h = hash_finish(hash_add(HASH_INIT, job, strlen(job)));

	return (int64_t)(h % (uint64_t)(interval_ms / 1000)) * 1000;
}

/*
 * What @every counts from: start-at, else where it began, else now. For @after
 * with first = now it is the time of the first slot.
 */
static int64_t
anchor_of(const struct job_def *def, unsigned i, const struct memo_line *line,
    int64_t now_ms, bool shared)
{
	int64_t interval = schedule_interval(def->schedules[i]) * 1000;
	int64_t second = now_ms / 1000 * 1000;
	bool every = schedule_kind(def->schedules[i]) == SCHEDULE_EVERY;

	if (every && def->options->start_s != INT64_MIN)
		return def->options->start_s * 1000 - interval;
	if (every && shared)
		return shared_anchor(def->name, interval);
	if (line != NULL && line->key[0] != '-')
		return strtoll(line->key, NULL, 10);
	if (!every)
		return line == NULL ? second + 1000 : 0;
	if (def->options->first == JOB_FIRST_NOW)
		return second + 1000 - interval;
	return second;
}

static void
set_anchors(struct job *job)
{
	const struct job_def *def = job->def;

	free(job->anchors);
	job->anchors = NULL;
	for (unsigned i = 0; i < def->nschedules; i++)
		if (job->anchors == NULL && needs_anchor(def, i))
			job->anchors =
			    xcalloc(def->nschedules, sizeof(*job->anchors));
}

bool
memo_apply(struct jobs *jobs, struct job *job, const char *memo, int64_t now_ms)
{
	const struct job_def *def = job->def;
	struct strbuf rule = STRBUF_INIT;
	struct memo_line line;
	bool same = true, found;

	set_anchors(job);
	add_rule(&rule, def->options);
	for (unsigned i = 0; i < def->nschedules; i++) {
		found = memo_find(memo, def->options->timezone,
		    job_def_schedule_text(def, i), &line);
		if (!found || line.rule_len != rule.len ||
		    memcmp(line.rule, strbuf_str(&rule), rule.len) != 0)
			same = false;
		if (needs_anchor(def, i))
			job->anchors[i] = anchor_of(
			    def, i, found ? &line : NULL, now_ms, jobs->shared);
		if (schedule_kind(def->schedules[i]) == SCHEDULE_REBOOT &&
		    found &&
		    (line.key_len != strlen(jobs->boot_id) ||
			memcmp(line.key, jobs->boot_id, line.key_len) != 0)) {
			job->reboot_ms = now_ms;
			same = false;
		}
	}
	strbuf_fini(&rule);
	return same;
}
