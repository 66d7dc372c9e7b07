/*
 * The dashboard: its files are in the program (web/, put there by web/embed),
 * and are sent to anybody who may connect, without asking another process.
 * They hold no data; what they show they fetch from the API, as whoever is
 * logged in.
 *
 *   /, /jobs/NAME, ...  the one page, which shows what its address says.
 *                       ETag, asked for each time.
 *   /ui/HASH/FILE       its parts, kept for ever: HASH is of all of them, so
 *                       that a page never has parts of another version.
 */
#ifndef BELFRY_API_WEB_H
#define BELFRY_API_WEB_H

#include <stddef.h>

#include "api/http/http_server.h"

struct web_file {
	const char *name; /* "pages/jobs.js" */
	const char *content_type;
	const unsigned char *bytes;
	size_t len;
};

/* Written by web/embed, sorted by name. */
extern const struct web_file web_files[];
extern const size_t web_files_count;
extern const char web_hash[]; /* of them all, in hexadecimal */

/* Does this path belong to the dashboard? Pure. */
bool web_has_path(const char *path);

/* Answers a request for a path that does. */
void web_answer(struct http_conn *conn);

#endif
