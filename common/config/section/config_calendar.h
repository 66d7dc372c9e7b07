/* [calendar NAME] of belfry.conf: sections of a name, any number of them. */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_CALENDAR_H
#define BELFRY_CONFIG_SECTION_CONFIG_CALENDAR_H

#include "base/err.h"
#include "config/config_setting.h"
#include "config/ini.h"

/* Begins one. 0, or -1 with err: a bad name, or one that is taken. */
int config_calendar_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err);

/*
 * Takes a key of the last one that was begun; value is copied. 0, or -1 with
 * err: an unknown key, or a value that is wrong. Files are not looked at.
 */
int config_calendar_take(struct setting_file *file,
    const struct ini_event *event, const char *value, struct err *err);

/* Calls problem for what only shows when all is read. */
void config_calendar_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);

void config_calendar_fini(struct setting_file *file);

#endif
