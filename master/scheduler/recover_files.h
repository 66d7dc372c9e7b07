/* Run files that a predecessor left, while loading. */
#ifndef BELFRY_SCHEDULER_RECOVER_FILES_H
#define BELFRY_SCHEDULER_RECOVER_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "run/runfile.h"

struct master;

struct recover_file {
	struct run_begin begin;
	uint64_t mark; /* of its end; 0 none yet */
	bool unstarted;
};

struct recover_files {
	struct recover_file *all; /* by slot; owned */
	size_t n, cap;
	int64_t alive_ms; /* the predecessor was, then */
};

/* Reads the directory; places that are in use are marked. */
void recover_files_read(struct recover_files *files, struct master *m);
void recover_files_fini(struct recover_files *files);

/* Is there one of this run; of this attempt of a slot, or a later one; of a
 * run of job that parent's end began? */
bool recover_files_have(
    const struct recover_files *files, const struct run_begin *begin);
bool recover_files_attempt(const struct recover_files *files, const char *job,
    int64_t slot_ms, int32_t attempt);
bool recover_files_child(
    const struct recover_files *files, const char *job, const char *parent);

#endif
