/* belfry check --heat: when the jobs of a week fire. */
#ifndef BELFRY_CLI_CHECK_CHECK_HEAT_H
#define BELFRY_CLI_CHECK_CHECK_HEAT_H

#include <jansson.h>

#include "config/set/heat.h"

/* To standard output, in 80 columns. */
void check_heat_print(const struct job_heat *heat);

json_t *check_heat_json(const struct job_heat *heat);

#endif
