/* [api] of belfry.conf: where else than on its socket the daemon listens. */
#ifndef BELFRY_CONFIG_CONFIG_API_H
#define BELFRY_CONFIG_CONFIG_API_H

#include "config/config_setting.h"

/* The key listen; for the table of settings. */
int config_parse_listen(struct setting_file *file,
    const struct setting *setting, const char *value, struct err *err);

#endif
