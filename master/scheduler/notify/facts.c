#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/timestamp.h"
#include "json_text.h"
#include "scheduler/notify/internal.h"

void
notify_facts_add(json_t *facts, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		json_object_set_new_nocheck(facts, name, json_text(text));
}

static void
add_time(json_t *facts, const char *name, int64_t ms)
{
	char text[TIMESTAMP_TEXT_MAX];

	if (ms != 0)
		notify_facts_add(facts, name, timestamp_format_ms(text, ms));
}

static void
add_number(json_t *facts, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	notify_facts_add(facts, name, text);
}

json_t *
notify_facts(struct master *m, const char *event, const struct job *job)
{
	const struct job_def *def = job != NULL ? job->def : NULL;
	json_t *facts = json_object();

	notify_facts_add(facts, "event", event);
	notify_facts_add(facts, "host", m->config->node_name);
	if (m->member != NULL)
		notify_facts_add(facts, "cluster", m->config->cluster.name);
	add_time(facts, "time", clock_ms() / 1000 * 1000);
	if (def == NULL)
		return facts;
	notify_facts_add(facts, "job", job->name);
	notify_facts_add(facts, "description", job_def_description(def));
	notify_facts_add(facts, "owner", def->options->owner);
	notify_facts_add(facts, "labels", def->options->labels);
	add_time(facts, "last_success", job->last_success_ms);
	return facts;
}

static void
add_result(json_t *facts, const struct run_result *result)
{
	char text[DURATION_TEXT_MAX];
	int64_t ms = run_result_duration_ms(result);

	notify_facts_add(facts, "outcome", outcome_name(result->outcome));
	notify_facts_add(facts, "reason", result->reason);
	if (result->exit_code != -1)
		add_number(facts, "exit_code", result->exit_code);
	if (result->signal != 0)
		add_number(facts, "signal", result->signal);
	add_time(facts, "finished", result->finished_us / 1000);
	if (result->started_us == 0)
		return;
	add_number(facts, "duration_ms", ms);
	/* People do not want to know it to the millisecond. */
	notify_facts_add(facts, "duration",
	    duration_format_ms(text, ms < 10000 ? ms : ms / 1000 * 1000));
}

void
notify_facts_run(
    json_t *facts, const struct run *run, const struct run_result *result)
{
	int64_t started_us =
	    result != NULL ? result->started_us : run->started_us;

	notify_facts_add(facts, "run", run->begin.id);
	add_time(facts, "slot", run->begin.slot_ms);
	add_number(facts, "attempt", run->begin.attempt);
	notify_facts_add(facts, "trigger", trigger_name(run->begin.trigger));
	add_time(facts, "started", started_us / 1000);
	if (result != NULL)
		add_result(facts, result);
	if (result != NULL && result->outcome != OUTCOME_SUCCESS)
		add_number(facts, "failures", run->job->failures + 1);
}

void
notify_facts_tail(
    json_t *facts, const struct run *run, const struct run_result *result)
{
	char text[NOTIFY_TAIL_MAX + 1];
	struct runfile file;
	uint64_t pos = 0;
	struct err err;
	size_t len = 0;
	ssize_t n;

	if (result->output_bytes == 0 ||
	    runfile_open(&file, run->master->runs_dir, run->begin.id, &err) ==
		-1)
		return;
	if (result->output_bytes > NOTIFY_TAIL_MAX)
		pos = result->output_bytes - NOTIFY_TAIL_MAX;
	while (len < NOTIFY_TAIL_MAX &&
	    (n = runfile_output_read(
		 &file, &pos, text + len, NOTIFY_TAIL_MAX - len)) > 0)
		len += (size_t)n;
	runfile_close(&file);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	while (len > 0 && strchr(" \r\n\t", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	notify_facts_add(facts, "output_tail", text);
}
