/* Runs in the api process. */
#include "api/who/sessions.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

/* More, and the one that was used longest ago ends. */
#define PLACES       1024
#define RANDOM_BYTES 24

/* In the file its use is late by up to this. */
#define USED_STEP_MS (10LL * 60 * 1000)

/* Of a place in the file; another number when what follows changes. */
#define PLACE_OPEN 0x62735331U

/* A place, as it is in the file, too: one after the other. */
struct session {
	uint32_t state;                             /* PLACE_OPEN, or free */
	unsigned char digest[SHA256_DIGEST_LENGTH]; /* of the cookie */
	unsigned char hash[SHA256_DIGEST_LENGTH];   /* of the token's hash */
	char token[TOKEN_NAME_MAX + 1];
	int64_t begun_ms, used_ms; /* realtime, for it may last over a boot */
};

struct sessions {
	int fd; /* owned; -1 none */
	struct session places[PLACES];
	int64_t kept_ms[PLACES]; /* used_ms in the file */
};

struct sessions *
sessions_new(void)
{
	struct sessions *sessions = xcalloc(1, sizeof(*sessions));

	sessions->fd = -1;
	return sessions;
}

void
sessions_free(struct sessions *sessions)
{
	if (sessions != NULL)
		fd_close(&sessions->fd);
	free(sessions);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
digest_of(const char *text, unsigned char digest[SHA256_DIGEST_LENGTH])
{
	SHA256((const unsigned char *)text, strlen(text), digest);
}

static bool
is_open(const struct session *session)
{
	return session->state == PLACE_OPEN;
}

/* Without room on the disk they end with the process. */
static void
keep(struct sessions *s, struct session *session)
{
	size_t i = (size_t)(session - s->places);

	s->kept_ms[i] = session->used_ms;
	if (s->fd == -1 ||
	    fd_pwrite_all(s->fd, session, sizeof(*session),
		(off_t)(i * sizeof(*session))) == 0)
		return;
	log_warn("cannot keep logins: %s; they end with this process",
	    strerror(errno));
	fd_close(&s->fd);
}

static void
forget(struct sessions *s, struct session *session)
{
	memset(session, 0, sizeof(*session));
	keep(s, session);
}

void
sessions_set_file(struct sessions *s, int fd)
{
	if (s->fd != -1 || fd == -1) {
		fd_close(&fd);
		return;
	}
	s->fd = fd;
	if (pread(fd, s->places, sizeof(s->places), 0) == -1)
		log_warn("cannot read who was logged in: %s", strerror(errno));
	for (unsigned i = 0; i < PLACES; i++) {
		s->places[i].token[TOKEN_NAME_MAX] = '\0';
		s->kept_ms[i] = s->places[i].used_ms;
	}
}

static struct session *
free_place(struct sessions *s)
{
	struct session *best = &s->places[0];

	for (unsigned i = 0; i < PLACES && is_open(best); i++)
		if (!is_open(&s->places[i]) ||
		    s->places[i].used_ms < best->used_ms)
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
	digest_of(token->hash, session->hash);
	snprintf(session->token, sizeof(session->token), "%s", token->name);
	session->begun_ms = session->used_ms = now_ms();
	session->state = PLACE_OPEN;
	keep(s, session);
	return 0;
}

static struct session *
find(struct sessions *s, const char *text)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	digest_of(text, digest);
	for (unsigned i = 0; i < PLACES; i++)
		if (is_open(&s->places[i]) &&
		    CRYPTO_memcmp(
			s->places[i].digest, digest, sizeof(digest)) == 0)
			return &s->places[i];
	return NULL;
}

/* Its token, when that is still the same one. */
static const struct token *
token_of(const struct session *session, struct tokens *tokens)
{
	const struct token *token = tokens_find(tokens, session->token);
	unsigned char hash[SHA256_DIGEST_LENGTH];

	if (token == NULL)
		return NULL;
	digest_of(token->hash, hash);
	return memcmp(hash, session->hash, sizeof(hash)) == 0 ? token : NULL;
}

const struct token *
sessions_find(struct sessions *s, struct tokens *tokens, const char *text)
{
	struct session *session = find(s, text);
	const struct token *token;
	int64_t now = now_ms();

	if (session == NULL)
		return NULL;
	token = token_of(session, tokens);
	if (token == NULL || now - session->used_ms > SESSION_IDLE_MS ||
	    now - session->begun_ms > SESSION_MOST_MS) {
		forget(s, session);
		return NULL;
	}
	session->used_ms = now;
	if (now - s->kept_ms[session - s->places] > USED_STEP_MS)
		keep(s, session);
	return token;
}

void
sessions_end(struct sessions *s, const char *text)
{
	struct session *session = find(s, text);

	if (session != NULL)
		forget(s, session);
}
