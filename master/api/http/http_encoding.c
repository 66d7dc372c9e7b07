#include "api/http/http_encoding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

/* Less is not worth it, more would take too long. */
#define GZIP_MIN ((size_t)1 << 10)
#define GZIP_MAX ((size_t)4 << 20)

#define LEVEL_FAST 1
#define GZIP_BITS  (15 + 16) /* the largest window, and a head of gzip */

/* FNV-1a: two contents one after the other are hardly ever equal by chance. */
void
http_etag(char etag[HTTP_ETAG_SIZE], const void *p, size_t len)
{
	const unsigned char *s = p;
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ s[i]) * UINT64_C(1099511628211);
	snprintf(etag, HTTP_ETAG_SIZE, "W/\"%016" PRIx64 "\"", hash);
}

bool
http_etag_matches(const char *if_none_match, const char *etag)
{
	const char *p = if_none_match, *opaque = strchr(etag, '"');
	size_t n = strlen(opaque);

	if (p == NULL)
		return false;
	p += strspn(p, " \t");
	if (strcmp(p, "*") == 0)
		return true;
	for (; *p != '\0'; p += strspn(p, ", \t")) {
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (strncmp(p, opaque, n) == 0)
			return true;
		/* A tag may hold a comma. */
		if (*p == '"')
			p += strcspn(p + 1, "\"") + 1;
		p += strcspn(p, ",");
	}
	return false;
}

/* Is the weight behind a coding 0? "; q=0.000" */
static bool
is_refused(const char *p, size_t n)
{
	const char *q = memchr(p, '=', n);

	return q != NULL && strtod(q + 1, NULL) <= 0;
}

bool
http_takes_gzip(const char *accept_encoding)
{
	const char *p = accept_encoding;
	bool any = false;
	size_t n, name;

	for (; p != NULL && *p != '\0'; p += n, p += *p == ',') {
		p += strspn(p, " \t");
		n = strcspn(p, ",");
		name = strcspn(p, ",; \t");
		if (name == 4 && strncasecmp(p, "gzip", 4) == 0)
			return !is_refused(p, n);
		if (name == 1 && *p == '*')
			any = !is_refused(p, n);
	}
	return any;
}

bool
http_gzip(struct strbuf *b, const void *p, size_t len)
{
	z_stream z = {
	    .next_in = (z_const Bytef *)(uintptr_t)p, .avail_in = (uInt)len};
	size_t before = b->len, n;
	unsigned char piece[16384];
	int rc;

	if (len < GZIP_MIN || len > GZIP_MAX ||
	    deflateInit2(&z, LEVEL_FAST, Z_DEFLATED, GZIP_BITS, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	do {
		z.next_out = piece;
		z.avail_out = sizeof(piece);
		rc = deflate(&z, Z_FINISH);
		n = sizeof(piece) - z.avail_out;
		strbuf_add(b, piece, n);
	} while (rc == Z_OK);
	deflateEnd(&z);
	if (rc == Z_STREAM_END && b->len - before < len)
		return true;
	strbuf_cut(b, before);
	return false;
}
