/*
 * What comes back: written to the run's output as it comes, head first, and
 * held against what the job expects.
 */
#ifndef BELFRY_WORKER_HTTP_RESPONSE_H
#define BELFRY_WORKER_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "kinds/inside.h"
#include "request.h"

/* So much of a body is looked at for a pattern. */
#define HTTP_BODY_SEEN ((size_t)1 << 20)

struct response {
	const struct http_request *req; /* borrowed */
	struct strbuf seen; /* of the body, when there is a pattern */
	bool cut;           /* there was more */
	char last;          /* byte that was written */
};

/*
 * Takes a line of a head, or a part of the body. False: no more. libcurl sees
 * to it that a head ends.
 */
bool response_head(struct response *r, const void *p, size_t n);
bool response_body(struct response *r, const void *p, size_t n);

/*
 * The exit code of a run that got an answer with this status; tells the note
 * what was not as expected.
 */
int response_judge(struct response *r, long status, struct inside_note *note);

/* Adds a line of ours to the output. */
void response_say(struct response *r, const char *text);

#endif
