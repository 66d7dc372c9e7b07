/*
 * How a PostgreSQL server is reached, as libpq's conninfo: keywords and
 * values, or a URI. What is checked here is what can be told from the text;
 * no message ever shows a value, which may be a password.
 */
#ifndef BELFRY_CONFIG_SECTION_CONNINFO_H
#define BELFRY_CONFIG_SECTION_CONNINFO_H

#include "base/err.h"

/* 0, or -1 with err: where it is wrong and what would be right. */
int conninfo_check(const char *text, struct err *err);

#endif
