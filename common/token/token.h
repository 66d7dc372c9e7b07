/*
 * Tokens: what programs and people show to the API over TCP, and the file
 * that knows them, one a line:
 *
 *   NAME ROLE EXPIRES HASH
 *
 * ROLE is viewer, operator or admin, EXPIRES a time as in RFC 3339 or "-" for
 * never, HASH what crypt(5) makes of the secret. Lines that are empty or begin
 * with "#" do not count: a token is revoked by the write of one byte, and so
 * at once for whoever has the file open.
 *
 * A token is "NAME.SECRET". The secret has 256 random bits, so that a cheap
 * hash is as good as a dear one.
 */
#ifndef BELFRY_TOKEN_TOKEN_H
#define BELFRY_TOKEN_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define TOKEN_NAME_MAX 64
#define TOKEN_HASH_MAX 128
/* NAME.SECRET and a NUL; a secret of a person's own may be as long. */
#define TOKEN_TEXT_MAX 256
#define TOKEN_FILE_MAX ((size_t)1 << 20)

enum token_role {
	TOKEN_VIEWER,
	TOKEN_OPERATOR,
	TOKEN_ADMIN
};

struct token {
	char name[TOKEN_NAME_MAX + 1];
	enum token_role role;
	int64_t expires_ms; /* 0 never */
	char hash[TOKEN_HASH_MAX + 1];
	size_t offset; /* of its line in the file */
};

struct token_list {
	struct token *all; /* owned */
	size_t n, cap;
};

/* "viewer" ...; and back, -1 when it is none. */
const char *token_role_name(enum token_role role);
int token_role_parse(const char *text);

/* Letters, digits, ".", "_", "-", at most TOKEN_NAME_MAX. */
bool token_is_name(const char *text);

/*
 * Reads the text of a file, after which list has its tokens; problem is called
 * for each line that is left out.
 */
void token_list_read(struct token_list *list, const char *text,
    void (*problem)(void *arg, unsigned line, const char *text), void *arg);
void token_list_fini(struct token_list *list);

/* The token of that name; NULL when there is none. */
struct token *token_find(const struct token_list *list, const char *name);

/*
 * A new token of that name: what its owner is to have, and the hash of it.
 * 0, or -1 with err.
 */
int token_make(const char *name, char text_r[TOKEN_TEXT_MAX],
    char hash_r[TOKEN_HASH_MAX + 1], struct err *err);

/*
 * Takes "NAME.SECRET" apart: the name is copied, the secret points into text.
 * False when it cannot be a token.
 */
bool token_split(
    const char *text, char name_r[TOKEN_NAME_MAX + 1], const char **secret_r);

/* Is that the secret? Takes a millisecond, or as long as the hash says. */
bool token_fits(const struct token *token, const char *secret);

/* The line of the file, which ends with a line feed. The caller frees it. */
char *token_line(const struct token *token);

#endif
