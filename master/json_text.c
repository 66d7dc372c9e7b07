#include "json_text.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/timestamp.h"

#define REPLACEMENT "\xef\xbf\xbd"

/*
 * Bytes of the well-formed sequence at s, of which n are there; 0 when there
 * is none (table 3-7 of the Unicode standard).
 */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (len > n || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

void
utf8_add(struct strbuf *b, const char *s, size_t n)
{
	size_t len;

	while (n > 0) {
		len = utf8_length((const unsigned char *)s, n);
		if (len > 0) {
			strbuf_add(b, s, len);
		} else {
			strbuf_adds(b, REPLACEMENT);
			len = 1;
		}
		s += len;
		n -= len;
	}
}

json_t *
json_text(const char *s)
{
	struct strbuf b = STRBUF_INIT;
	json_t *json;

	if (s == NULL)
		return json_null();
	json = json_string(s);
	if (json != NULL)
		return json;
	utf8_add(&b, s, strlen(s));
	json = json_string(strbuf_str(&b));
	strbuf_fini(&b);
	return json;
}

json_t *
json_text_or_null(const char *s)
{
	return json_text(s != NULL && *s != '\0' ? s : NULL);
}

json_t *
json_time(int64_t ms)
{
	char buf[TIMESTAMP_TEXT_MAX];

	return json_string(timestamp_format_ms(buf, ms));
}

json_t *
json_time_us(int64_t us)
{
	char whole[TIMESTAMP_TEXT_MAX], buf[TIMESTAMP_TEXT_MAX + 8];
	int64_t ms = us / 1000;

	if (us == 0)
		return json_null();
	if (ms % 1000 != 0)
		return json_time(ms);
	timestamp_format_ms(whole, ms);
	snprintf(buf, sizeof(buf), "%.*s.000Z", (int)strlen(whole) - 1, whole);
	return json_string(buf);
}

char *
json_take_dump(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	json_decref(json);
	if (text == NULL)
		fatalx("out of memory");
	return text;
}
