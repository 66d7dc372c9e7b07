/* [queue NAME] of belfry.conf: how it is read. */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_QUEUE_H
#define BELFRY_CONFIG_SECTION_CONFIG_QUEUE_H

#include "base/err.h"
#include "config/config_setting.h"
#include "config/ini.h"
#include "config/section/queue.h"

/* Begins one. 0, or -1 with err: a bad name, or one that is taken. */
int config_queue_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err);

/* Takes a key of the last one that was begun. 0, or -1 with err. */
int config_queue_take(struct setting_file *file, const struct ini_event *event,
    const char *value, struct err *err);

/* When all is read: adds the one that is always there. */
void config_queue_end(struct setting_file *file);

#endif
