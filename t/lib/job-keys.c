/*
 * Prints the table of job keys, a line each: name, default, least, most, with
 * tabs between them. For tests that hold manuals against it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "config/job/draft.h"

int
main(void)
{
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		printf("%s\t%s\t%" PRId64 "\t%" PRId64 "\n", k->name,
		    k->fallback != NULL ? k->fallback : "", k->min, k->max);
	return 0;
}
