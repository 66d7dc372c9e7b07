/* Runs in the api process. */
#include "api/who/throttle.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Addresses that failed lately; more, and the oldest is forgotten. */
#define PLACES   1024
/* A family, and a network of 64 bits. */
#define KEY_SIZE 9

/* What is used up of a burst, in ms of the time that gives it back. */
struct bucket {
	int64_t used_ms;
	int64_t at_ms;
};

struct place {
	unsigned char key[KEY_SIZE];
	bool taken;
	struct bucket bucket;
};

struct throttle {
	struct bucket all;
	struct place places[PLACES];
};

struct throttle *
throttle_new(void)
{
	return xcalloc(1, sizeof(struct throttle));
}

void
throttle_free(struct throttle *throttle)
{
	free(throttle);
}

static int64_t
used(const struct bucket *b, int64_t now_ms)
{
	int64_t left = b->used_ms - (now_ms - b->at_ms);

	return left > 0 ? left : 0;
}

static bool
has_room(const struct bucket *b, int64_t now_ms, int64_t burst, int64_t every)
{
	return used(b, now_ms) + every <= burst * every;
}

static void
take(struct bucket *b, int64_t now_ms, int64_t every)
{
	b->used_ms = used(b, now_ms) + every;
	b->at_ms = now_ms;
}

static void
key_of(const struct address *a, unsigned char key[KEY_SIZE])
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)&a->sa;
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)&a->sa;

	memset(key, 0, KEY_SIZE);
	key[0] = (unsigned char)a->sa.ss_family;
	if (a->sa.ss_family == AF_INET)
		memcpy(key + 1, &sin->sin_addr, 4);
	else if (a->sa.ss_family == AF_INET6)
		memcpy(key + 1, &sin6->sin6_addr, 8);
}

static struct place *
find(struct throttle *t, const unsigned char key[KEY_SIZE])
{
	for (unsigned i = 0; i < PLACES; i++)
		if (t->places[i].taken &&
		    memcmp(t->places[i].key, key, KEY_SIZE) == 0)
			return &t->places[i];
	return NULL;
}

/* A free place, or that of who failed longest ago. */
static struct place *
make(struct throttle *t, const unsigned char key[KEY_SIZE])
{
	struct place *best = &t->places[0];

	for (unsigned i = 0; i < PLACES && best->taken; i++)
		if (!t->places[i].taken ||
		    t->places[i].bucket.at_ms < best->bucket.at_ms)
			best = &t->places[i];
	memset(best, 0, sizeof(*best));
	best->taken = true;
	memcpy(best->key, key, KEY_SIZE);
	return best;
}

bool
throttle_allows(struct throttle *t, const struct address *a, int64_t now_ms)
{
	unsigned char key[KEY_SIZE];
	const struct place *place;

	key_of(a, key);
	place = find(t, key);
	return has_room(&t->all, now_ms, THROTTLE_ALL_BURST,
		   THROTTLE_ALL_EVERY_MS) &&
	    (place == NULL ||
		has_room(
		    &place->bucket, now_ms, THROTTLE_BURST, THROTTLE_EVERY_MS));
}

void
throttle_count(struct throttle *t, const struct address *a, int64_t now_ms)
{
	unsigned char key[KEY_SIZE];
	struct place *place;

	key_of(a, key);
	place = find(t, key);
	if (place == NULL)
		place = make(t, key);
	take(&place->bucket, now_ms, THROTTLE_EVERY_MS);
	take(&t->all, now_ms, THROTTLE_ALL_EVERY_MS);
}
