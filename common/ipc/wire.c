#include "ipc/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
put(struct wire_writer *w, uint64_t v, size_t n)
{
	array_reserve(&w->p, &w->cap, w->len + n, 1);
	for (size_t i = 0; i < n; i++)
		w->p[w->len++] = (uint8_t)(v >> (8 * i));
}

void
wire_put_u8(struct wire_writer *w, uint8_t v)
{
	put(w, v, 1);
}

void
wire_put_u16(struct wire_writer *w, uint16_t v)
{
	put(w, v, 2);
}

void
wire_put_u32(struct wire_writer *w, uint32_t v)
{
	put(w, v, 4);
}

void
wire_put_u64(struct wire_writer *w, uint64_t v)
{
	put(w, v, 8);
}

void
wire_put_i32(struct wire_writer *w, int32_t v)
{
	put(w, (uint32_t)v, 4);
}

void
wire_put_i64(struct wire_writer *w, int64_t v)
{
	put(w, (uint64_t)v, 8);
}

void
wire_put_bytes(struct wire_writer *w, const void *p, size_t n)
{
	wire_put_u32(w, (uint32_t)n);
	array_reserve(&w->p, &w->cap, w->len + n, 1);
	if (n > 0)
		memcpy(w->p + w->len, p, n);
	w->len += n;
}

void
wire_put_str(struct wire_writer *w, const char *s)
{
	wire_put_bytes(w, s != NULL ? s : "", s != NULL ? strlen(s) : 0);
	wire_put_u8(w, 0);
}

void
wire_pad(struct wire_writer *w, size_t len)
{
	if (w->len >= len)
		return;
	array_reserve(&w->p, &w->cap, len, 1);
	memset(w->p + w->len, 0, len - w->len);
	w->len = len;
}

void
wire_writer_reset(struct wire_writer *w)
{
	w->len = 0;
}

void
wire_writer_fini(struct wire_writer *w)
{
	free(w->p);
	memset(w, 0, sizeof(*w));
}

void
wire_reader_init(struct wire_reader *r, const void *p, size_t len)
{
	r->p = p;
	r->len = len;
	r->pos = 0;
	r->bad = false;
}

/* The next n bytes, NULL and the error latched when they are not there. */
static const uint8_t *
take(struct wire_reader *r, size_t n)
{
	const uint8_t *p = r->p + r->pos;

	if (r->bad || n > r->len - r->pos) {
		r->bad = true;
		return NULL;
	}
	r->pos += n;
	return p;
}

static uint64_t
get(struct wire_reader *r, size_t n)
{
	const uint8_t *p = take(r, n);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

uint8_t
wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)get(r, 1);
}

uint16_t
wire_get_u16(struct wire_reader *r)
{
	return (uint16_t)get(r, 2);
}

uint32_t
wire_get_u32(struct wire_reader *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t
wire_get_u64(struct wire_reader *r)
{
	return get(r, 8);
}

int32_t
wire_get_i32(struct wire_reader *r)
{
	return (int32_t)(uint32_t)get(r, 4);
}

int64_t
wire_get_i64(struct wire_reader *r)
{
	return (int64_t)get(r, 8);
}

const void *
wire_get_bytes(struct wire_reader *r, size_t *n_r)
{
	size_t n = wire_get_u32(r);
	const uint8_t *p = take(r, n);

	*n_r = p != NULL ? n : 0;
	return p;
}

const char *
wire_get_str(struct wire_reader *r)
{
	size_t n;
	const char *s = wire_get_bytes(r, &n);

	if (wire_get_u8(r) != 0)
		r->bad = true;
	if (r->bad || memchr(s, '\0', n) != NULL) {
		r->bad = true;
		return "";
	}
	return s;
}

uint32_t
wire_get_count(struct wire_reader *r, size_t min)
{
	uint32_t n = wire_get_u32(r);

	if (r->bad || n > (r->len - r->pos) / (min > 0 ? min : 1)) {
		r->bad = true;
		return 0;
	}
	return n;
}

bool
wire_end(const struct wire_reader *r)
{
	return !r->bad && r->pos == r->len;
}

bool
wire_ok(const struct wire_reader *r)
{
	return !r->bad;
}
