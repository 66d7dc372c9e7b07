/* Fields of the API's answers; absent, null and of a wrong type are alike. */
#ifndef BELFRY_CLI_PRINT_FIELD_H
#define BELFRY_CLI_PRINT_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* "" when there is none. Valid as long as json. */
const char *field_text(const json_t *json, const char *key);
int64_t field_number(const json_t *json, const char *key, int64_t fallback);
bool field_bool(const json_t *json, const char *key);

/* A time, in milliseconds since 1970. */
bool field_time(const json_t *json, const char *key, int64_t *ms_r);

/* Prints a document on standard output, as "--json" promises. */
void json_print(const json_t *json);

/* Prints an array whose elements come one by one. */
struct json_list {
	bool begun;
};

void json_list_add(struct json_list *list, const json_t *element);
void json_list_end(struct json_list *list);

#endif
