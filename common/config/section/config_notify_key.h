/* The keys of [notify NAME] as one table. */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_NOTIFY_KEY_H
#define BELFRY_CONFIG_SECTION_CONFIG_NOTIFY_KEY_H

#include <stdbool.h>

#include "config/section/config_notify.h"

/* What a section is that says nothing. */
void config_notify_defaults(struct notify_section *section);

/* Keys by number. */
int config_notify_key_count(void);
const char *config_notify_key_name(int key);
bool config_notify_key_is_of(int key, enum notify_type type);

/* The line of a key in a section; 0: it was not given. */
uint32_t
config_notify_line(const struct notify_section *section, const char *key);

/* A type by its word; -1: it is none. */
int config_notify_type(const char *value);

/* Events by their words. 0, or -1 with err. */
int
config_notify_events(const char *value, uint32_t *events_r, struct err *err);

#endif
