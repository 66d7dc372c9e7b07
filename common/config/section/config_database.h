/* [database NAME] of belfry.conf: how it is read. */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_DATABASE_H
#define BELFRY_CONFIG_SECTION_CONFIG_DATABASE_H

#include "base/err.h"
#include "config/config_setting.h"
#include "config/ini.h"
#include "config/section/database.h"

/* Begins one. 0, or -1 with err: a bad name, or one that is taken. */
int config_database_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err);

/*
 * Takes a key of the last one that was begun; value is copied, and shown in
 * no message. 0, or -1 with err. Files are not looked at.
 */
int config_database_take(struct setting_file *file,
    const struct ini_event *event, const char *value, struct err *err);

/* Calls problem for what only shows when all is read. */
void config_database_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);

#endif
