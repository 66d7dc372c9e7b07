/*
 * What a client may have already, and in which form it takes an answer: entity
 * tags and gzip (RFC 9110, 8.8.3, 12.5.3, 13.1.2). Pure.
 */
#ifndef BELFRY_API_HTTP_HTTP_ENCODING_H
#define BELFRY_API_HTTP_HTTP_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

#define HTTP_ETAG_SIZE 24

/*
 * The tag of a content: weak, since it is the same however the content is
 * encoded.
 */
void http_etag(char etag_r[HTTP_ETAG_SIZE], const void *p, size_t len);

/* Is the tag among those of If-None-Match? NULL: it was not sent. */
bool http_etag_matches(const char *if_none_match, const char *etag);

/* Does Accept-Encoding take gzip? NULL: it was not sent, and it does not. */
bool http_takes_gzip(const char *accept_encoding);

/* Appends it, compressed. False: that was of no use, and b is as it was. */
bool http_gzip(struct strbuf *b, const void *p, size_t len);

#endif
