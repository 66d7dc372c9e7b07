#include "notify/facts.h"

#include <string.h>

const char *const fact_names[] = {
    "event",
    "job",
    "description",
    "owner",
    "labels",
    "outcome",
    "reason",
    "exit_code",
    "signal",
    "host",
    "cluster",
    "run",
    "slot",
    "attempt",
    "trigger",
    "started",
    "finished",
    "duration",
    "duration_ms",
    "failures",
    "last_success",
    "time",
    "output_tail",
    NULL,
};

static const char *
find_name(const char *name, size_t len)
{
	for (const char *const *p = fact_names; *p != NULL; p++)
		if (strlen(*p) == len && strncmp(*p, name, len) == 0)
			return *p;
	return NULL;
}

bool
fact_is_known(const char *name, size_t len)
{
	return find_name(name, len) != NULL;
}

void
facts_add(struct facts *facts, const char *name, const char *value)
{
	const char *known = find_name(name, strlen(name));

	if (known == NULL || facts->n == FACTS_MAX)
		return;
	facts->names[facts->n] = known;
	facts->values[facts->n++] = value;
}

const char *
facts_get(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n; i++)
		if (strcmp(facts->names[i], name) == 0)
			return facts->values[i];
	return "";
}
