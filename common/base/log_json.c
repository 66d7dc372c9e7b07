#include "base/log_json.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What a line ends with always fits: "} and NUL. */
#define RESERVED 3

#define FIELDS_MAX 16
#define KEY_MAX    32

#define KEY_LETTERS "abcdefghijklmnopqrstuvwxyz_"

struct out {
	char *buf;
	size_t n, size;
};

static bool
put(struct out *o, const char *s, size_t len)
{
	if (o->n + len + RESERVED > o->size)
		return false;
	memcpy(o->buf + o->n, s, len);
	o->n += len;
	return true;
}

/* Of the sequence that a byte begins. 0: none begins so. */
static size_t
length_by_first(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c < 0xc2)
		return 0;
	return c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
}

/* Of the well-formed sequence that s begins with (RFC 3629); 0: none. */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
	size_t len = length_by_first(s[0]);

	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* One character as it stands in a string; how many bytes of s it is. */
static size_t
put_character(struct out *o, const char *s, size_t n, bool *fits)
{
	size_t len = utf8_length((const unsigned char *)s, n);
	char text[8];

	if (len == 0) {
		*fits = put(o, "\\ufffd", 6);
		return 1;
	}
	if (len == 1 && (*s == '"' || *s == '\\')) {
		snprintf(text, sizeof(text), "\\%c", *s);
		*fits = put(o, text, 2);
	} else if (len == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f)) {
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)*s);
		*fits = put(o, text, 6);
	} else {
		*fits = put(o, s, len);
	}
	return len;
}

/* A value may be cut; a field whose key has no place is left out. */
static void
put_field(struct out *o, const char *key, size_t key_len, const char *value,
    size_t len)
{
	size_t before = o->n, taken;
	bool fits = put(o, o->n > 1 ? ",\"" : "\"", o->n > 1 ? 2 : 1) &&
	    put(o, key, key_len) && put(o, "\":\"", 3);

	if (!fits) {
		o->n = before;
		return;
	}
	for (; len > 0 && fits; value += taken, len -= taken)
		taken = put_character(o, value, len, &fits);
	o->buf[o->n++] = '"';
}

static void
put_text(struct out *o, const char *key, const char *value)
{
	put_field(o, key, strlen(key), value, strlen(value));
}

struct fields {
	struct {
		const char *key;
		size_t len;
	} list[FIELDS_MAX];
	size_t n;
};

static bool
is_new(const struct fields *f, const char *key, size_t len)
{
	static const char *const own[] = {
	    "time", "level", "process", "pid", "message"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == len && memcmp(own[i], key, len) == 0)
			return false;
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].len == len &&
		    memcmp(f->list[i].key, key, len) == 0)
			return false;
	return f->n < FIELDS_MAX;
}

static void
take_field(struct out *o, struct fields *f, const char *key, size_t key_len,
    const char *value, size_t len)
{
	if (key_len == 0 || key_len > KEY_MAX || len == 0 ||
	    !is_new(f, key, key_len))
		return;
	f->list[f->n].key = key;
	f->list[f->n++].len = key_len;
	put_field(o, key, key_len, value, len);
}

/* A word that is key=value; what ends a clause is not of the value. */
static void
take_word(struct out *o, struct fields *f, const char *word, size_t len)
{
	size_t key_len = strspn(word, KEY_LETTERS);

	while (len > 0 && strchr(",;:", word[len - 1]) != NULL)
		len--;
	if (key_len < len && word[key_len] == '=')
		take_field(
		    o, f, word, key_len, word + key_len + 1, len - key_len - 1);
}

static void
take_fields(struct out *o, const char *message)
{
	struct fields f = {.n = 0};
	size_t len;

	if (strncmp(message, "job ", 4) == 0) {
		len = strcspn(message + 4, ": ");
		if (message[4 + len] == ':')
			take_field(o, &f, "job", 3, message + 4, len);
	}
	for (; *message != '\0'; message += len) {
		message += strspn(message, " ");
		len = strcspn(message, " ");
		take_word(o, &f, message, len);
	}
}

size_t
log_json_line(char *buf, size_t size, const struct log_json *line)
{
	struct out o = {buf, 0, size};
	char pid[24];

	put(&o, "{", 1);
	put_text(&o, "time", line->time);
	put_text(&o, "level", line->level);
	put_text(&o, "process", line->process);
	snprintf(pid, sizeof(pid), ",\"pid\":%d", line->pid);
	put(&o, pid, strlen(pid));
	put_text(&o, "message", line->message);
	take_fields(&o, line->message);
	o.buf[o.n++] = '}';
	o.buf[o.n] = '\0';
	return o.n;
}
