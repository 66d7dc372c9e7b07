/* Rows of the store as JSON (INTERFACE.md, "Outcomes"). */
#ifndef BELFRY_RECORDER_QUERY_ROW_JSON_H
#define BELFRY_RECORDER_QUERY_ROW_JSON_H

#include <jansson.h>

#include "recorder/store.h"

json_t *row_json_run(const struct store_run *run);

/* Adds "params" and "parents", where there are any: JSON texts. */
void row_json_add_params(json_t *row, const char *params, const char *parents);
json_t *row_json_slot(const struct store_slot *slot);

#endif
