#include "ipc/values.h"

#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 character at s; 0: it is none. */
static size_t
char_len(const unsigned char *s, size_t n)
{
	size_t len = *s < 0x80 ? 1 :
	    *s < 0xc2          ? 0 :
	    *s < 0xe0          ? 2 :
	    *s < 0xf0          ? 3 :
	    *s < 0xf5          ? 4 :
				 0;

	if (len > n)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

/* A text of fixed size that remembers when something did not fit. */
struct text {
	char *p;
	size_t len;
	bool full;
};

static void
put(struct text *t, const void *p, size_t n)
{
	if (t->len + n >= RUN_VALUES_MAX)
		t->full = true;
	if (t->full)
		return;
	memcpy(t->p + t->len, p, n);
	t->len += n;
	t->p[t->len] = '\0';
}

static void
put_string(struct text *t, const char *s, size_t n)
{
	size_t len;

	put(t, "\"", 1);
	for (size_t i = 0; i<n; i += len> 0 ? len : 1) {
		len = char_len((const unsigned char *)s + i, n - i);
		if (s[i] == '"' || s[i] == '\\')
			put(t, "\\", 1);
		if (len == 0 || (unsigned char)s[i] < ' ' || s[i] == 0x7f)
			put(t, "?", 1);
		else
			put(t, s + i, len);
	}
	put(t, "\"", 1);
}

static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

/* False when there was no room for all. */
static bool
make_json(char *json, const char *lines)
{
	struct text t = {.p = json};
	size_t n, name;

	json[0] = '\0';
	for (; *lines != '\0'; lines = next_line(lines)) {
		size_t before = t.len;

		n = strcspn(lines, "\n");
		name = strcspn(lines, "=");
		if (name >= n)
			continue;
		put(&t, before == 0 ? "{" : ",", 1);
		put_string(&t, lines, name);
		put(&t, ":", 1);
		put_string(&t, lines + name + 1, n - name - 1);
		if (t.full || t.len + 1 >= RUN_VALUES_MAX) {
			t.len = before;
			json[before] = '\0';
			t.full = true;
			break;
		}
	}
	if (t.len > 0)
		memcpy(json + t.len, "}", 2);
	return !t.full;
}

void
values_json(char *json, const char *lines)
{
	make_json(json, lines);
}

/* Copies the lines of all other names. */
static void
copy_others(struct text *to, const char *lines, const char *name)
{
	size_t n = strlen(name);
	const char *next;

	for (; *lines != '\0'; lines = next) {
		next = next_line(lines);
		if (strncmp(lines, name, n) != 0 || lines[n] != '=')
			put(to, lines, (size_t)(next - lines));
	}
}

bool
values_set(char *lines, const char *name, const char *value)
{
	char copy[RUN_VALUES_MAX] = "", json[RUN_VALUES_MAX];
	struct text t = {.p = copy};

	copy_others(&t, lines, name);
	put(&t, name, strlen(name));
	put(&t, "=", 1);
	for (const char *p = value; *p != '\0'; p++)
		put(&t, (unsigned char)*p < ' ' ? " " : p, 1);
	put(&t, "\n", 1);
	if (t.full || !make_json(json, copy))
		return false;
	memcpy(lines, copy, t.len + 1);
	return true;
}
