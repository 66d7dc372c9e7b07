/* Values of one column, as a binary array that libpq takes as a parameter. */
#ifndef BELFRY_MASTER_RECORDER_PG_ARRAY_H
#define BELFRY_MASTER_RECORDER_PG_ARRAY_H

#include <stddef.h>
#include <stdint.h>

#include "recorder/postgres/pg_conn.h"

struct pg_array {
	char type; /* 't' text, 'l' bigint, 'i' integer, 'b' bytea */
	uint8_t *p;
	size_t len, cap;
	uint32_t n;
	bool nulls;
};

void pg_array_reset(struct pg_array *a, char type);
void pg_array_fini(struct pg_array *a);

void pg_array_add_int(struct pg_array *a, int64_t v);
/* Bytes that are no UTF-8 become U+FFFD: the server would refuse them. */
void pg_array_add_text(struct pg_array *a, const char *s);
void pg_array_add_bytes(struct pg_array *a, const void *p, size_t n);
void pg_array_add_null(struct pg_array *a);

/* Is it UTF-8 (RFC 3629)? */
bool pg_is_utf8(const char *s);

/* The array as a parameter, valid until the next change. */
struct pg_param pg_array_param(struct pg_array *a);

#endif
