/* [database NAME] of belfry.conf: PostgreSQL servers that jobs name. */
#ifndef BELFRY_CONFIG_SECTION_DATABASE_H
#define BELFRY_CONFIG_SECTION_DATABASE_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* A section as it was read; strings are the configuration's. */
struct database_section {
	const char *name;
	uint32_t line;
	const char *conninfo;      /* libpq's; may hold a password */
	const char *password_file; /* NULL none; absolute */
	uint32_t lines[2];         /* of the keys; 0: not given */
};

/* The one whose name has these len bytes, borrowed; NULL: there is none. */
const struct database_section *
config_database_find(const struct config *config, const char *name, size_t len);

#endif
