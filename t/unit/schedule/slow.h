/*
 * SCHEDULE.md once more, slow and obvious: expressions as lists of items that
 * are asked one by one whether a value matches. Shares nothing with the
 * engine but the civil calendar.
 */
#ifndef BELFRY_TEST_SLOW_H
#define BELFRY_TEST_SLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where memory is watched everything takes many times longer, and the other
 * build has tried the values: one in so many will do.
 */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SLOW_SHARE 5
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SLOW_SHARE 5
#endif
#ifndef SLOW_SHARE
#define SLOW_SHARE 1
#endif

enum slow_kind {
	SLOW_STAR,     /* * or * / step */
	SLOW_VALUE,    /* a */
	SLOW_FROM,     /* a / step */
	SLOW_RANGE,    /* a - b / step */
	SLOW_LAST,     /* L - a */
	SLOW_LAST_W,   /* L - a W */
	SLOW_W,        /* a W */
	SLOW_NTH,      /* a # b */
	SLOW_NTH_LAST, /* a L */
};

struct slow_item {
	enum slow_kind kind;
	int a, b, step;
};

enum {
	SLOW_SECOND,
	SLOW_MINUTE,
	SLOW_HOUR,
	SLOW_DOM,
	SLOW_MONTH,
	SLOW_DOW,
	SLOW_YEAR,
	SLOW_FIELDS
};

struct slow_field {
	bool question;
	int count;
	struct slow_item items[4];
};

struct slow_cron {
	bool has_second, has_year; /* in the text */
	struct slow_field fields[SLOW_FIELDS];
};

struct slow_random {
	uint64_t state;
};

uint32_t slow_rand(struct slow_random *r, uint32_t below);

/* A random expression; one of its days is near the given date if it can. */
void slow_generate(struct slow_random *r, int year, int month, int day,
    bool with_year, struct slow_cron *cron_r);
void slow_print(const struct slow_cron *cron, struct slow_random *r, char *buf,
    size_t size);

bool slow_is_wildcard(const struct slow_cron *cron);
bool slow_matches_day(const struct slow_cron *cron, int64_t day);
bool slow_matches_time(const struct slow_cron *cron, int second_of_day);

#endif
