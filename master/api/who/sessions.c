/* Runs in the api process. */
#include "api/who/sessions.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/mem.h"

/* More, and the one that was used longest ago ends. */
#define PLACES       1024
#define RANDOM_BYTES 24

struct session {
	bool open;
	unsigned char digest[SHA256_DIGEST_LENGTH]; /* of the cookie */
	char token[TOKEN_NAME_MAX + 1];
	char hash[TOKEN_HASH_MAX + 1]; /* of the token */
	int64_t begun_ms, used_ms;
};

struct sessions {
	struct session places[PLACES];
};

struct sessions *
sessions_new(void)
{
	return xcalloc(1, sizeof(struct sessions));
}

void
sessions_free(struct sessions *sessions)
{
	free(sessions);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
digest_of(const char *text, unsigned char digest[SHA256_DIGEST_LENGTH])
{
	SHA256((const unsigned char *)text, strlen(text), digest);
}

static struct session *
free_place(struct sessions *s)
{
	struct session *best = &s->places[0];

	for (unsigned i = 0; i < PLACES && best->open; i++)
		if (!s->places[i].open || s->places[i].used_ms < best->used_ms)
			best = &s->places[i];
	return best;
}

int
sessions_begin(struct sessions *s, const struct token *token,
    char text_r[SESSION_TEXT_MAX])
{
	struct session *session = free_place(s);
	unsigned char bytes[RANDOM_BYTES];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -1;
	for (unsigned i = 0; i < RANDOM_BYTES; i++)
		snprintf(text_r + (size_t)2 * i, 3, "%02x", bytes[i]);
	memset(session, 0, sizeof(*session));
	digest_of(text_r, session->digest);
	snprintf(session->token, sizeof(session->token), "%s", token->name);
	snprintf(session->hash, sizeof(session->hash), "%s", token->hash);
	session->begun_ms = session->used_ms = now_ms();
	session->open = true;
	return 0;
}

static struct session *
find(struct sessions *s, const char *text)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	digest_of(text, digest);
	for (unsigned i = 0; i < PLACES; i++)
		if (s->places[i].open &&
		    CRYPTO_memcmp(
			s->places[i].digest, digest, sizeof(digest)) == 0)
			return &s->places[i];
	return NULL;
}

const struct token *
sessions_find(struct sessions *s, struct tokens *tokens, const char *text)
{
	struct session *session = find(s, text);
	const struct token *token;
	int64_t now = now_ms();

	if (session == NULL)
		return NULL;
	token = tokens_find(tokens, session->token, session->hash);
	if (token == NULL || now - session->used_ms > SESSION_IDLE_MS ||
	    now - session->begun_ms > SESSION_MOST_MS) {
		session->open = false;
		return NULL;
	}
	session->used_ms = now;
	return token;
}

void
sessions_end(struct sessions *s, const char *text)
{
	struct session *session = find(s, text);

	if (session != NULL)
		memset(session, 0, sizeof(*session));
}
