/* Durations (as Go writes them, plus d and w) and sizes, both ways. */
#ifndef BELFRY_BASE_DURATION_H
#define BELFRY_BASE_DURATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DURATION_TEXT_MAX 48

/*
 * "500ms 10s 5m 1h30m 1.5h +5m 1d 2w": a sum of decimal numbers, each with a
 * unit ns us ms s m h d w, no blanks; "0" alone needs no unit. Negative values,
 * missing units and overflow are errors that say what would be right, with
 * the column in text (from 1). *ns_r is nanoseconds. 0 or -1.
 */
int duration_parse(const char *text, int64_t *ns_r, struct err *err);

/* Same, for a text whose first character stands in column of a longer one. */
int duration_parse_column(
    const char *text, int column, int64_t *ns_r, struct err *err);

/* Same, in milliseconds; a non-zero value below 1ms becomes 1. */
int duration_parse_ms(const char *text, int64_t *ms_r, struct err *err);

/*
 * The shortest text that duration_parse() reads back as ms: "1h30m", "500ms",
 * "2d". buf has DURATION_TEXT_MAX bytes. Returns buf.
 */
const char *duration_format_ms(char *buf, int64_t ms);

/* "64K 10M 1G" (powers of 1024, either case, optional B) or plain bytes. */
int size_parse(const char *text, uint64_t *bytes_r, struct err *err);

#define SIZE_TEXT_MAX 24

/*
 * The shortest text that size_parse() reads back as bytes: "64K", "1000". buf
 * has SIZE_TEXT_MAX bytes. Returns buf.
 */
const char *size_format(char *buf, uint64_t bytes);

#endif
