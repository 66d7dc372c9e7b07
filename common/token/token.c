#include "token/token.h"

#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/timestamp.h"

#define SECRET_BYTES 32
/* base64 of it, without the padding. */
#define SECRET_TEXT  43

static const char *const roles[] = {"viewer", "operator", "admin"};

const char *
token_role_name(enum token_role role)
{
	return roles[role];
}

int
token_role_parse(const char *text)
{
	for (size_t i = 0; i < nitems(roles); i++)
		if (strcmp(roles[i], text) == 0)
			return (int)i;
	return -1;
}

bool
token_is_name(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t n = strspn(text, letters);

	return n > 0 && n <= TOKEN_NAME_MAX && text[n] == '\0';
}

/* NULL when there is no further word. */
static char *
next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, " \t\r");
	while (word != NULL && *word == '\0');
	return word;
}

/* 0, or -1 with err. line is taken apart. */
static int
read_line(struct token *t, char *line, struct err *err)
{
	char *name = next_word(&line), *role = next_word(&line);
	char *expires = next_word(&line), *hash = next_word(&line);
	int n;

	if (hash == NULL || next_word(&line) != NULL)
		return err_set(err, "a line is NAME ROLE EXPIRES HASH");
	if (!token_is_name(name))
		return err_set(err,
		    "a name has letters, digits, \".\", \"_\" and \"-\", at "
		    "most %d",
		    TOKEN_NAME_MAX);
	n = token_role_parse(role);
	if (n == -1)
		return err_set(err,
		    "\"%.32s\" is no role; write viewer, operator or admin",
		    role);
	if (strcmp(expires, "-") != 0 &&
	    timestamp_parse_ms(expires, &t->expires_ms, err) == -1)
		return -1;
	if (*hash != '$' || strlen(hash) > TOKEN_HASH_MAX)
		return err_set(err, "the hash is none of crypt(5)");
	t->role = (enum token_role)n;
	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->hash, sizeof(t->hash), "%s", hash);
	return 0;
}

struct token *
token_find(const struct token_list *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->all[i].name, name) == 0)
			return &list->all[i];
	return NULL;
}

static int
take_line(struct token_list *list, char *line, size_t offset, struct err *err)
{
	struct token t = {.offset = offset};

	line += strspn(line, " \t\r");
	if (*line == '\0' || *line == '#')
		return 0;
	if (read_line(&t, line, err) == -1)
		return -1;
	if (token_find(list, t.name) != NULL)
		return err_set(err, "%s is there twice", t.name);
	array_reserve(&list->all, &list->cap, list->n + 1, sizeof(*list->all));
	list->all[list->n++] = t;
	return 0;
}

void
token_list_read(struct token_list *list, const char *text,
    void (*problem)(void *arg, unsigned line, const char *text), void *arg)
{
	char *copy = xstrdup(text), *rest = copy, *line;
	struct err err;
	unsigned n = 0;

	list->n = 0;
	while ((line = strsep(&rest, "\n")) != NULL) {
		n++;
		if (take_line(list, line, (size_t)(line - copy), &err) == -1)
			problem(arg, n, err.text);
	}
	explicit_bzero(copy, strlen(text));
	free(copy);
}

void
token_list_fini(struct token_list *list)
{
	free(list->all);
	list->all = NULL;
	list->n = list->cap = 0;
}

/* base64url of RFC 4648, without padding. */
static void
put_base64(const unsigned char *p, size_t n, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";
	unsigned bits = 0, have = 0;

	for (; n > 0; n--) {
		bits = bits << 8 | *p++;
		for (have += 8; have >= 6; have -= 6)
			*out++ = digits[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*out++ = digits[bits << (6 - have) & 63];
	*out = '\0';
}

/* "" when it cannot be done. */
static void
hash_secret(const char *secret, char hash_r[TOKEN_HASH_MAX + 1])
{
	char salt[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *hash;

	hash_r[0] = '\0';
	if (crypt_gensalt_rn("$y$", 1, NULL, 0, salt, sizeof(salt)) != NULL &&
	    (hash = crypt_r(secret, salt, data)) != NULL && *hash == '$')
		snprintf(hash_r, TOKEN_HASH_MAX + 1, "%s", hash);
	explicit_bzero(data, sizeof(*data));
	free(data);
}

int
token_make(const char *name, char text_r[TOKEN_TEXT_MAX],
    char hash_r[TOKEN_HASH_MAX + 1], struct err *err)
{
	unsigned char bytes[SECRET_BYTES];
	char secret[SECRET_TEXT + 1];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return err_errno(err, "no random numbers");
	put_base64(bytes, sizeof(bytes), secret);
	snprintf(text_r, TOKEN_TEXT_MAX, "%s.%s", name, secret);
	hash_secret(secret, hash_r);
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(secret, sizeof(secret));
	if (hash_r[0] == '\0')
		return err_set(err, "crypt(3) has no yescrypt here");
	return 0;
}

bool
token_split(
    const char *text, char name_r[TOKEN_NAME_MAX + 1], const char **secret_r)
{
	const char *dot = strrchr(text, '.');
	size_t n = dot != NULL ? (size_t)(dot - text) : 0;

	if (n == 0 || n > TOKEN_NAME_MAX || dot[1] == '\0' ||
	    strlen(text) >= TOKEN_TEXT_MAX)
		return false;
	memcpy(name_r, text, n);
	name_r[n] = '\0';
	*secret_r = dot + 1;
	return token_is_name(name_r);
}

/* In a time that does not tell where they differ. */
static bool
is_same(const char *a, const char *b)
{
	size_t n = strlen(a);
	unsigned char differs = 0;

	if (strlen(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		differs |= (unsigned char)(a[i] ^ b[i]);
	return differs == 0;
}

bool
token_fits(const struct token *token, const char *secret)
{
	struct crypt_data *data = xcalloc(1, sizeof(*data));
	const char *hash = crypt_r(secret, token->hash, data);
	bool fits = hash != NULL && *hash == '$' && is_same(hash, token->hash);

	explicit_bzero(data, sizeof(*data));
	free(data);
	return fits;
}

char *
token_line(const struct token *token)
{
	char expires[TIMESTAMP_TEXT_MAX] = "-";

	if (token->expires_ms != 0)
		timestamp_format_ms(expires, token->expires_ms);
	return xasprintf("%s %s %s %s\n", token->name,
	    token_role_name(token->role), expires, token->hash);
}
