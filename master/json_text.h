/* Text of any bytes as JSON: what is no UTF-8 becomes U+FFFD. */
#ifndef BELFRY_MASTER_JSON_TEXT_H
#define BELFRY_MASTER_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

/*
 * Appends n bytes to b as valid UTF-8; each byte that is in no well-formed
 * sequence (RFC 3629: no overlong forms, no surrogates) becomes U+FFFD.
 */
void utf8_add(struct strbuf *b, const char *s, size_t n);

/* A new JSON string; NULL gives null. */
json_t *json_text(const char *s);

/* A new JSON string; NULL and "" give null. */
json_t *json_text_or_null(const char *s);

/* "2026-03-10T07:00:00Z", with a fraction when ms is not whole seconds. */
json_t *json_time(int64_t ms);

/* "2026-03-10T07:00:00.000Z", always with milliseconds; 0 gives null. */
json_t *json_time_us(int64_t us);

/* The document on one line; the caller frees it. Takes json over. */
char *json_take_dump(json_t *json);

#endif
