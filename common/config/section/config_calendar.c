#include "config/section/config_calendar.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/config_value.h"
#include "config/job/draft.h"
#include "config/quote.h"

static const char *const keys[] = {
    [CALENDAR_DATES] = "dates",
    [CALENDAR_WEEKDAYS] = "weekdays",
    [CALENDAR_FILE] = "file",
    [CALENDAR_TIMEZONE] = "timezone",
};

static const struct calendar_section *
find(const struct setting_file *file, const char *name)
{
	for (size_t i = 0; i < file->config.ncalendars; i++)
		if (strcmp(file->calendars[i].name, name) == 0)
			return &file->calendars[i];
	return NULL;
}

int
config_calendar_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err)
{
	const struct calendar_section *first = find(file, event->name);
	const struct config_name name = {
	    .kind = "calendar",
	    .name = event->name,
	    .reserved = "none", /* "calendar = none" takes a default back */
	    .first = first != NULL ? first->line : 0,
	};
	struct calendar_section *section;

	if (config_check_name(&name, err) == -1)
		return -1;
	array_reserve(&file->calendars, &file->calendars_cap,
	    file->config.ncalendars + 1, sizeof(*file->calendars));
	section = &file->calendars[file->config.ncalendars++];
	memset(section, 0, sizeof(*section));
	section->name = setting_keep(file, xstrdup(event->name));
	section->line = event->line;
	file->config.calendars = file->calendars;
	return 0;
}

/* What can be told from the text alone. */
static int
check_value(const struct calendar_section *section, enum calendar_key key,
    const char *value, struct err *err)
{
	struct calendar *days;
	int rc = 0;

	if (*value == '\0')
		return err_set(err, "a value is missing");
	for (size_t i = 0; i < section->nitems; i++)
		if (key == CALENDAR_TIMEZONE &&
		    section->items[i].key == CALENDAR_TIMEZONE)
			return err_set(err,
			    "given twice; the first is in line %u",
			    section->items[i].line);
	if (key != CALENDAR_DATES && key != CALENDAR_WEEKDAYS)
		return 0;
	days = calendar_new();
	rc = key == CALENDAR_DATES ? calendar_add_dates(days, value, err) :
				     calendar_add_weekdays(days, value, err);
	calendar_free(days);
	return rc;
}

int
config_calendar_take(struct setting_file *file, const struct ini_event *event,
    const char *value, struct err *err)
{
	struct calendar_section *section =
	    &file->calendars[file->config.ncalendars - 1];
	int key = config_find_key(
	    "calendar", keys, sizeof(*keys), nitems(keys), event->key, err);
	struct calendar_item *item;
	char quoted[QUOTE_SIZE];

	if (key == -1)
		return -1;
	if (check_value(section, (enum calendar_key)key, value, err) == -1)
		return *value == '\0' ?
		    err_prefix(err, "%s", event->key) :
		    err_prefix(err, "%s %s", event->key, quote(quoted, value));
	array_reserve(&section->items, &section->cap, section->nitems + 1,
	    sizeof(*section->items));
	item = &section->items[section->nitems++];
	item->key = (enum calendar_key)key;
	item->line = event->line;
	item->value = setting_keep(file,
	    key == CALENDAR_FILE ? config_resolve(file->config.path, value) :
				   xstrdup(value));
	return 0;
}

static void
check_zone(struct schedule_pool *pool, const struct calendar_item *item,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct err err = {""};

	if (item->key != CALENDAR_TIMEZONE ||
	    schedule_pool_zone(pool, item->value, &err) != NULL)
		return;
	err_prefix(&err, "timezone");
	problem(arg, item->line, err.text);
}

/* The one that [defaults] names. */
static void
check_default(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	const struct job_draft *draft = &file->defaults->draft;
	const char *name = draft->options.calendar_name;
	char text[QUOTE_SIZE];
	struct suggest s;
	struct err err;

	if (*name == '\0' || find(file, name) != NULL)
		return;
	suggest_init(&s, name);
	for (size_t i = 0; i < file->config.ncalendars; i++)
		suggest_try(&s, file->calendars[i].name);
	err_set(&err, "calendar: there is no [calendar %.128s]%s", name,
	    suggest_text(text, &s));
	problem(arg, job_draft_line(draft, "calendar"), err.text);
}

void
config_calendar_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct schedule_pool *pool;

	check_default(file, problem, arg);
	if (file->config.ncalendars == 0)
		return;
	pool = schedule_pool_new(NULL);
	for (size_t i = 0; i < file->config.ncalendars; i++) {
		const struct calendar_section *section = &file->calendars[i];
		size_t days = 0;

		for (size_t j = 0; j < section->nitems; j++) {
			check_zone(pool, &section->items[j], problem, arg);
			days += section->items[j].key != CALENDAR_TIMEZONE;
		}
		if (days == 0)
			problem(arg, section->line,
			    "a calendar without days; write dates = 12-25, "
			    "weekdays = SAT SUN or file = PATH");
	}
	schedule_pool_free(pool);
}

void
config_calendar_fini(struct setting_file *file)
{
	for (size_t i = 0; i < file->config.ncalendars; i++)
		free(file->calendars[i].items);
	free(file->calendars);
}
