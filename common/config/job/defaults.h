/* The keys of [defaults] in belfry.conf: what a job begins with. */
#ifndef BELFRY_CONFIG_JOB_DEFAULTS_H
#define BELFRY_CONFIG_JOB_DEFAULTS_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

struct job_defaults;

/* The built-in ones. */
struct job_defaults *job_defaults_new(void);
void job_defaults_free(struct job_defaults *defaults);

/*
 * Takes one key; value must live as long as defaults. 0, or -1 with err, which
 * names the key.
 */
int job_defaults_set(struct job_defaults *defaults, const char *key,
    const char *value, uint32_t line, struct err *err);

/*
 * The output-limit of jobs when no [defaults] says one: output-limit of
 * [store], in bytes.
 */
void job_defaults_output_limit(struct job_defaults *defaults, uint64_t bytes);

/*
 * What a single key could not tell: calls problem for a time zone or schedule
 * that is wrong, and for whom of notify is none of receivers ("A B C").
 */
void
job_defaults_check(const struct job_defaults *defaults, const char *receivers,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg);

/* Appends bytes that are equal when, and only when, the defaults are. */
void job_defaults_print(const struct job_defaults *defaults, struct strbuf *b);

#endif
