/* belfry nodes: the hosts of the cluster. */
#include <inttypes.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "cli/print/field.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

static void
add_tags(struct table *table, const json_t *node)
{
	struct strbuf b = STRBUF_INIT;
	const json_t *tag;
	size_t i;

	json_array_foreach(json_object_get(node, "tags"), i, tag)
	    strbuf_addf(&b, "%s%s", i > 0 ? " " : "", json_string_value(tag));
	table_add(table, COLOUR_NONE, "%s", b.len > 0 ? strbuf_str(&b) : "-");
	strbuf_fini(&b);
}

/* The first letters do; the whole is in the JSON. */
static void
add_digest(struct table *table, const json_t *node, const char *key,
    const char *differs)
{
	bool other = json_is_true(json_object_get(node, differs));
	const char *digest = field_text(node, key);

	table_add(table, other ? COLOUR_WARN : COLOUR_NONE, "%.8s%s",
	    *digest != '\0' ? digest : "-", other ? " differs" : "");
}

/* How many it has, and may have. */
static void
add_runs(struct table *table, const json_t *node)
{
	int64_t running = field_number(node, "running", -1);
	int64_t capacity = field_number(node, "capacity", -1);
	char most[24] = "-";

	if (capacity >= 0)
		snprintf(most, sizeof(most), "%" PRId64, capacity);
	if (running < 0)
		table_add(table, COLOUR_NONE, "-");
	else
		table_add(table, COLOUR_NONE, "%" PRId64 "/%s", running, most);
}

static void
add_node(struct table *table, const json_t *node)
{
	const char *state = field_text(node, "state");
	int64_t skew = field_number(node, "clock_skew_ms", 0);

	table_add(table, COLOUR_NONE, "%s%s", field_text(node, "node"),
	    json_is_true(json_object_get(node, "self")) ? " *" : "");
	table_add(table, colour_of(state), "%s", state);
	add_tags(table, node);
	add_runs(table, node);
	table_add(table, COLOUR_NONE, "%.8s", field_text(node, "session"));
	add_digest(table, node, "jobs_digest", "jobs_differ");
	add_digest(table, node, "tzdata", "tzdata_differ");
	table_add(table, skew > 500 || skew < -500 ? COLOUR_WARN : COLOUR_NONE,
	    "%" PRId64 "ms", skew);
}

static void
print_nodes(const json_t *nodes)
{
	static const char *const heads[] = {"NODE", "STATE", "TAGS", "RUNS",
	    "SESSION", "JOBS", "TZDATA", "CLOCK", NULL};
	struct table *table = table_new(heads);
	const json_t *node;
	size_t i;

	table_align_right(table, 3);
	table_align_right(table, 7);
	json_array_foreach(nodes, i, node) add_node(table, node);
	table_print(table);
	table_free(table);
}

static int
run(struct cli *cli, int argc, char **argv)
{
	return show_answer(cli, argc, argv, "/v1/nodes", print_nodes);
}

const struct command cmd_nodes = {
    .name = "nodes",
    .operands = "",
    .summary = "List the hosts of the cluster",
    .run = run,
};
