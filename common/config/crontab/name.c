#include "config/crontab/name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/job/draft.h"
#include "schedule/hash.h"

#define SOURCE_MAX  36
#define SOURCE_SIZE (SOURCE_MAX + 10)

/* As much of text as names of jobs can have; the length. */
static size_t
clean(char *out, size_t most, const char *text, size_t len)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t n = 0;

	for (size_t i = 0; i < len && n < most; i++)
		out[n++] = strchr(letters, text[i]) != NULL ? text[i] : '_';
	out[n] = '\0';
	return n;
}

/*
 * The file's name as a part of a name; one that is changed by that has a hash
 * behind it, so that two files have never the same.
 */
static void
add_source(const struct crontab_namer *namer, char out[SOURCE_SIZE])
{
	size_t n = clean(out, SOURCE_MAX, namer->source, strlen(namer->source));
	uint64_t h;

	if (strcmp(out, namer->source) == 0)
		return;
	h = hash_add(HASH_INIT, namer->source, strlen(namer->source));
	snprintf(
	    out + n, SOURCE_SIZE - n, "-%08" PRIx32, (uint32_t)hash_finish(h));
}

/* The place of a hash, or the free one where it belongs. */
static struct crontab_seen *
find_seen(const struct crontab_namer *namer, uint32_t hash)
{
	size_t mask = namer->size - 1, at = hash & mask;

	while (namer->seen[at].times > 0 && namer->seen[at].hash != hash)
		at = (at + 1) & mask;
	return &namer->seen[at];
}

/* Twice the places, at most half of them taken. */
static void
grow(struct crontab_namer *namer)
{
	struct crontab_namer old = *namer;

	namer->size = old.size > 0 ? 2 * old.size : 64;
	namer->seen = xcalloc(namer->size, sizeof(*namer->seen));
	for (size_t i = 0; i < old.size; i++)
		if (old.seen[i].times > 0)
			*find_seen(namer, old.seen[i].hash) = old.seen[i];
	free(old.seen);
}

/* How often this hash came before. */
static unsigned
count_before(struct crontab_namer *namer, uint32_t hash)
{
	struct crontab_seen *seen;

	if (namer->n * 2 >= namer->size)
		grow(namer);
	seen = find_seen(namer, hash);
	seen->hash = hash;
	namer->n += seen->times == 0;
	return seen->times++;
}

void
crontab_name(struct crontab_namer *namer, const char *user, const char *command,
    char name_r[JOB_NAME_MAX + 1])
{
	char source[SOURCE_SIZE], program[CRONTAB_PROGRAM_MAX + 1],
	    nth[16] = "";
	uint64_t h = HASH_INIT;
	unsigned before;
	uint32_t hash;

	/* With the NUL, so that no two texts run into each other. */
	h = hash_add(h, namer->source, strlen(namer->source) + 1);
	if (user != NULL)
		h = hash_add(h, user, strlen(user) + 1);
	h = hash_add(h, command, strlen(command));
	hash = (uint32_t)hash_finish(h);
	before = count_before(namer, hash);
	if (before > 0)
		snprintf(nth, sizeof(nth), "-%u", before + 1);
	add_source(namer, source);
	crontab_program(command, program);
	snprintf(name_r, JOB_NAME_MAX + 1, "%s.%s.%s-%08" PRIx32 "%s",
	    namer->prefix, source, program, hash, nth);
}

bool
crontab_is_given(const char *given)
{
	size_t len = strlen(given);

	return len <= CRONTAB_GIVEN_MAX && job_is_name(given, len) &&
	    strchr(given, '.') == NULL;
}

void
crontab_name_given(const struct crontab_namer *namer, const char *given,
    char name_r[JOB_NAME_MAX + 1])
{
	char source[SOURCE_SIZE];

	add_source(namer, source);
	snprintf(
	    name_r, JOB_NAME_MAX + 1, "%s.%s.%s", namer->prefix, source, given);
}

void
crontab_namer_fini(struct crontab_namer *namer)
{
	free(namer->seen);
}
