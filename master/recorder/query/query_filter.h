/*
 * The arguments of a list, from text to struct store_filter and back to the
 * query of its next page.
 */
#ifndef BELFRY_RECORDER_QUERY_QUERY_FILTER_H
#define BELFRY_RECORDER_QUERY_QUERY_FILTER_H

#include "ask.h"
#include "base/strbuf.h"
#include "recorder/store.h"

enum filter_kind {
	FILTER_RUNS,
	FILTER_LEDGER,
};

/* A filter that owns what it points to. */
struct query_filter {
	enum filter_kind kind;
	struct store_filter filter;
	char *job;
	char *reason;
	char *chain;
	char *host;
};

/* 0; or -1: 400 was answered. query_filter_fini() in both cases. */
int query_filter_parse(
    struct query_filter *f, enum filter_kind kind, const struct ask *ask);
void query_filter_fini(struct query_filter *f);

/* The same question, going on at next: "limit=100&before=..." */
void query_filter_next(const struct query_filter *f,
    const struct store_cursor *next, struct strbuf *b);

/*
 * A time: RFC 3339, or milliseconds since 1970; *ms_r stays when it was not
 * given. 0; or -1: 400 was answered.
 */
int query_parse_time(const struct ask *ask, const char *key, int64_t *ms_r);

/* Appends "key=value", behind "&", as a query can hold it (RFC 3986). */
void query_add_arg(struct strbuf *b, const char *key, const char *value);

/* True when every argument is one of names (ends with NULL); else 400. */
bool query_knows_args(const struct ask *ask, const char *const *names);

#endif
