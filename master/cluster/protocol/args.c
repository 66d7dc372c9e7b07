#include "cluster/protocol/args.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
args_add(struct args *args, const char *s)
{
	array_reserve(&args->at, &args->cap, args->n + 1, sizeof(*args->at));
	args->at[args->n++] = args->text.len;
	strbuf_add(&args->text, s, strlen(s) + 1);
}

void
args_add_int(struct args *args, int64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, v);
	args_add(args, text);
}

void
args_add_uint(struct args *args, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, v);
	args_add(args, text);
}

const char *
args_get(const struct args *args, size_t i)
{
	return args->text.s + args->at[i];
}

size_t
args_len(const struct args *args, size_t i)
{
	size_t end = i + 1 < args->n ? args->at[i + 1] : args->text.len;

	return end - args->at[i] - 1;
}

void
args_copy(struct args *to, const struct args *from)
{
	strbuf_add(&to->text, from->text.s, from->text.len);
	array_reserve(&to->at, &to->cap, from->n, sizeof(*to->at));
	memcpy(to->at, from->at, from->n * sizeof(*to->at));
	to->n = from->n;
}

void
args_reset(struct args *args)
{
	strbuf_reset(&args->text);
	args->n = 0;
}

void
args_fini(struct args *args)
{
	strbuf_fini(&args->text);
	free(args->at);
	*args = (struct args){0};
}
