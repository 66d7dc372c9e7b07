/*
 * Values of the http-* keys: what is right, and what it means. Pure. The
 * checks return 0, or -1 with err that says what to write instead.
 */
#ifndef BELFRY_KIND_HTTP_H
#define BELFRY_KIND_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

#define HTTP_METHOD_MAX 20
#define HTTP_STATUS_MIN 100
#define HTTP_STATUS_MAX 599

/*
 * Exit codes of a run: those of curl for what fails below HTTP, up to 99, and
 * these.
 */
#define HTTP_EXIT_TIMEOUT 28  /* curl's; for retry-codes any time-out is one */
#define HTTP_EXIT_STATUS  100 /* plus the class: 104 for a 404 not expected */
#define HTTP_EXIT_BODY    110 /* the body is not as expected */

/* "METHOD URL" or "URL". */
struct http_line {
	char method[HTTP_METHOD_MAX + 1]; /* "" not given */
	const char *url;                  /* points into the value */
};

/* Splits and checks the value of http, with variables not yet filled in. */
int http_line_parse(struct http_line *line, const char *value, struct err *err);

/* An absolute http or https URL, variables filled in. */
int http_check_url(const char *url, struct err *err);

/* One bit a status. */
struct http_statuses {
	uint32_t bits[16];
};

/* "2xx 304 400-404" */
int http_statuses_parse(
    struct http_statuses *set, const char *value, struct err *err);
bool http_statuses_has(const struct http_statuses *set, int status);

/* Values as they are written in a job file. */
int http_check_line(const char *value, struct err *err);
int http_check_header(const char *value, struct err *err);
int http_check_query(const char *value, struct err *err);
int http_check_status(const char *value, struct err *err);
int http_check_pattern(const char *value, struct err *err);
int http_check_proxy(const char *value, struct err *err);
int http_check_pin(const char *value, struct err *err);

/* Whether a whole "Name: value" may be sent: no control character in it. */
bool http_header_is_clean(const char *header);

/* How a value is shown: with *** for what may be secret in it. */
void http_mask_header(struct strbuf *b, const char *value);
void http_mask_proxy(struct strbuf *b, const char *value);
void http_mask_password(struct strbuf *b, const char *value);

#endif
