/* Builds a run's specification from lines of text; for drive.c. */
#ifndef BELFRY_T_DRIVE_SPEC_H
#define BELFRY_T_DRIVE_SPEC_H

#include <stdint.h>

#include "run/spec.h"

#define SPEC_WORDS_MAX 8192

struct drive_spec {
	struct run_spec spec; /* its strings are owned here */
	const char *words[SPEC_WORDS_MAX];
	const char *env[SPEC_WORDS_MAX];
	const char *settings[SPEC_WORDS_MAX];
	uint32_t groups[SPEC_GROUPS_MAX];
	uint64_t output_limit;
};

/* Back to a job that does nothing, with defaults. */
void drive_spec_reset(struct drive_spec *s);

/* A line "KEY VALUE". 0, or -1 when the key is unknown. */
int drive_spec_set(struct drive_spec *s, const char *key, const char *value);

/* A copy of text with \n, \\ and \xHH replaced; its length in len_r. */
char *drive_unescape(const char *text, size_t *len_r);

#endif
