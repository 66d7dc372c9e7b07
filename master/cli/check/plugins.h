/* What plugins are, for commands that need no daemon: they are asked at once. */
#ifndef BELFRY_CLI_CHECK_PLUGINS_H
#define BELFRY_CLI_CHECK_PLUGINS_H

#include <stdbool.h>

#include "config/config.h"
#include "guardian/programs.h"
#include "plugin_book.h"

struct cli_plugins {
	struct plugin_book book;
	struct programs programs;
	bool opened;
};

/* As struct job_set_options wants it. config may be NULL. */
enum job_plugin
cli_plugins_find(struct cli_plugins *plugins, const struct config *config,
    const char *name, const struct plugin_info **info_r, struct err *err);

void cli_plugins_fini(struct cli_plugins *plugins);

#endif
