#include "base/escape.h"

#include <string.h>

void
escape_url(struct strbuf *b, const char *s, size_t n, const char *also)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != '\0' &&
		    (strchr(ESCAPE_URL_PLAIN, s[i]) != NULL ||
			strchr(also, s[i]) != NULL))
			strbuf_addch(b, s[i]);
		else
			strbuf_addf(b, "%%%02X", (unsigned)(unsigned char)s[i]);
}

void
escape_json(struct strbuf *b, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\n')
			strbuf_adds(b, "\\n");
		else if (c == '\t')
			strbuf_adds(b, "\\t");
		else if (c < 0x20 || c == 0x7f)
			strbuf_addf(b, "\\u%04x", (unsigned)c);
		else if (c == '"' || c == '\\')
			strbuf_addf(b, "\\%c", c);
		else
			strbuf_addch(b, (char)c);
	}
}
