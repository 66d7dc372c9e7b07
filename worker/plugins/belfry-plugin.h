/*
 * belfry plugins: jobs that are a function of a shared object. See
 * belfry-plugin(3), which has a whole one.
 *
 * A plugin is plugin-dir/NAME.so and defines the symbol belfry_plugin. It is
 * loaded in a process that is forked for one run and ends with it, as the
 * user of the job: what it breaks, leaks or leaves open costs that run.
 */
#ifndef BELFRY_PLUGIN_H
#define BELFRY_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes when a plugin has to be compiled again. */
#define BELFRY_PLUGIN_ABI 1

/* What a parameter may be, and what its min and max are (both 0: any). */
enum belfry_type {
	BELFRY_TEXT = 1,     /* its length in bytes */
	BELFRY_INTEGER = 2,  /* the number */
	BELFRY_NUMBER = 3,   /* with a fraction; the number */
	BELFRY_FLAG = 4,     /* yes or no */
	BELFRY_DURATION = 5, /* "5m", "30d"; in milliseconds */
	BELFRY_SIZE = 6,     /* "64K", "1G"; in bytes */
	BELFRY_WORD = 7,     /* one of words */
};

/* A key that the job of the plugin may have in its job file. */
struct belfry_param {
	const char *name; /* small letters, digits and "-" */
	enum belfry_type type;
	int64_t min, max;     /* both included */
	const char *fallback; /* as one would write it; NULL: must be given */
	const char *help;     /* one line */
	const char *words;    /* of BELFRY_WORD, separated by one blank */
};

struct belfry_run; /* one run, as its plugin sees it */

/* The job must name a [database NAME] of belfry.conf. */
#define BELFRY_NEEDS_DATABASE 1u

struct belfry_plugin {
	uint32_t abi;         /* BELFRY_PLUGIN_ABI */
	uint32_t flags;       /* BELFRY_NEEDS_DATABASE or 0 */
	const char *name;     /* its file's, without ".so" */
	const char *help;     /* one line */
	const char *schedule; /* of jobs that have none; NULL: none */
	const struct belfry_param *params; /* ends with name NULL; or NULL */
	/*
	 * Called in this order, once each; init and fini may be NULL. What
	 * init leaves in *state_r is handed to the others. Not 0: it failed,
	 * and the number, 1 to 255, is the exit code of the run. fini is
	 * called whenever init did not fail.
	 */
	int (*init)(struct belfry_run *run, void **state_r);
	int (*run)(struct belfry_run *run, void *state);
	void (*fini)(struct belfry_run *run, void *state);
};

/* The one symbol that a plugin has to define. */
extern const struct belfry_plugin belfry_plugin
    __attribute__((visibility("default")));

enum belfry_level {
	BELFRY_DEBUG,
	BELFRY_INFO,
	BELFRY_WARNING,
	BELFRY_ERROR,
};

/* One line of the run's output, which standard output is as well. */
void belfry_log(struct belfry_run *run, enum belfry_level level,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Sets the reason of a failure; returns 1, for "return belfry_fail(...)". */
int belfry_fail(struct belfry_run *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * A parameter of the table as it is for this run: of "belfry run --param",
 * the job file or the table's fallback. Asking for one that is not in the
 * table ends the run. Durations are ms, flags 0 or 1.
 */
const char *belfry_text(struct belfry_run *run, const char *name);
int64_t belfry_integer(struct belfry_run *run, const char *name);
double belfry_number(struct belfry_run *run, const char *name);

/* Of the run; the rest is in the environment, see belfry-job(5). */
const char *belfry_job(const struct belfry_run *run);
const char *belfry_run_id(const struct belfry_run *run);
int belfry_attempt(const struct belfry_run *run);

/* Grows with every claim of the job: for what refuses the past. */
uint64_t belfry_fence(const struct belfry_run *run);

/*
 * Is the run to end (time-out, kill, shutdown)? The descriptor becomes
 * readable then; it is not to be read or closed.
 */
int belfry_cancelled(const struct belfry_run *run);
int belfry_cancel_fd(const struct belfry_run *run);

/*
 * How far it has come, for "belfry status" and "belfry show": done of total
 * (0: unknown) and a few words. As often as one likes.
 */
void belfry_progress(struct belfry_run *run, int64_t done, int64_t total,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * A value that is kept with the run in the ledger and shown to the jobs after
 * it. The name is as that of a parameter; a later value replaces an earlier
 * one. 0, or -1: it is no name, or there is no room for it (64 bytes a name,
 * 1000 bytes all together).
 */
int belfry_result(struct belfry_run *run, const char *name, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif

#endif
