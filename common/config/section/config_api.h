/*
 * [api] of belfry.conf: where else than on its socket the daemon listens, and
 * whom it believes there.
 */
#ifndef BELFRY_CONFIG_SECTION_CONFIG_API_H
#define BELFRY_CONFIG_SECTION_CONFIG_API_H

#include "config/config_setting.h"

/* Parsers of keys, for the table of settings. */
int config_parse_listen(struct setting_file *file,
    const struct setting *setting, const char *value, struct err *err);
int config_parse_proxy(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err);
int config_parse_header(struct setting_file *file,
    const struct setting *setting, const char *value, struct err *err);
int config_parse_users(struct setting_file *file, const struct setting *setting,
    const char *value, struct err *err);

/*
 * What is wrong with the keys together: -1 with err and the key that is to
 * blame. 0 when nothing is.
 */
int config_api_check(
    const struct config *config, const char **key_r, struct err *err);

#endif
