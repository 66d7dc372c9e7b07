#include "notify/encode.h"

#include <string.h>

#define LINE_MAX_7BIT 990
#define WORD_BYTES    45 /* of an encoded word, which has 75 characters */
#define BASE64_BYTES  57 /* of a line, which has 76 */
#define QP_COLUMNS    72

size_t
encode_cut(const char *s, size_t max)
{
	size_t n = strlen(s);

	if (n <= max)
		return n;
	for (n = max; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

bool
encode_is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/* A carriage return that ends no line. */
static bool
is_bare_cr(const char *s, size_t len, size_t i)
{
	return s[i] == '\r' && (i + 1 == len || s[i + 1] != '\n');
}

bool
encode_is_plain(const char *s, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		column = s[i] == '\n' ? 0 : column + 1;
		if (column > LINE_MAX_7BIT || s[i] == '\0' ||
		    is_bare_cr(s, len, i))
			return false;
	}
	return encode_is_ascii(s, len);
}

/* The CR of a line end is one with it. */
static bool
is_of_line_end(const char *s, size_t len, size_t i)
{
	return s[i] == '\r' && !is_bare_cr(s, len, i);
}

void
encode_lines(struct strbuf *b, const char *s, size_t len, const char *eol)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\n')
			strbuf_adds(b, eol);
		else if (!is_of_line_end(s, len, i))
			strbuf_addch(b, s[i]);
}

/* Quoted-printable has it as it is. */
static bool
is_printable(const char *s, size_t len, size_t i)
{
	unsigned char c = (unsigned char)s[i];
	bool last = i + 1 == len || s[i + 1] == '\n' || s[i + 1] == '\r';

	if (c == ' ' || c == '\t')
		return !last;
	return c > ' ' && c < 0x7f && c != '=';
}

/* RFC 2045 section 6.7. */
void
encode_quoted(struct strbuf *b, const char *s, size_t len, const char *eol)
{
	int column = 0;

	for (size_t i = 0; i < len; i++) {
		if (is_of_line_end(s, len, i))
			continue;
		if (s[i] == '\n') {
			strbuf_adds(b, eol);
			column = 0;
			continue;
		}
		if (column >= QP_COLUMNS) {
			strbuf_addf(b, "=%s", eol);
			column = 0;
		}
		if (is_printable(s, len, i)) {
			strbuf_addch(b, s[i]);
			column++;
		} else {
			strbuf_addf(b, "=%02X", (unsigned)(unsigned char)s[i]);
			column += 3;
		}
	}
}

static void
add_base64(struct strbuf *b, const char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)(unsigned char)s[i] << 16;

		if (i + 1 < n)
			v |= (unsigned)(unsigned char)s[i + 1] << 8;
		if (i + 2 < n)
			v |= (unsigned char)s[i + 2];
		strbuf_addch(b, digits[v >> 18 & 63]);
		strbuf_addch(b, digits[v >> 12 & 63]);
		strbuf_addch(b, i + 1 < n ? digits[v >> 6 & 63] : '=');
		strbuf_addch(b, i + 2 < n ? digits[v & 63] : '=');
	}
}

void
encode_base64(struct strbuf *b, const char *s, size_t len, const char *eol)
{
	for (size_t n; len > 0; s += n, len -= n) {
		n = len < BASE64_BYTES ? len : BASE64_BYTES;
		add_base64(b, s, n);
		strbuf_adds(b, eol);
	}
}

bool
encode_is_foreign(const char *s, size_t len)
{
	size_t coded = 0;

	for (size_t i = 0; i < len; i++)
		coded +=
		    s[i] != '\n' && s[i] != '\r' && !is_printable(s, len, i);
	return coded > len / 6;
}

void
encode_field(
    struct strbuf *b, const char *name, const char *value, const char *eol)
{
	size_t len = strlen(value), n;

	strbuf_addf(b, "%s: ", name);
	if (encode_is_plain(value, len) && len + strlen(name) < LINE_MAX_7BIT) {
		strbuf_addf(b, "%s%s", value, eol);
		return;
	}
	for (; *value != '\0'; value += n) {
		n = encode_cut(value, WORD_BYTES);
		if (n == 0) /* no UTF-8 */
			n = WORD_BYTES;
		strbuf_adds(b, "=?UTF-8?B?");
		add_base64(b, value, n);
		strbuf_addf(b, "?=%s%s", eol, value[n] != '\0' ? " " : "");
	}
}
