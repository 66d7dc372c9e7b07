/*
 * Any bytes as a crontab that becomes a job file: as many jobs as it says, no
 * line that is none of a job file, and a guess of whose it is.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/import/import.h"
#include "config/ini.h"
#include "fuzz.h"

static void
take_note(void *arg, uint32_t line, const char *text)
{
	MUST(*text != '\0');
}

static void
count(void *arg, const struct ini_event *event)
{
	size_t *sections = arg;

	*sections += event->type == INI_SECTION;
	MUST(event->type != INI_FILE_ERROR);
}

static bool
is_user(const char *name)
{
	return strlen(name) % 2 == 0;
}

static bool
is_program(const char *name)
{
	return strlen(name) % 3 == 0;
}

static void
import_as(const uint8_t *data, size_t size, bool system)
{
	const struct import import = {
	    .system = system,
	    .user = system ? NULL : "root",
	    .name = "a",
	    .note = take_note,
	};
	struct strbuf b = STRBUF_INIT;
	char *text = xmalloc(size + 1);
	size_t sections = 0, n;
	const struct ini_reader reader = {"[job NAME]", count, &sections};

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	n = import_crontab(&import, text, size, &b);
	if (n > 0) {
		ini_read(&reader, b.s, b.len);
		/* A name that a comment gives may be none. */
		MUST(sections <= n);
	}
	import_is_system((const char *)data, size, is_user, is_program);
	strbuf_fini(&b);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	import_as(data, size, true);
	import_as(data, size, false);
	return 0;
}
