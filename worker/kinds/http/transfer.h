/* One request over the wire with libcurl, in the job's own process. */
#ifndef BELFRY_WORKER_HTTP_TRANSFER_H
#define BELFRY_WORKER_HTTP_TRANSFER_H

#include "kinds/inside.h"
#include "request.h"

/*
 * Sends the request, writes the answer to standard output and tells the note
 * what it is about and what went wrong. The exit code of the run (kind/http.h).
 */
int http_transfer(const struct http_request *req, struct inside_note *note);

#endif
