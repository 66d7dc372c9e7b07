#include "config/config_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/quote.h"

static const struct {
	const char *name;
	size_t offset;
	int64_t max;
} keys[] = {
    {"limit", offsetof(struct queue_section, limit), 100000},
    {"workers", offsetof(struct queue_section, workers), 10000},
};

static bool
is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strspn(name, letters);

	return len > 0 && len <= QUEUE_NAME_MAX && name[len] == '\0' &&
	    strcmp(name, "none") != 0;
}

const struct queue_section *
config_queue_find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nqueues; i++)
		if (strcmp(config->queues[i].name, name) == 0)
			return &config->queues[i];
	return NULL;
}

static struct queue_section *
add(struct setting_file *file, const char *name)
{
	struct config *config = &file->config;
	struct queue_section *section;

	array_reserve(&file->queues, &file->queues_cap, config->nqueues + 1,
	    sizeof(*file->queues));
	section = &file->queues[config->nqueues++];
	memset(section, 0, sizeof(*section));
	section->name = setting_keep(file, xstrdup(name));
	section->limit = QUEUE_DEFAULT_LIMIT;
	section->workers = 1;
	config->queues = file->queues;
	config->queue_names = setting_keep(file,
	    xasprintf("%s%s%s", config->queue_names,
		config->nqueues > 1 ? " " : "", section->name));
	return section;
}

int
config_queue_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err)
{
	const struct queue_section *first =
	    config_queue_find(&file->config, event->name);
	char quoted[QUOTE_SIZE];

	if (*event->name == '\0')
		return err_set(
		    err, "a queue without a name; write [queue NAME]");
	if (!is_name(event->name))
		return err_set(err,
		    "bad name of a queue %s; letters, digits, \".\", \"_\" "
		    "and \"-\" are possible, at most %d, but not \"none\"",
		    quote(quoted, event->name), QUEUE_NAME_MAX);
	if (first != NULL)
		return err_set(err,
		    "[queue %s] is given twice; the first is in line %u",
		    event->name, first->line);
	add(file, event->name)->line = event->line;
	return 0;
}

/* -1 with err: it is unknown. */
static int
find_key(const char *name, struct err *err)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < nitems(keys); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return (int)i;
		suggest_try(&s, keys[i].name);
	}
	return err_set(err, "unknown key %s in [queue]%s", quote(quoted, name),
	    suggest_text(text, &s));
}

static int
parse_number(const char *value, int64_t max, int64_t *number_r, struct err *err)
{
	char quoted[QUOTE_SIZE], *end;

	errno = 0;
	*number_r = strtoll(value, &end, 10);
	if (*value >= '0' && *value <= '9' && *end == '\0' && errno == 0 &&
	    *number_r >= 1 && *number_r <= max)
		return 0;
	return err_set(err, "%s: write a number from 1 to %lld",
	    quote(quoted, value), (long long)max);
}

int
config_queue_take(struct setting_file *file, const struct ini_event *event,
    const char *value, struct err *err)
{
	struct queue_section *section = &file->queues[file->config.nqueues - 1];
	int key = find_key(event->key, err);
	void *field;

	if (key == -1)
		return -1;
	if (section->lines[key] != 0)
		return err_set(err,
		    "%s is given twice; the first is in line %u",
		    keys[key].name, section->lines[key]);
	section->lines[key] = event->line;
	field = (char *)section + keys[key].offset;
	if (parse_number(value, keys[key].max, field, err) == -1)
		return err_prefix(err, "%s", keys[key].name);
	return 0;
}

void
config_queue_end(struct setting_file *file)
{
	if (config_queue_find(&file->config, QUEUE_DEFAULT) == NULL)
		add(file, QUEUE_DEFAULT)->workers = QUEUE_DEFAULT_WORKERS;
}
