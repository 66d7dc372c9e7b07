/*
 * Typed fields of a message, little-endian with explicit widths. No structs,
 * no pointers, no padding on the wire.
 *
 * A reader latches its first error: get what you like, then check wire_end()
 * once. After an error every get returns 0 or "".
 */
#ifndef BELFRY_IPC_WIRE_H
#define BELFRY_IPC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_writer {
	uint8_t *p; /* owned */
	size_t len;
	size_t cap;
};

#define WIRE_WRITER_INIT                                                       \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

void wire_put_u8(struct wire_writer *w, uint8_t v);
void wire_put_u16(struct wire_writer *w, uint16_t v);
void wire_put_u32(struct wire_writer *w, uint32_t v);
void wire_put_u64(struct wire_writer *w, uint64_t v);
void wire_put_i32(struct wire_writer *w, int32_t v);
void wire_put_i64(struct wire_writer *w, int64_t v);

/* A string: u32 length, bytes, NUL. NULL is written as "". */
void wire_put_str(struct wire_writer *w, const char *s);

/* Bytes that may hold NULs: u32 length, bytes. */
void wire_put_bytes(struct wire_writer *w, const void *p, size_t n);

/* Zeroes, until it is len bytes long. */
void wire_pad(struct wire_writer *w, size_t len);

void wire_writer_reset(struct wire_writer *w);
void wire_writer_fini(struct wire_writer *w);

struct wire_reader {
	const uint8_t *p; /* borrowed */
	size_t len;
	size_t pos;
	bool bad;
};

void wire_reader_init(struct wire_reader *r, const void *p, size_t len);

uint8_t wire_get_u8(struct wire_reader *r);
uint16_t wire_get_u16(struct wire_reader *r);
uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);
int32_t wire_get_i32(struct wire_reader *r);
int64_t wire_get_i64(struct wire_reader *r);

/* Points into the reader's bytes; a string with a NUL inside is an error. */
const char *wire_get_str(struct wire_reader *r);
const void *wire_get_bytes(struct wire_reader *r, size_t *n_r);

/*
 * A count that was sent before that many elements of at least min bytes
 * each: an error when they cannot fit in what is left, so that a loop or an
 * allocation over it is bounded.
 */
uint32_t wire_get_count(struct wire_reader *r, size_t min);

/* True when nothing failed and nothing is left over. */
bool wire_end(const struct wire_reader *r);

/*
 * True when nothing failed; left-over bytes are fields that a newer sender
 * appended.
 */
bool wire_ok(const struct wire_reader *r);

#endif
