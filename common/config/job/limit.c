/* Kinds of values that say what a job may use: limit-* and ionice. */
#include "config/job/draft.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"

static int
parse_cpu(struct job_draft *draft, const struct job_key *key, const char *value,
    uint32_t line, struct err *err)
{
	int64_t *field = job_key_field(key, &draft->options), ms;

	*field = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	if (duration_parse_ms(value, &ms, err) == -1)
		return -1;
	/* The system counts whole seconds. */
	if (ms < key->min || ms % 1000 != 0)
		return err_set(
		    err, "write whole seconds, at least 1s, or none");
	*field = ms;
	return 0;
}

static void
print_cpu(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int64_t *field = job_key_value(key, def->options);
	char text[DURATION_TEXT_MAX];

	strbuf_adds(b, *field == 0 ? "none" : duration_format_ms(text, *field));
}

const struct job_type job_type_limit_cpu = {false, parse_cpu, print_cpu};

static int
parse_memory(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	uint64_t *field = job_key_field(key, &draft->options), n;

	*field = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	if (size_parse(value, &n, err) == -1)
		return -1;
	if (n < (uint64_t)key->min)
		return err_set(
		    err, "no program starts with that; at least 1M, or none");
	if (n > (uint64_t)key->max)
		return err_set(err, "too much; write none for no limit");
	*field = n;
	return 0;
}

static void
print_memory(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const uint64_t *field = job_key_value(key, def->options);
	char text[SIZE_TEXT_MAX];

	strbuf_adds(b, *field == 0 ? "none" : size_format(text, *field));
}

const struct job_type job_type_limit_memory = {
    false, parse_memory, print_memory};

static int
parse_count(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int32_t *field = job_key_field(key, &draft->options);
	size_t len = strlen(value);
	int64_t n = strtoll(value, NULL, 10);

	*field = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	if (strspn(value, "0123456789") != len || len > 10 || n < key->min ||
	    n > key->max)
		return err_set(err,
		    "write a number from %" PRId64 " to %" PRId64 ", or none",
		    key->min, key->max);
	*field = (int32_t)n;
	return 0;
}

static void
print_count(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int32_t *field = job_key_value(key, def->options);

	if (*field == 0)
		strbuf_adds(b, "none");
	else
		strbuf_addf(b, "%" PRId32, *field);
}

const struct job_type job_type_limit_count = {false, parse_count, print_count};

/* What the kernel takes for a class without a level. */
#define LEVEL_DEFAULT 4

static const struct {
	const char *name;
	enum ionice_class class;
	bool levels;
} classes[] = {
    {"idle", IONICE_IDLE, false},
    {"best-effort", IONICE_BEST_EFFORT, true},
    {"realtime", IONICE_REALTIME, true},
};

/* The level in what follows the name of a class; -1 when it is none. */
static int
parse_level(const char *rest, bool levels)
{
	if (*rest == '\0')
		return levels ? LEVEL_DEFAULT : 0;
	if (!levels || rest[0] != ':' || rest[1] < '0' || rest[1] > '7' ||
	    rest[2] != '\0')
		return -1;
	return rest[1] - '0';
}

static int
parse_ionice(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int32_t *field = job_key_field(key, &draft->options);
	size_t len = strcspn(value, ":");
	int level;

	*field = 0;
	if (strcmp(value, "none") == 0)
		return 0;
	for (size_t i = 0; i < nitems(classes); i++) {
		if (strlen(classes[i].name) != len ||
		    strncmp(classes[i].name, value, len) != 0)
			continue;
		level = parse_level(value + len, classes[i].levels);
		if (level == -1)
			break;
		*field = IONICE((int)classes[i].class, level);
		return 0;
	}
	return err_set(err,
	    "write idle, best-effort:0 to best-effort:7, realtime:0 to "
	    "realtime:7, or none");
}

static void
print_ionice(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int32_t *field = job_key_value(key, def->options);

	if (*field == 0)
		strbuf_adds(b, "none");
	for (size_t i = 0; i < nitems(classes); i++) {
		if ((int)classes[i].class != ionice_class(*field))
			continue;
		strbuf_adds(b, classes[i].name);
		if (classes[i].levels)
			strbuf_addf(b, ":%d", ionice_level(*field));
	}
}

const struct job_type job_type_ionice = {false, parse_ionice, print_ionice};
