#include "recorder/postgres/pg_array.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* array_recv(): dimensions, nulls?, type; of the one: length, lower bound. */
#define HEADER_SIZE 20

#define REPLACEMENT "\xef\xbf\xbd"

/* pg_type.dat */
static uint32_t
type_oid(char type)
{
	switch (type) {
	case 't':
		return 25;
	case 'l':
		return 20;
	case 'i':
		return 23;
	default:
		return 17;
	}
}

static void
put(struct pg_array *a, const void *p, size_t n)
{
	array_reserve(&a->p, &a->cap, a->len + n, 1);
	if (n > 0)
		memcpy(a->p + a->len, p, n);
	a->len += n;
}

static void
put_u32(struct pg_array *a, uint32_t v)
{
	v = htonl(v);
	put(a, &v, sizeof(v));
}

void
pg_array_reset(struct pg_array *a, char type)
{
	static const uint8_t header[HEADER_SIZE];

	a->type = type;
	a->len = a->n = 0;
	a->nulls = false;
	put(a, header, sizeof(header));
}

void
pg_array_fini(struct pg_array *a)
{
	free(a->p);
	memset(a, 0, sizeof(*a));
}

void
pg_array_add_bytes(struct pg_array *a, const void *p, size_t n)
{
	put_u32(a, (uint32_t)n);
	put(a, p, n);
	a->n++;
}

void
pg_array_add_int(struct pg_array *a, int64_t v)
{
	uint32_t halves[2] = {
	    htonl((uint32_t)((uint64_t)v >> 32)), htonl((uint32_t)v)};

	if (a->type == 'i')
		pg_array_add_bytes(a, &halves[1], 4);
	else
		pg_array_add_bytes(a, halves, 8);
}

void
pg_array_add_null(struct pg_array *a)
{
	put_u32(a, UINT32_MAX);
	a->nulls = true;
	a->n++;
}

/* Bytes of the character at s; 0: it is no UTF-8 (RFC 3629). */
static size_t
utf8_length(const unsigned char *s)
{
	uint32_t c = s[0], least;
	size_t n;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	least = n == 2 ? 0x80 : n == 3 ? 0x800 : 0x10000;
	c &= 0x7fU >> n;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : n;
}

bool
pg_is_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	for (; *p != '\0'; p += n) {
		n = utf8_length(p);
		if (n == 0)
			return false;
	}
	return true;
}

void
pg_array_add_text(struct pg_array *a, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t at = a->len, n;
	uint32_t len;

	put_u32(a, 0);
	while (*p != '\0') {
		n = utf8_length(p);
		if (n == 0)
			put(a, REPLACEMENT, 3);
		else
			put(a, p, n);
		p += n == 0 ? 1 : n;
	}
	len = htonl((uint32_t)(a->len - at - 4));
	memcpy(a->p + at, &len, sizeof(len));
	a->n++;
}

struct pg_param
pg_array_param(struct pg_array *a)
{
	const uint32_t header[] = {htonl(1), htonl(a->nulls),
	    htonl(type_oid(a->type)), htonl(a->n), htonl(1)};

	memcpy(a->p, header, sizeof(header));
	return (struct pg_param){a->p, (int)a->len, true};
}
