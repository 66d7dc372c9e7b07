#include "scheduler/runs/system_env.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

#define FILE_MAX 65536

static const char *const files[] = {"/etc/environment", "/etc/default/locale"};

/* Quotes around a value go, and those within it, but a last one that is alone. */
static void
add_value(const char *value, size_t len, struct strbuf *lines)
{
	if (len == 0 || (*value != '"' && *value != '\'')) {
		strbuf_add(lines, value, len);
		return;
	}
	for (size_t i = 1; i < len; i++)
		if ((value[i] != '"' && value[i] != '\'') || i + 1 < len)
			strbuf_addch(lines, value[i]);
}

/* "[export ]NAME=VALUE" up to a "#"; what is no such line counts for nothing. */
static void
take_line(const char *p, size_t len, struct strbuf *lines)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz_0123456789";
	const char *end = p + len;
	size_t name;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(end - p) > 7 && strncmp(p, "export ", 7) == 0)
		p += 7;
	name = strspn(p, letters);
	if (name == 0 || p + name >= end || p[name] != '=')
		return;
	strbuf_add(lines, p, name + 1);
	p += name + 1;
	add_value(p, (size_t)(end - p), lines);
	strbuf_addch(lines, '\n');
}

void
system_env_parse(const char *text, struct strbuf *lines)
{
	for (const char *p = text; *p != '\0';) {
		size_t line = strcspn(p, "\n");
		size_t len = strcspn(p, "\n#");

		take_line(p, len, lines);
		p += line + (p[line] == '\n');
	}
}

void
system_env_read(struct strbuf *lines)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(
		    files[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		size_t len;
		char *text;

		if (fd == -1)
			continue;
		text = fd_read_all(fd, FILE_MAX, &len);
		fd_close(&fd);
		if (text != NULL)
			system_env_parse(text, lines);
		free(text);
	}
}
