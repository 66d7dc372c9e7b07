/*
 * The request of an http job: its settings with the variables of the run
 * filled in. Pure, but for the file of the body.
 */
#ifndef BELFRY_WORKER_HTTP_REQUEST_H
#define BELFRY_WORKER_HTTP_REQUEST_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "kind/http.h"
#include "run/spec.h"

enum http_auth {
	HTTP_AUTH_NONE,
	HTTP_AUTH_BASIC,
	HTTP_AUTH_DIGEST,
	HTTP_AUTH_BEARER,
};

/* Texts are "" when not given. A child has one, and ends with it. */
struct http_request {
	const char *method;
	struct strbuf url;
	char **headers; /* nheaders "Name: value" */
	size_t nheaders;
	size_t headers_cap;
	bool has_body;
	const void *body; /* of body_text, or a mapped file */
	size_t body_len;
	struct strbuf body_text;
	const char *expect_text; /* of http-expect-status */
	struct http_statuses expect_status;
	bool has_pattern;
	regex_t pattern;
	int64_t connect_ms; /* 0 none */
	int64_t read_ms;    /* 0 none */
	long follow;
	bool verify;
	enum http_auth auth;
	struct strbuf user;
	const char *password;
	const char *ca_file, *cert, *key, *pin;
	struct strbuf proxy;
};

/*
 * From spec's settings and the environment of the run. password is what was
 * found in the password file, or NULL. 0, or -1 with err, in which nothing
 * secret is.
 */
int http_request_make(struct http_request *req, const struct run_spec *spec,
    const char *const *env, const char *password, struct err *err);

#endif
