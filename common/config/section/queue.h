/* [queue NAME] of belfry.conf: where what people submit waits its turn. */
#ifndef BELFRY_CONFIG_SECTION_QUEUE_H
#define BELFRY_CONFIG_SECTION_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* Who names no queue means this one, which is always there. */
#define QUEUE_DEFAULT "default"

/* Unless belfry.conf has a section for it. */
#define QUEUE_DEFAULT_LIMIT   1000
#define QUEUE_DEFAULT_WORKERS 16

/* Shorter than a job's, so that names can be made of it. */
#define QUEUE_NAME_MAX 100

/* A section as it was read; strings are the configuration's. */
struct queue_section {
	const char *name;
	uint32_t line;     /* 0: it is in no file */
	int64_t limit;     /* so many may wait; 1000 */
	int64_t workers;   /* so many run at once; 1 */
	uint32_t lines[2]; /* of the keys; 0: not given */
};

/* The one of that name, borrowed; NULL: there is none. */
const struct queue_section *
config_queue_find(const struct config *config, const char *name);

#endif
