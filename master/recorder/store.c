#include "recorder/store.h"

#include <stdio.h>
#include <string.h>

#include "run/run_bound.h"

/* Behind every run id. */
#define ID_END "\x7f"

void
store_runs_end(const struct store_filter *filter, char end[JOB_NAME_MAX + 1])
{
	char bound[RUN_ID_SIZE] = ID_END;

	if (filter->until_ms != INT64_MAX)
		run_bound(filter->until_ms + 1, bound);
	snprintf(end, JOB_NAME_MAX + 1, "%s",
	    *filter->before.key != '\0' &&
		    strcmp(filter->before.key, bound) < 0 ?
		filter->before.key :
		bound);
}
