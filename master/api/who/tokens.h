/*
 * The tokens that the api process knows: those of a file that the guardian
 * opened for it. It looks whether the file has changed before each answer, so
 * that a token that was revoked is not taken any more.
 */
#ifndef BELFRY_API_WHO_TOKENS_H
#define BELFRY_API_WHO_TOKENS_H

#include "api/who/throttle.h"
#include "token/token.h"

struct tokens;

enum token_answer {
	TOKEN_GOOD,
	TOKEN_BAD,      /* it is none, is revoked or has expired */
	TOKEN_THROTTLED /* too many bad ones came from that address */
};

/*
 * changed is called for each token that came, went or is another since the
 * file was read first: was or is is NULL, who that of tokens_look() or NULL.
 */
typedef void (*tokens_changed)(void *arg, const void *who,
    const struct token *was, const struct token *is);

struct tokens *tokens_new(tokens_changed changed, void *arg);
void tokens_free(struct tokens *tokens);

/* Another file, in place of the one before; own fd, -1 none. */
void tokens_set_file(struct tokens *tokens, int fd);

/* Looks now: who says that the file has changed. */
void tokens_look(struct tokens *tokens, const void *who);

/*
 * Is text a token? from is who shows it, for the throttle. *token_r, when it
 * is good, is valid until the next call. A token that was found good once costs
 * no more than a look-up.
 */
enum token_answer tokens_check(struct tokens *tokens, const char *text,
    const struct address *from, const struct token **token_r);

/* The token of that name; NULL when there is none, or it is not good. */
const struct token *tokens_find(struct tokens *tokens, const char *name);

#endif
