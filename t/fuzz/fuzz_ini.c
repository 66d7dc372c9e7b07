/* Any bytes: events in order of lines, strings that are whole and clean. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/ini.h"
#include "fuzz.h"

struct state {
	uint32_t line;
	bool in_section, file_error;
};

static bool
is_trimmed(const char *s)
{
	size_t n = strlen(s);

	return n == 0 ||
	    (strchr(" \t\r\v\f", s[0]) == NULL &&
		strchr(" \t\r\v\f", s[n - 1]) == NULL);
}

static void
check_key(const struct state *state, const struct ini_event *event)
{
	MUST(state->in_section);
	MUST(*event->key != '\0');
	MUST(is_trimmed(event->key) && is_trimmed(event->value));
	MUST(strchr(event->key, '\n') == NULL);
	MUST(strchr(event->key, '=') == NULL);
	MUST(strchr(event->value, '\n') == NULL);
	MUST(strlen(event->value) <= INI_VALUE_MAX);
	MUST(*event->key != '[' && *event->key != ';' && *event->key != '#');
}

static void
check_event(void *arg, const struct ini_event *event)
{
	struct state *state = arg;

	MUST(!state->file_error);
	MUST(event->line > state->line);
	state->line = event->line;
	switch (event->type) {
	case INI_SECTION:
		MUST(*event->section != '\0' && is_trimmed(event->section));
		MUST(is_trimmed(event->name));
		MUST(strchr(event->name, ']') == NULL);
		state->in_section = true;
		break;
	case INI_KEY:
		check_key(state, event);
		break;
	case INI_SECTION_ERROR:
		state->in_section = false;
		MUST(*event->text != '\0');
		break;
	case INI_FILE_ERROR:
		state->file_error = true;
		MUST(*event->text != '\0');
		break;
	case INI_ERROR:
		MUST(*event->text != '\0' && strchr(event->text, '\n') == NULL);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state = {0};
	const struct ini_reader reader = {"[job NAME]", check_event, &state};
	char *text = xmalloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	ini_read(&reader, text, size);
	free(text);
	return 0;
}
