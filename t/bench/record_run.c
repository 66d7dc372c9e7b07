#include "record_run.h"

#include <stdio.h>

struct record_end
record_run(int i)
{
	struct record_end end = {
	    .begin =
		{
		    .host = "node-1",
		    .slot_ms = 1767225600000 + i / RECORD_JOBS * 1000,
		    .due_ms = 1767225600000 + i / RECORD_JOBS * 1000,
		    .attempt = 1,
		    .created_ms = 1767225600000 + i,
		    .output_limit = 1 << 20,
		},
	    .result =
		{
		    .outcome = OUTCOME_SUCCESS,
		    .started_us = 1767225600000000 + i,
		    .finished_us = 1767225600500000 + i,
		    .duration_us = 500000,
		    .cpu_us = 1200,
		    .max_rss_kb = 2048,
		    .output_bytes = sizeof(RECORD_OUTPUT) - 1,
		},
	};

	/* The last three characters are the place of its run file. */
	snprintf(end.begin.id, sizeof(end.begin.id), "01k3%09d%03x",
	    i / RECORD_PLACES, i % RECORD_PLACES);
	snprintf(end.begin.job, sizeof(end.begin.job), "tenant-%04d.report",
	    i % RECORD_JOBS);
	return end;
}
