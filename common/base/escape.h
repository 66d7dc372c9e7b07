/* Text as it must stand in other formats. */
#ifndef BELFRY_BASE_ESCAPE_H
#define BELFRY_BASE_ESCAPE_H

#include <stddef.h>

#include "base/strbuf.h"

/* What needs no escape in a URL (RFC 3986, section 2.3: unreserved). */
#define ESCAPE_URL_PLAIN                                                       \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

/*
 * Appends n bytes as part of a URL: %XX for all but what is unreserved and the
 * characters of also.
 */
void escape_url(struct strbuf *b, const char *s, size_t n, const char *also);

/*
 * Appends n bytes as part of a string of JSON (RFC 8259, section 7), without
 * the quotes. Bytes of UTF-8 stay as they are.
 */
void escape_json(struct strbuf *b, const char *s, size_t n);

#endif
