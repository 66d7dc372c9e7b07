#include "cli/print/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/print/field.h"
#include "cli/print/text.h"
#include "run/outcome.h"
#include "run/result.h"

struct client *
show_client(const struct cli *cli, int *status_r)
{
	struct err err = {""};
	struct client *client = client_new(cli, &err);

	if (client == NULL)
		*status_r = cli_fail(CLI_USAGE, &err);
	return client;
}

struct client *
show_start(struct cli *cli, int argc, char **argv, int *status_r)
{
	*status_r = cli_arguments(cli, argc, argv);
	return *status_r == -1 ? show_client(cli, status_r) : NULL;
}

int
show_answer(struct cli *cli, int argc, char **argv, const char *path,
    void (*print)(const json_t *json))
{
	struct client *client;
	struct err err = {""};
	json_t *json = NULL;
	int status;

	client = show_start(cli, argc, argv, &status);
	if (client == NULL)
		return status;
	status = client_get(client, path, &json, NULL, &err);
	client_free(client);
	if (status != CLI_GOOD)
		return cli_fail(status, &err);
	if (cli->json)
		json_print(json);
	else
		print(json);
	json_decref(json);
	return CLI_GOOD;
}

void
show_last(char *buf, size_t size, const json_t *last, int64_t now)
{
	char age[TEXT_MAX] = "";
	int64_t ms;

	if (!json_is_object(last)) {
		snprintf(buf, size, "-");
		return;
	}
	if (field_time(last, "finished", &ms))
		text_age(age, ms, now);
	snprintf(buf, size, "%s %s", field_text(last, "outcome"), age);
}

void
show_next(char *buf, size_t size, const char *stamp, int64_t now)
{
	char when[TEXT_MAX], age[TEXT_MAX];
	int64_t ms;

	if (!text_parse(stamp, &ms)) {
		snprintf(buf, size, "-");
		return;
	}
	snprintf(buf, size, "%s (%s)", text_short_time(when, ms, now),
	    text_age(age, ms, now));
}

/* A signal may be a number or its name. */
static void
signal_text(char *buf, size_t size, const json_t *run)
{
	int64_t number = field_number(run, "signal", 0);

	buf[0] = '\0';
	if (number > 0)
		snprintf(buf, size, "signal %s", signal_name((int)number));
	else if (field_text(run, "signal")[0] != '\0')
		snprintf(buf, size, "signal %s", field_text(run, "signal"));
}

void
show_reason(char *buf, size_t size, const json_t *run)
{
	int64_t code = field_number(run, "exit_code", -1);
	const char *reason = field_text(run, "reason");
	const char *beyond = run_reason_beyond(reason);
	size_t len;

	buf[0] = '\0';
	if (*reason != '\0' && beyond == reason) {
		snprintf(buf, size, "%s", reason);
		return;
	}
	if (code >= 0)
		snprintf(buf, size, "exit %" PRId64, code);
	else
		signal_text(buf, size, run);
	len = strlen(buf);
	snprintf(buf + len, size - len, "%s", beyond);
}

const char *
show_outcome(const json_t *run)
{
	const char *outcome = field_text(run, "outcome");
	int64_t started;

	if (*outcome != '\0')
		return outcome;
	return field_time(run, "started", &started) ? "running" : "waiting";
}

struct table *
show_runs_table(bool with_job)
{
	char zone[TEXT_MAX], slot[TEXT_MAX + 16];
	/* How it ended before when: lines are cut on a narrow terminal. */
	const char *heads[] = {
	    "RUN", "JOB", "OUTCOME", slot, "STARTED", "DURATION", "EXIT", NULL};
	struct table *table;

	text_zone(zone, text_now());
	snprintf(slot, sizeof(slot), "SLOT (%s)", zone);
	if (!with_job) {
		heads[1] = heads[0];
		table = table_new(heads + 1);
	} else {
		table = table_new(heads);
	}
	table_align_right(table, with_job ? 5 : 4);
	return table;
}

/* The slot; and when it started, with a date when that is another day. */
static void
add_times(struct table *table, const json_t *run)
{
	char text[TEXT_MAX];
	int64_t slot = 0, started;

	if (field_time(run, "slot", &slot))
		table_add(table, COLOUR_NONE, "%s", text_time(text, slot));
	else
		table_add(table, COLOUR_DIM, "-");
	if (field_time(run, "started", &started))
		table_add(table, COLOUR_NONE, "%s",
		    text_short_time(text, started, slot));
	else
		table_add(table, COLOUR_DIM, "-");
}

void
show_run_row(struct table *table, const json_t *run, bool with_job)
{
	int64_t ms = field_number(run, "duration_ms", -1), started;
	const char *outcome = show_outcome(run);
	char text[TEXT_MAX], reason[512];

	/* What runs has no duration yet: so far, then. */
	if (ms < 0 && strcmp(outcome, "running") == 0 &&
	    field_time(run, "started", &started))
		ms = text_now() - started;
	table_add(table, COLOUR_NONE, "%s", field_text(run, "id"));
	if (with_job)
		table_add(table, COLOUR_NONE, "%s", field_text(run, "job"));
	table_add(table, colour_of(outcome), "%s", outcome);
	add_times(table, run);
	table_add(
	    table, COLOUR_NONE, "%s", ms >= 0 ? text_duration(text, ms) : "-");
	show_reason(reason, sizeof(reason), run);
	table_add(table, COLOUR_NONE, "%s", reason);
}

/* Few jobs tell any. */
static bool
have_progress(const json_t *runs)
{
	const json_t *run;
	size_t i;

	json_array_foreach(runs, i, run) if (json_is_object(json_object_get(
						 run, "progress"))) return true;
	return false;
}

static void
add_progress(struct table *table, const json_t *progress)
{
	int64_t done = field_number(progress, "done", 0);
	int64_t total = field_number(progress, "total", 0);
	const char *text = field_text(progress, "text");

	if (!json_is_object(progress))
		table_add(table, COLOUR_NONE, "%s", "-");
	else if (total > 0)
		table_add(table, COLOUR_NONE, "%" PRId64 " of %" PRId64 " %s",
		    done, total, text);
	else
		table_add(table, COLOUR_NONE, "%" PRId64 " %s", done, text);
}

void
show_live_runs(const json_t *runs)
{
	const bool progress = have_progress(runs);
	const char *const heads[] = {"RUN", "JOB", "STATE", "TRIGGER", "FOR",
	    "PID", progress ? "PROGRESS" : NULL, NULL};
	struct table *table = table_new(heads);
	char text[TEXT_MAX];
	const char *state;
	const json_t *run;
	int64_t started, pid;
	size_t i;

	table_align_right(table, 4);
	table_align_right(table, 5);
	json_array_foreach(runs, i, run)
	{
		table_add(table, COLOUR_NONE, "%s", field_text(run, "id"));
		table_add(table, COLOUR_NONE, "%s", field_text(run, "job"));
		state = field_text(run, "state");
		table_add(table, colour_of(state), "%s", state);
		table_add(table, COLOUR_NONE, "%s", field_text(run, "trigger"));
		table_add(table, COLOUR_NONE, "%s",
		    field_time(run, "started", &started) ?
			text_duration(text, text_now() - started) :
			"-");
		pid = field_number(run, "pid", 0);
		snprintf(text, sizeof(text), "%" PRId64, pid);
		table_add(table, COLOUR_NONE, "%s", pid > 0 ? text : "-");
		if (progress)
			add_progress(table, json_object_get(run, "progress"));
	}
	table_print(table);
	table_free(table);
}

void
show_line(const char *name, enum colour colour, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = xstrdup("");
	va_end(ap);
	if (*text != '\0') {
		printf("%-12s ", name);
		colour_print(colour, text);
		putchar('\n');
	}
	free(text);
}

void
show_problem(const json_t *problem)
{
	int64_t line = field_number(problem, "line", 0);
	const char *job = field_text(problem, "job");
	char at[32] = "";
	char *text;

	if (line > 0)
		snprintf(at, sizeof(at), ":%" PRId64, line);
	text = xasprintf("%s%s: %s%s%s%s", field_text(problem, "file"), at,
	    *job != '\0' ? "job " : "", job, *job != '\0' ? ": " : "",
	    field_text(problem, "text"));
	colour_print(
	    field_bool(problem, "error") ? COLOUR_BAD : COLOUR_WARN, text);
	putchar('\n');
	free(text);
}

void
show_pause(char *buf, size_t size, const json_t *pause, bool of_job)
{
	char since[TEXT_MAX] = "?", until[TEXT_MAX] = "", zone[TEXT_MAX] = "";
	const char *reason = field_text(pause, "reason");
	int64_t ms, now = text_now();

	if (field_time(pause, "since", &ms))
		text_short_time(since, ms, now);
	if (field_time(pause, "until", &ms))
		text_short_time(until, ms, now);
	snprintf(buf, size, "by %s since %s%s%s %s%s%s%s",
	    field_text(pause, "who"), since, *until != '\0' ? " until " : "",
	    until, text_zone(zone, now),
	    of_job && field_bool(pause, "all") ? ", like all jobs" : "",
	    *reason != '\0' ? ": " : "", reason);
}

struct table *
show_slots_table(void)
{
	char zone[TEXT_MAX], slot[TEXT_MAX + 16];
	const char *heads[] = {
	    "JOB", "OUTCOME", "REASON", slot, "SLOTS", "WHY", NULL};
	struct table *table;

	text_zone(zone, text_now());
	snprintf(slot, sizeof(slot), "SLOT (%s)", zone);
	table = table_new(heads);
	table_align_right(table, 4);
	return table;
}

void
show_slot_row(struct table *table, const json_t *slot)
{
	const char *outcome = field_text(slot, "outcome");
	int64_t count = field_number(slot, "count", 0), at;
	char text[TEXT_MAX];

	table_add(table, COLOUR_NONE, "%s", field_text(slot, "job"));
	table_add(table, colour_of(outcome), "%s", outcome);
	table_add(table, COLOUR_NONE, "%s", field_text(slot, "reason"));
	if (field_time(slot, "slot", &at))
		table_add(table, COLOUR_NONE, "%s", text_time(text, at));
	else
		table_add(table, COLOUR_DIM, "-");
	if (count > 0)
		table_add(table, COLOUR_NONE, "%lld", (long long)count);
	else
		table_add(table, COLOUR_NONE, "many");
	table_add(table, COLOUR_NONE, "%s", field_text(slot, "detail"));
}

const char *
show_guess(const struct err *err)
{
	const char *guess = strstr(err->text, "; it has an error: ");

	if (guess == NULL)
		guess = strstr(err->text, "; did you mean ");
	return guess != NULL ? guess : "";
}

void
show_none(struct err *err, const char *name, const struct err *job)
{
	struct err run = *err;
	const char *silent = strstr(run.text, "; these hosts do not answer");

	err_set(err, "no job and no run \"%s\"%s%s", name, show_guess(job),
	    silent != NULL ? silent : "");
}

void
show_add_guess(struct client *client, const char *job, struct err *err)
{
	char *path = client_path("/v1/jobs/", job, "");
	struct err none = *err, said = {""};
	json_t *json = NULL;

	if (client_get(client, path, &json, NULL, &said) == CLI_REFUSED)
		err_set(err, "%s%s", none.text, show_guess(&said));
	json_decref(json);
	free(path);
}

void
show_limits(const json_t *limits)
{
	static const char *const names[] = {
	    "cpu", "memory", "files", "processes"};
	const char *cgroup = field_text(limits, "cgroup");
	struct strbuf line = STRBUF_INIT;
	const char *by;

	for (size_t i = 0; i < nitems(names); i++) {
		by = field_text(limits, names[i]);
		if (*by != '\0')
			strbuf_addf(&line, "%s%s by %s",
			    line.len > 0 ? ", " : "", names[i], by);
	}
	show_line("limits", COLOUR_NONE, "%s", strbuf_str(&line));
	show_line("ended by", COLOUR_NONE, "%s%s%s", field_text(limits, "kill"),
	    *cgroup != '\0' ? ", control groups in " : "", cgroup);
	strbuf_fini(&line);
}
