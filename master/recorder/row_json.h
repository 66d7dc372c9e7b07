/* Rows of the store as JSON (INTERFACE.md, "Outcomes"). */
#ifndef BELFRY_MASTER_RECORDER_ROW_JSON_H
#define BELFRY_MASTER_RECORDER_ROW_JSON_H

#include <jansson.h>

#include "store.h"

json_t *row_json_run(const struct store_run *run);
json_t *row_json_slot(const struct store_slot *slot);

#endif
