/* How far a run has come, as its job says. */
#ifndef BELFRY_RUN_PROGRESS_H
#define BELFRY_RUN_PROGRESS_H

#include <stdint.h>

#define PROGRESS_TEXT_MAX 200

struct progress {
	int64_t done;
	int64_t total;                /* 0 unknown */
	char text[PROGRESS_TEXT_MAX]; /* one line */
};

#endif
