/*
 * A string that grows. Always NUL-terminated once something was added; may
 * hold NUL bytes, so len counts.
 */
#ifndef BELFRY_BASE_STRBUF_H
#define BELFRY_BASE_STRBUF_H

#include <stddef.h>

struct strbuf {
	char *s;
	size_t len;
	size_t cap;
};

#define STRBUF_INIT                                                            \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

void strbuf_add(struct strbuf *b, const void *p, size_t n);
void strbuf_addch(struct strbuf *b, char c);
void strbuf_adds(struct strbuf *b, const char *s);
void strbuf_addf(struct strbuf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The text, "" when nothing was added. Valid until the next change. */
const char *strbuf_str(const struct strbuf *b);

/* Forgets what stands behind the first len bytes. */
void strbuf_cut(struct strbuf *b, size_t len);

/* Forgets the content, keeps the memory. */
void strbuf_reset(struct strbuf *b);
void strbuf_fini(struct strbuf *b);

/* Gives the text to the caller, who frees it; b is empty afterwards. */
char *strbuf_take(struct strbuf *b);

#endif
