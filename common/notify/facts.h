/*
 * What a notification is about, as names and values: "job" "backup", "event"
 * "failure". The master puts them together, the store keeps them as JSON, and
 * a worker writes a message from them. Pure.
 */
#ifndef BELFRY_NOTIFY_FACTS_H
#define BELFRY_NOTIFY_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#define FACTS_MAX 32

/*
 * Of one notification. Values are UTF-8; a name that is not there has the value
 * "". Strings are borrowed.
 */
struct facts {
	const char *names[FACTS_MAX];
	const char *values[FACTS_MAX];
	size_t n;
};

/* The names there are, in the order in which people read them; NULL ends. */
extern const char *const fact_names[];

bool fact_is_known(const char *name, size_t len);

/* Adds one; an unknown name or one too many is passed over. */
void facts_add(struct facts *facts, const char *name, const char *value);

/* Its value; "" when it is not there. */
const char *facts_get(const struct facts *facts, const char *name);

#endif
