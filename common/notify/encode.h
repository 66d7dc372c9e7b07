/*
 * Texts as mail can carry them: in ASCII and in short lines, which every
 * server takes, whatever it offers (RFC 2045, RFC 2047). Pure. eol is what ends
 * lines: "\n" or "\r\n".
 */
#ifndef BELFRY_NOTIFY_ENCODE_H
#define BELFRY_NOTIFY_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* So much of a text, cut before a character of UTF-8 that is not all there. */
size_t encode_cut(const char *s, size_t max);

bool encode_is_ascii(const char *s, size_t len);

/* Needs no encoding: ASCII without NUL and bare CR, in lines a server takes. */
bool encode_is_plain(const char *s, size_t len);

/* As it is, with line ends that are eol. */
void encode_lines(struct strbuf *b, const char *s, size_t len, const char *eol);

/* "quoted-printable": for text with a few other characters. */
void
encode_quoted(struct strbuf *b, const char *s, size_t len, const char *eol);

/* "base64": for anything else; ends with eol. */
void
encode_base64(struct strbuf *b, const char *s, size_t len, const char *eol);

/* Is base64 the shorter of the two? */
bool encode_is_foreign(const char *s, size_t len);

/* "NAME: VALUE" of a head; what is no ASCII becomes encoded words. */
void encode_field(
    struct strbuf *b, const char *name, const char *value, const char *eol);

#endif
