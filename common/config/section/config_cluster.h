/* [cluster] of belfry.conf, and the tags of [master]. */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_CLUSTER_H
#define BELFRY_CONFIG_SECTION_CONFIG_CLUSTER_H

#include "base/err.h"
#include "config/config_setting.h"

/* Kinds of values; see struct setting. */
int config_parse_tags(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err);
int config_parse_redis(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err);
int config_parse_guard(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err);

/*
 * What only shows when all is read. 0; -1 with err, and *key_r is the key of
 * [cluster] that is wrong, "" the section.
 */
int config_cluster_check(
    const struct config *config, const char **key_r, struct err *err);

#endif
