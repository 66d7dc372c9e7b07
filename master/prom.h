/*
 * Numbers as Prometheus reads them (its text format, 0.0.4): helpers to write
 * it, and a histogram. One per process, no locks.
 */
#ifndef BELFRY_MASTER_PROM_H
#define BELFRY_MASTER_PROM_H

#include <stdint.h>

#include "base/strbuf.h"

#define PROM_BUCKETS 16

/* Durations. Zero it. */
struct prom_histogram {
	uint64_t count[PROM_BUCKETS + 1]; /* not cumulated; the last: more */
	int64_t sum_us;
};

/* Below 0 counts as 0. */
void prom_observe(struct prom_histogram *h, int64_t us);

/* "# HELP" and "# TYPE" of a family; all its samples must follow. */
void prom_family(
    struct strbuf *b, const char *name, const char *type, const char *help);

/*
 * name{label="value"} v; label NULL: none. The value is escaped, and is text of
 * any bytes.
 */
void prom_sample(struct strbuf *b, const char *name, const char *label,
    const char *value, double v);

/* The same with two labels. */
void prom_sample2(struct strbuf *b, const char *name, const char *label1,
    const char *value1, const char *label2, const char *value2, double v);

/* A family of one sample without labels. */
void prom_one(struct strbuf *b, const char *name, const char *type,
    const char *help, double v);

/* A family of one histogram, in seconds. */
void prom_histogram(struct strbuf *b, const char *name, const char *help,
    const struct prom_histogram *h);

#endif
