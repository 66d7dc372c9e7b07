/* One run in full, a line for each of its facts. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

static void
show_run_time(const json_t *run, const char *name, const char *key)
{
	char text[TEXT_MAX], age[TEXT_MAX], zone[TEXT_MAX];
	int64_t ms;

	if (field_time(run, key, &ms))
		show_line(name, COLOUR_NONE, "%s %s (%s)", text_time(text, ms),
		    text_zone(zone, ms), text_age(age, ms, text_now()));
}

static void
show_run_span(const json_t *run, const char *name, const char *key)
{
	char text[TEXT_MAX];
	int64_t ms = field_number(run, key, -1);

	if (ms >= 0)
		show_line(name, COLOUR_NONE, "%s", text_duration(text, ms));
}

/* The parameters of a run, or what its job has left: a line each. */
static void
show_pairs(const char *head, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		show_line(head, COLOUR_NONE, "%s=%s", name,
		    json_is_string(value) ? json_string_value(value) : "?");
		head = "";
	}
}

static void
show_parents(const json_t *parents)
{
	const json_t *parent;
	size_t i;

	json_array_foreach(parents, i, parent) show_line(i == 0 ? "after" : "",
	    colour_of(field_text(parent, "outcome")), "%s %s, run %s",
	    field_text(parent, "job"), field_text(parent, "outcome"),
	    field_text(parent, "run"));
}

void
show_run(const json_t *run)
{
	const char *outcome = show_outcome(run);
	int64_t dropped = field_number(run, "dropped_bytes", 0);
	char reason[512];

	show_reason(reason, sizeof(reason), run);
	show_line("run", COLOUR_NONE, "%s", field_text(run, "id"));
	show_line("job", COLOUR_NONE, "%s", field_text(run, "job"));
	show_line("outcome", colour_of(outcome), "%s", outcome);
	show_line("ended by", COLOUR_NONE, "%s", reason);
	show_line("trigger", COLOUR_NONE, "%s", field_text(run, "trigger"));
	show_parents(json_object_get(run, "parents"));
	if (strcmp(field_text(run, "chain"), field_text(run, "id")) != 0)
		show_line("chain", COLOUR_NONE, "%s", field_text(run, "chain"));
	show_pairs("params", json_object_get(run, "params"));
	show_pairs("results", json_object_get(run, "results"));
	show_line("attempt", COLOUR_NONE, "%" PRId64,
	    field_number(run, "attempt", 1));
	show_line("host", COLOUR_NONE, "%s", field_text(run, "host"));
	show_run_time(run, "slot", "slot");
	show_run_time(run, "started", "started");
	show_run_time(run, "finished", "finished");
	show_run_span(run, "duration", "duration_ms");
	show_run_span(run, "late by", "lateness_ms");
	show_run_span(run, "CPU time", "cpu_ms");
	if (field_number(run, "max_rss_kb", 0) > 0)
		show_line("memory", COLOUR_NONE, "%" PRId64 " KiB at most",
		    field_number(run, "max_rss_kb", 0));
	if (dropped > 0)
		show_line("output", COLOUR_NONE,
		    "%" PRId64 " bytes, %" PRId64 " of them dropped",
		    field_number(run, "output_bytes", 0), dropped);
	else if (field_number(run, "output_bytes", -1) >= 0)
		show_line("output", COLOUR_NONE, "%" PRId64 " bytes",
		    field_number(run, "output_bytes", 0));
}
