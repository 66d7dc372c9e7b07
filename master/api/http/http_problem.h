/*
 * Why a request is refused: HTTP status, a code for programs, one line for
 * people. What the client sees as {"error": {"code", "message"}}.
 */
#ifndef BELFRY_API_HTTP_HTTP_PROBLEM_H
#define BELFRY_API_HTTP_HTTP_PROBLEM_H

#include "base/err.h"

struct http_problem {
	int status;
	const char *code; /* a literal */
	struct err err;
};

/* Fills it in; returns -1. */
int http_problem_set(struct http_problem *problem, int status, const char *code,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The JSON text of it, which the caller frees. */
char *http_problem_json(const struct http_problem *problem);

/* "Not Found" for 404. */
const char *http_status_text(int status);

#endif
