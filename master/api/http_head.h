/*
 * The head of an HTTP/1.x request: request line and header fields (RFC 9112),
 * read strictly, because whoever reads it differently in front of us could
 * smuggle a request past us. Pure: no I/O, no allocation.
 */
#ifndef BELFRY_API_HTTP_HEAD_H
#define BELFRY_API_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/http/http_problem.h"

#define HTTP_FIELDS_MAX 64

struct http_field {
	const char *name;
	const char *value;
};

/* Strings point into the text that was parsed. */
struct http_head {
	const char *method;
	const char *path;  /* as sent, still percent-encoded, begins with / */
	const char *query; /* behind the '?'; "" none */
	int minor;         /* 0 or 1 of HTTP/1.x */
	unsigned nfields;
	struct http_field fields[HTTP_FIELDS_MAX];
	uint64_t content_length; /* 0 without a body */
	bool keep_alive;         /* the client may send another request */
	bool expect_continue;
};

/*
 * Length of the head that text begins with, its empty line included; 0 when
 * it is not complete.
 */
size_t http_head_length(const char *text, size_t len);

/*
 * Parses a complete head in place: text has len bytes and a NUL behind them,
 * and is changed. 0, or -1 with problem; the connection cannot be used for
 * another request then.
 */
int http_head_parse(char *text, size_t len, struct http_head *head_r,
    struct http_problem *problem);

/* The value of a field, any case; NULL when it was not sent. */
const char *http_head_field(const struct http_head *head, const char *name);

/* How often a field was sent. */
unsigned http_head_count(const struct http_head *head, const char *name);

/*
 * Decodes %XX in place, and '+' as a blank when plus is set. -1 when an
 * escape is broken or stands for NUL.
 */
int http_percent_decode(char *text, bool plus);

#endif
