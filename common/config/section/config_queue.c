#include "config/section/config_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config_value.h"
#include "config/quote.h"

static const struct {
	const char *name;
	size_t offset;
	int64_t max;
} keys[] = {
    {"limit", offsetof(struct queue_section, limit), 100000},
    {"workers", offsetof(struct queue_section, workers), 10000},
};

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
	const struct config_name name = {
	    .kind = "queue",
	    .name = event->name,
	    .reserved = "none",
	    .first = first != NULL ? first->line : 0,
	};

	if (config_check_name(&name, err) == -1)
		return -1;
	add(file, event->name)->line = event->line;
	return 0;
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
	int key = config_find_key("queue", &keys[0].name, sizeof(keys[0]),
	    nitems(keys), event->key, err);
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
