#include "config/section/config_named.h"

#include <string.h>

#include "base/mem.h"
#include "config/section/config_calendar.h"
#include "config/section/config_database.h"
#include "config/section/config_notify.h"
#include "config/section/config_queue.h"

static const struct config_named named[] = {
    {"calendar", config_calendar_begin, config_calendar_take},
    {"database", config_database_begin, config_database_take},
    {"notify", config_notify_begin, config_notify_take},
    {"queue", config_queue_begin, config_queue_take},
};

const struct config_named *
config_named_find(const char *section)
{
	for (size_t i = 0; i < nitems(named); i++)
		if (strcmp(named[i].section, section) == 0)
			return &named[i];
	return NULL;
}

void
config_named_suggest(struct suggest *s)
{
	for (size_t i = 0; i < nitems(named); i++)
		suggest_try(s, named[i].section);
}

void
config_named_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	config_calendar_check(file, problem, arg);
	config_database_check(file, problem, arg);
	config_notify_check(file, problem, arg);
}
