/*
 * Any bytes as a file of tokens, as a token and as an address: what comes out
 * of them, written and read again, is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "base/mem.h"
#include "fuzz.h"
#include "token/token.h"

static void
count(void *arg, unsigned line, const char *text)
{
	unsigned *n = arg;

	MUST(line > 0 && *text != '\0');
	++*n;
}

static void
check_token(const struct token *token)
{
	struct token_list again = {NULL, 0, 0};
	char *line = token_line(token);
	unsigned bad = 0;

	token_list_read(&again, line, count, &bad);
	MUST(bad == 0 && again.n == 1);
	MUST(strcmp(again.all[0].name, token->name) == 0);
	MUST(strcmp(again.all[0].hash, token->hash) == 0);
	MUST(again.all[0].role == token->role);
	MUST(again.all[0].expires_ms == token->expires_ms);
	token_list_fini(&again);
	free(line);
}

static void
check_list(char *text)
{
	struct token_list list = {NULL, 0, 0};
	unsigned bad = 0;

	token_list_read(&list, text, count, &bad);
	for (size_t i = 0; i < list.n; i++) {
		MUST(token_find(&list, list.all[i].name) == &list.all[i]);
		check_token(&list.all[i]);
	}
	/* As "belfry token revoke" does it. */
	if (list.n > 0) {
		text[list.all[0].offset] = '#';
		token_list_read(&list, text, count, &bad);
	}
	token_list_fini(&list);
}

static void
check_address(const char *text)
{
	char buf[ADDRESS_TEXT_MAX];
	struct address_net net;
	struct address a, b;
	struct err err;

	if (address_parse(text, &a, &err) == 0) {
		MUST(address_parse(address_format(&a, buf), &b, &err) == 0);
		MUST(memcmp(&a.sa, &b.sa, sizeof(a.sa)) == 0);
		MUST(address_is_near(&a, &b));
	}
	if (address_net_parse(text, &net, &err) == 0)
		MUST(net.bits <= 128);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1), name[TOKEN_NAME_MAX + 1];
	const char *secret;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (token_split(text, name, &secret))
		MUST(token_is_name(name) && *secret != '\0');
	check_address(text);
	check_list(text);
	free(text);
	return 0;
}
