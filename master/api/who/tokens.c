/* Runs in the api process, and waits for crypt(3) alone. */
#include "api/who/tokens.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

/* What fitted a hash, so that it need not be tried again. */
struct proof {
	char hash[TOKEN_HASH_MAX + 1];
	unsigned char digest[SHA256_DIGEST_LENGTH]; /* of the token's text */
};

#define PROOFS 1024

struct tokens {
	int fd; /* owned; -1 none */
	struct stat seen;
	struct token_list list;
	struct token_list told; /* as changed was last called for them */
	bool knows;             /* there is something to compare with */
	tokens_changed changed;
	void *arg;
	struct throttle *throttle;
	struct proof *proofs; /* PROOFS, by the place of the token */
};

struct tokens *
tokens_new(tokens_changed changed, void *arg)
{
	struct tokens *t = xcalloc(1, sizeof(*t));

	t->fd = -1;
	t->changed = changed;
	t->arg = arg;
	t->throttle = throttle_new();
	t->proofs = xcalloc(PROOFS, sizeof(*t->proofs));
	return t;
}

void
tokens_free(struct tokens *t)
{
	if (t == NULL)
		return;
	fd_close(&t->fd);
	token_list_fini(&t->list);
	token_list_fini(&t->told);
	throttle_free(t->throttle);
	free(t->proofs);
	free(t);
}

static void
bad_line(void *arg, unsigned line, const char *text)
{
	log_error("tokens, line %u: %s; it is left out", line, text);
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* All of it, by position: the guardian's and ours share one. */
static char *
read_text(int fd, size_t size)
{
	char *text = xmalloc(size + 1);
	ssize_t n = pread(fd, text, size, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/*
 * The time of a change may be the same for two that are close together (a
 * tick of the kernel's clock): what is that young is read again.
 */
static bool
is_settled(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec - st->st_ctim.tv_sec > 1 ||
	    now.tv_sec < st->st_ctim.tv_sec;
}

static bool
is_same(const struct token *a, const struct token *b)
{
	return a->role == b->role && a->expires_ms == b->expires_ms &&
	    strcmp(a->name, b->name) == 0 && strcmp(a->hash, b->hash) == 0;
}

static bool
is_same_list(const struct token_list *a, const struct token_list *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (!is_same(&a->all[i], &b->all[i]))
			return false;
	return a->n == b->n;
}

static void
tell_changes(struct tokens *t, const void *who)
{
	const struct token *is, *was;

	for (size_t i = 0; i < t->told.n; i++)
		if (token_find(&t->list, t->told.all[i].name) == NULL)
			t->changed(t->arg, who, &t->told.all[i], NULL);
	for (size_t i = 0; i < t->list.n; i++) {
		is = &t->list.all[i];
		was = token_find(&t->told, is->name);
		if (was == NULL || !is_same(was, is))
			t->changed(t->arg, who, was, is);
	}
}

static void
compare(struct tokens *t, const void *who)
{
	if (is_same_list(&t->told, &t->list) && t->knows)
		return;
	if (t->knows)
		tell_changes(t, who);
	array_reserve(
	    &t->told.all, &t->told.cap, t->list.n, sizeof(*t->told.all));
	if (t->list.n > 0)
		memcpy(
		    t->told.all, t->list.all, t->list.n * sizeof(*t->told.all));
	t->told.n = t->list.n;
	t->knows = true;
}

static void
look(struct tokens *t, const void *who)
{
	struct stat st;
	char *text;

	if (t->fd == -1 || fstat(t->fd, &st) == -1 ||
	    (is_same_file(&st, &t->seen) && is_settled(&st)))
		return;
	if ((size_t)st.st_size > TOKEN_FILE_MAX) {
		log_error("the file of tokens has more than %zu bytes",
		    TOKEN_FILE_MAX);
		st.st_size = 0;
	}
	text = read_text(t->fd, (size_t)st.st_size);
	token_list_read(&t->list, text, bad_line, NULL);
	free(text);
	t->seen = st;
	compare(t, who);
}

void
tokens_look(struct tokens *t, const void *who)
{
	look(t, who);
}

void
tokens_set_file(struct tokens *t, int fd)
{
	fd_close(&t->fd);
	t->fd = fd;
	t->list.n = 0;
	memset(&t->seen, 0, sizeof(t->seen));
	look(t, NULL);
}

static int64_t
clock_now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
is_over(const struct token *token)
{
	return token->expires_ms != 0 &&
	    token->expires_ms <= clock_now(CLOCK_REALTIME);
}

static struct proof *
proof_of(struct tokens *t, const struct token *token)
{
	return &t->proofs[(size_t)(token - t->list.all) % PROOFS];
}

static bool
is_proven(struct tokens *t, const struct token *token,
    const unsigned char digest[SHA256_DIGEST_LENGTH])
{
	const struct proof *proof = proof_of(t, token);

	return strcmp(proof->hash, token->hash) == 0 &&
	    CRYPTO_memcmp(proof->digest, digest, sizeof(proof->digest)) == 0;
}

enum token_answer
tokens_check(struct tokens *t, const char *text, const struct address *from,
    const struct token **token_r)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	char name[TOKEN_NAME_MAX + 1];
	const struct token *token = NULL;
	struct proof *proof;
	const char *secret;

	look(t, NULL);
	if (token_split(text, name, &secret))
		token = token_find(&t->list, name);
	SHA256((const unsigned char *)text, strlen(text), digest);
	if (token == NULL || !is_proven(t, token, digest)) {
		if (!throttle_allows(
			t->throttle, from, clock_now(CLOCK_BOOTTIME)))
			return TOKEN_THROTTLED;
		if (token == NULL || !token_fits(token, secret)) {
			throttle_count(
			    t->throttle, from, clock_now(CLOCK_BOOTTIME));
			return TOKEN_BAD;
		}
		proof = proof_of(t, token);
		memcpy(proof->hash, token->hash, sizeof(proof->hash));
		memcpy(proof->digest, digest, sizeof(digest));
	}
	*token_r = token;
	return is_over(token) ? TOKEN_BAD : TOKEN_GOOD;
}

const struct token *
tokens_find(struct tokens *t, const char *name)
{
	const struct token *token;

	look(t, NULL);
	token = token_find(&t->list, name);
	return token == NULL || is_over(token) ? NULL : token;
}
