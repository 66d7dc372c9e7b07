#include "cli/print/field.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/print/text.h"

#define JSON_FLAGS (JSON_INDENT(2) | JSON_ENCODE_ANY)

const char *
field_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text != NULL ? text : "";
}

int64_t
field_number(const json_t *json, const char *key, int64_t fallback)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool
field_bool(const json_t *json, const char *key)
{
	return json_is_true(json_object_get(json, key));
}

bool
field_time(const json_t *json, const char *key, int64_t *ms_r)
{
	return text_parse(json_string_value(json_object_get(json, key)), ms_r);
}

void
json_print(const json_t *json)
{
	json_dumpf(json, stdout, JSON_FLAGS);
	putchar('\n');
}

void
json_list_add(struct json_list *list, const json_t *element)
{
	fputs(list->begun ? ",\n" : "[\n", stdout);
	list->begun = true;
	json_dumpf(element, stdout, JSON_FLAGS);
}

void
json_list_end(struct json_list *list)
{
	fputs(list->begun ? "\n]\n" : "[]\n", stdout);
}
