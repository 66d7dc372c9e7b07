/* Sections of belfry.conf that have a name, of which there may be several. */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_NAMED_H
#define BELFRY_CONFIG_SECTION_CONFIG_NAMED_H

#include "base/err.h"
#include "config/config_setting.h"
#include "config/ini.h"
#include "config/quote.h"

struct config_named {
	const char *section; /* "calendar" */
	/* Begins one. 0, or -1 with err. */
	int (*begin)(struct setting_file *file, const struct ini_event *event,
	    struct err *err);
	/* Takes a key of the last one that was begun. 0, or -1 with err. */
	int (*take)(struct setting_file *file, const struct ini_event *event,
	    const char *value, struct err *err);
};

/* NULL: sections of this kind have no name, or there are none. */
const struct config_named *config_named_find(const char *section);

/* Shows all of them to s. */
void config_named_suggest(struct suggest *s);

/* Calls problem for what only shows when all sections are read. */
void config_named_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);

#endif
