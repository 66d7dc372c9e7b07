/* belfry status: the daemon and its parts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

static void
print_state(const json_t *status)
{
	const char *state = field_text(status, "state");
	char span[TEXT_MAX] = "?", since[TEXT_MAX] = "", zone[TEXT_MAX] = "";
	int64_t started;

	if (field_time(status, "started", &started)) {
		text_duration(span, text_now() - started);
		text_time(since, started);
		text_zone(zone, started);
	}
	show_line("belfryd", COLOUR_NONE, "%s on %s, pid %" PRId64,
	    field_text(status, "version"), field_text(status, "node"),
	    field_number(status, "pid", 0));
	show_line("state", colour_of(state), "%s", state);
	show_line("up", COLOUR_NONE, "%s, since %s %s", span, since, zone);
}

static void
print_counts(const json_t *status)
{
	const json_t *next = json_object_get(status, "next");
	const json_t *store = json_object_get(status, "store");
	int64_t unconfirmed = field_number(store, "unconfirmed", 0);
	const char *path = field_text(store, "path");
	char text[160];

	show_line("jobs", COLOUR_NONE,
	    "%" PRId64 ", %" PRId64 " enabled; %" PRId64 " running, %" PRId64
	    " waiting, %" PRId64 " queued",
	    field_number(status, "jobs", 0), field_number(status, "enabled", 0),
	    field_number(status, "running", 0),
	    field_number(status, "waiting", 0),
	    field_number(status, "queued", 0));
	show_next(text, sizeof(text),
	    json_string_value(json_object_get(next, "slot")), text_now());
	show_line("next", COLOUR_NONE, "%s%s%s", field_text(next, "job"),
	    field_text(next, "job")[0] != '\0' ? " at " : "", text);
	show_line("store", COLOUR_NONE, "%s%s%s", field_text(store, "type"),
	    *path != '\0' ? ", " : "", path);
	if (unconfirmed > 0)
		show_line("", COLOUR_WARN, "%" PRId64 " record%s for it",
		    unconfirmed, unconfirmed == 1 ? " waits" : "s wait");
}

static void
print_servers(const json_t *servers)
{
	static const char *const heads[] = {"REDIS", "STATE", "ROLE",
	    "PERSISTENCE", "CLAIMS", "LATENCY", "CLOCK", NULL};
	struct table *table = table_new(heads);
	const json_t *s;
	int64_t us;
	size_t i;

	json_array_foreach(servers, i, s)
	{
		us = field_number(s, "latency_us", -1);
		table_add(table, COLOUR_NONE, "%s", field_text(s, "url"));
		table_add(table, colour_of(field_text(s, "state")), "%s%s%s",
		    field_text(s, "state"),
		    *field_text(s, "why") != '\0' ? ": " : "",
		    field_text(s, "why"));
		table_add(table, COLOUR_NONE, "%s", field_text(s, "role"));
		table_add(
		    table, COLOUR_NONE, "%s", field_text(s, "persistence"));
		table_add(table, colour_of(field_text(s, "claim_test")), "%s",
		    field_text(s, "claim_test"));
		table_add(table, COLOUR_NONE, us < 0 ? "-" : "%.1fms",
		    (double)us / 1000);
		table_add(table, COLOUR_NONE, "%" PRId64 "ms",
		    field_number(s, "skew_ms", 0));
	}
	putchar('\n');
	table_print(table);
	table_free(table);
}

static void
print_cluster(const json_t *cluster)
{
	const char *state = field_text(cluster, "state");
	const char *why = field_text(cluster, "why");

	if (json_is_object(cluster))
		show_line("cluster", colour_of(state),
		    "%s, %s%s%s, %" PRId64 " hosts, clock %+" PRId64 "ms",
		    field_text(cluster, "name"), state,
		    *why != '\0' ? ": " : "", why,
		    field_number(cluster, "nodes", 0),
		    field_number(cluster, "skew_ms", 0));
}

static void
print_pauses(const json_t *status)
{
	const json_t *pause = json_object_get(status, "paused");
	int64_t n = field_number(status, "paused_jobs", 0);
	char text[512];

	if (json_is_object(pause)) {
		show_pause(text, sizeof(text), pause, false);
		show_line("paused", COLOUR_WARN, "%s", text);
	}
	if (n > 0)
		show_line("paused", COLOUR_WARN, "%" PRId64 " job%s", n,
		    n == 1 ? "" : "s");
}

/* What waits for room, those that go first. */
static void
print_line(const json_t *line, int64_t waiting)
{
	static const char *const heads[] = {
	    "WAITS", "JOB", "PRIORITY", "FOR", "USES", NULL};
	struct table *table;
	char span[TEXT_MAX];
	const json_t *run;
	size_t i;

	if (json_array_size(line) == 0)
		return;
	text_duration(
	    span, field_number(json_array_get(line, 0), "waits_ms", 0));
	show_line("line", COLOUR_WARN,
	    "%" PRId64 " wait to be started, the first for %s", waiting, span);
	table = table_new(heads);
	table_align_right(table, 2);
	json_array_foreach(line, i, run)
	{
		text_duration(span, field_number(run, "waits_ms", 0));
		table_add(table, COLOUR_NONE, "%s", field_text(run, "id"));
		table_add(table, COLOUR_NONE, "%s", field_text(run, "job"));
		table_add(table, COLOUR_NONE, "%" PRId64,
		    field_number(run, "priority", 0));
		table_add(table, COLOUR_NONE, "%s", span);
		table_add(table, COLOUR_NONE, "%s",
		    json_is_string(json_object_get(run, "waits_for")) ?
			field_text(run, "waits_for") :
			"-");
	}
	putchar('\n');
	table_print(table);
	table_free(table);
}

static void
print_processes(const json_t *processes)
{
	static const char *const heads[] = {"PROCESS", "PID", "RESTARTS", NULL};
	struct table *table = table_new(heads);
	const char *role;
	const json_t *p;
	int64_t restarts;
	size_t i;

	table_align_right(table, 1);
	table_align_right(table, 2);
	json_array_foreach(processes, i, p)
	{
		restarts = field_number(p, "restarts", 0);
		role = field_text(p, "role");
		if (strcmp(role, "launcher") == 0)
			table_add(table, COLOUR_NONE, "%s %" PRId64, role,
			    field_number(p, "index", 0));
		else
			table_add(table, COLOUR_NONE, "%s", role);
		table_add(
		    table, COLOUR_NONE, "%" PRId64, field_number(p, "pid", 0));
		table_add(table, restarts > 0 ? COLOUR_WARN : COLOUR_NONE,
		    "%" PRId64, restarts);
	}
	putchar('\n');
	table_print(table);
	table_free(table);
}

static void
print_status(const json_t *status)
{
	const json_t *processes = json_object_get(status, "processes");
	const json_t *cluster = json_object_get(status, "cluster");
	const json_t *runs = json_object_get(status, "runs");
	const json_t *problems = json_object_get(status, "problems"), *problem;
	size_t i;

	print_state(status);
	print_counts(status);
	show_limits(json_object_get(status, "limits"));
	print_cluster(cluster);
	print_pauses(status);
	print_line(json_object_get(status, "line"),
	    field_number(status, "waiting", 0));
	if (json_is_object(cluster))
		print_servers(json_object_get(cluster, "servers"));
	if (json_array_size(processes) > 0)
		print_processes(processes);
	if (json_array_size(runs) > 0) {
		putchar('\n');
		show_live_runs(runs);
	}
	if (json_array_size(problems) > 0)
		printf("\nproblems of job files:\n");
	json_array_foreach(problems, i, problem) show_problem(problem);
}

static int
run(struct cli *cli, int argc, char **argv)
{
	return show_answer(cli, argc, argv, "/v1/status", print_status);
}

const struct command cmd_status = {
    .name = "status",
    .operands = "",
    .summary = "Show the daemon, its processes and what runs now",
    .run = run,
};
