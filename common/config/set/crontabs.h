/* The crontabs of this machine: which files they are, and whose they may be. */
#ifndef BELFRY_CONFIG_SET_CRONTABS_H
#define BELFRY_CONFIG_SET_CRONTABS_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"
#include "config/job.h"

/* A file and how it is to be read. */
struct job_path {
	char *path; /* owned */
	enum job_source_kind kind;
};

struct job_paths {
	struct job_path *items; /* owned */
	size_t n, cap;
};

void
job_paths_add(struct job_paths *paths, char *path, enum job_source_kind kind);
void job_paths_fini(struct job_paths *paths);

/* In order of their paths. */
void job_paths_sort(struct job_paths *paths);

/*
 * Adds the crontabs that there are: of crontabs->files each file, and of each
 * directory those whose names are letters, digits, "_" and "-" alone, as cron
 * and run-parts(8) have it; of crontabs->spool the files whose names do not
 * begin with a dot or "tmp.". What cannot be read is an error; a name that is
 * passed over, and is no litter, is worth a hint.
 */
typedef void crontabs_tell(void *arg, const char *path, const char *text);

void crontabs_list(const struct job_crontabs *crontabs, struct job_paths *paths,
    crontabs_tell *error, crontabs_tell *hint, void *arg);

/*
 * Opens a crontab as cron would: no link leads elsewhere but root's own. The
 * descriptor; -1 with err.
 */
int crontab_open(const char *path, enum job_source_kind kind,
    const struct job_set_options *options, struct err *err);

/*
 * The rules of cron(8) for owner, mode and links of the file that was opened;
 * those of the system hold when we are root. 0, or -1 with err.
 */
int crontab_check_file(const char *path, const struct stat *st,
    enum job_source_kind kind, const struct job_set_options *options,
    struct err *err);

#endif
