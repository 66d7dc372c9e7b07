/* belfry audit: who changed what by hand, newest first. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/timestamp.h"
#include "cli/print/pages.h"
#include "cli/print/show.h"
#include "cli/print/text.h"

struct audit {
	const char *object, *who, *action;
	char since[TIMESTAMP_TEXT_MAX];
	struct pages pages;
};

static int
take_option(const struct cli *cli, struct audit *audit, int letter)
{
	switch (letter) {
	case 'n':
		return pages_option(cli, &audit->pages, optarg);
	case 's':
		return cli_since(cli, "--since", optarg, audit->since, NULL);
	case 'w':
		audit->who = optarg;
		return 0;
	default:
		audit->action = optarg;
		return 0;
	}
}

static bool
says_nothing(const json_t *value)
{
	return json_is_null(value) || json_is_false(value) ||
	    (json_is_string(value) && json_string_length(value) == 0) ||
	    (json_is_array(value) && json_array_size(value) == 0);
}

static void
add_value(struct strbuf *words, const json_t *value)
{
	char *text;

	if (json_is_string(value)) {
		strbuf_adds(words, json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	strbuf_adds(words, text != NULL ? text : "?");
	free(text);
}

/* "jobs 3, added [\"x\"]" of an object; anything else as it is. */
static void
add_words(struct strbuf *words, json_t *value)
{
	const char *key;
	json_t *member;

	if (!json_is_object(value) && !says_nothing(value))
		add_value(words, value);
	json_object_foreach(value, key, member)
	{
		if (says_nothing(member))
			continue;
		strbuf_addf(words, "%s%s ", words->len > 0 ? ", " : "", key);
		add_value(words, member);
	}
}

static void
show_value(struct table *table, const json_t *row, const char *key)
{
	struct strbuf words = STRBUF_INIT;

	add_words(&words, json_object_get(row, key));
	table_add(
	    table, COLOUR_NONE, "%s", words.len > 0 ? strbuf_str(&words) : "-");
	strbuf_fini(&words);
}

static void
show_row(struct table *table, const json_t *row)
{
	static const char *const texts[] = {
	    "who", "from", "host", "action", "object", NULL};
	char time[TEXT_MAX] = "-";
	const char *text;
	int64_t ms;

	if (field_time(row, "time", &ms))
		text_short_time(time, ms, text_now());
	table_add(table, COLOUR_NONE, "%s", time);
	for (int i = 0; texts[i] != NULL; i++) {
		text = field_text(row, texts[i]);
		table_add(table, COLOUR_NONE, "%s", *text != '\0' ? text : "-");
	}
	show_value(table, row, "before");
	show_value(table, row, "after");
}

static struct table *
make_table(void)
{
	char zone[TEXT_MAX], head[TEXT_MAX + 8];
	const char *heads[] = {head, "WHO", "FROM", "HOST", "ACTION", "ON",
	    "BEFORE", "AFTER", NULL};

	snprintf(head, sizeof(head), "TIME (%s)", text_zone(zone, text_now()));
	return table_new(heads);
}

static char *
make_path(const struct cli *cli, struct audit *audit)
{
	struct strbuf path = STRBUF_INIT;

	pages_path(cli, &audit->pages, &path, "/v1/audit");
	pages_argument(&path, "&object=", audit->object);
	pages_argument(&path, "&who=", audit->who);
	pages_argument(&path, "&action=", audit->action);
	pages_argument(&path, "&since=", audit->since);
	return strbuf_take(&path);
}

static int
print(const struct cli *cli, struct audit *audit)
{
	audit->pages.table = cli->json ? NULL : make_table();
	audit->pages.show = show_row;
	return pages_print(
	    cli, &audit->pages, make_path(cli, audit), "no changes", "changes");
}

static int
run(struct cli *cli, int argc, char **argv)
{
	struct audit audit = {.object = NULL};
	int letter, status;

	while ((letter = cli_option(cli, argc, argv, &status)) > 0)
		if (take_option(cli, &audit, letter) == -1)
			return CLI_USAGE;
	if (letter == 0)
		return status;
	status = cli_operands(cli, argc, argv);
	if (status != -1)
		return status;
	if (optind < argc)
		audit.object = argv[optind];
	return print(cli, &audit);
}

static const struct cli_option options[] = {
    {'n', "lines", "N", "the newest N changes " PAGES_OPTION_HELP},
    {'s', "since", "TIME|DURATION", "of this time or this long ago on"},
    {'w', "who", "WHO", "by this user or token, as it is written there"},
    {'A', "action", "ACTION", "of this kind, such as run, pause or reload"},
    {0, NULL, NULL, NULL},
};

const struct command cmd_audit = {
    .name = "audit",
    .operands = "[JOB|RUN]",
    .summary = "List who changed what by hand, newest first",
    .options = options,
    .max = 1,
    .run = run,
};
