#include "recorder/query/piece.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "json_text.h"

/* --- there --- */

struct piece {
	struct query_env *env;
	uint64_t id;
	uint64_t connection;
	uint64_t pos;
	uint64_t start;
	struct strbuf hex;
};

static void
take_piece(void *arg, uint64_t start, const void *data, size_t n)
{
	struct piece *p = arg;
	size_t skip = p->pos > start ? (size_t)(p->pos - start) : 0;
	const unsigned char *bytes = data;

	if (skip >= n)
		return;
	p->start = start + skip;
	n -= skip;
	if (n > PIECE_BYTES_MAX)
		n = PIECE_BYTES_MAX;
	for (size_t i = 0; i < n; i++)
		strbuf_addf(&p->hex, "%02x", bytes[skip + i]);
}

static void
tell_piece(void *arg, const struct err *err)
{
	struct piece *p = arg;
	struct channel *channel = p->env->channel;
	char *text;

	if (channel != NULL && p->connection == p->env->connection) {
		text = json_take_dump(json_pack("{s:I, s:s}", "start",
		    (json_int_t)p->start, "hex", strbuf_str(&p->hex)));
		if (err == NULL)
			answer_json(channel, p->id, 200, text);
		else
			answer_error(channel, p->id, 503, "store_unavailable",
			    "the store cannot be read now: %s", err->text);
		free(text);
	}
	strbuf_fini(&p->hex);
	free(p);
}

void
piece_answer(struct query_env *env, const struct ask *ask)
{
	const char *run = ask_arg(ask, "run");
	struct piece *p;
	int64_t pos;

	if (ask_arg_int(ask, "offset", 0, INT64_MAX, 0, &pos) == -1)
		return;
	if (run == NULL) {
		answer_error(ask->channel, ask->id, 400, "bad_request",
		    "run: expected the id of a run");
		return;
	}
	p = xcalloc(1, sizeof(*p));
	p->env = env;
	p->id = ask->id;
	p->connection = env->connection;
	p->pos = (uint64_t)pos;
	env->store->ops->output(
	    env->store, run, p->pos, take_piece, tell_piece, p);
}

/* --- here --- */

struct reading {
	store_piece_cb *piece;
	store_done *done;
	void *arg;
};

/* The bytes, in place; -1: it is no hex. */
static ssize_t
decode(char *hex)
{
	size_t n = strlen(hex) / 2;
	unsigned byte;

	for (size_t i = 0; i < n; i++) {
		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return -1;
		hex[i] = (char)byte;
	}
	return (ssize_t)n;
}

static void
told_piece(void *arg, const json_t *answers, const json_t *silent)
{
	const json_t *body =
	    json_object_get(json_array_get(answers, 0), "body");
	const char *hex = json_string_value(json_object_get(body, "hex"));
	struct reading reading = *(struct reading *)arg;
	char *bytes = xstrdup(hex != NULL ? hex : "");
	ssize_t n = hex != NULL ? decode(bytes) : -1;
	struct err err;

	free(arg);
	err_set(&err, "its host does not answer");
	if (n > 0)
		reading.piece(reading.arg,
		    (uint64_t)json_integer_value(
			json_object_get(body, "start")),
		    bytes, (size_t)n);
	reading.done(reading.arg, n == -1 ? &err : NULL);
	free(bytes);
}

void
piece_ask(struct others *others, const char *host, const char *run,
    uint64_t pos, store_piece_cb *piece, store_done *done, void *arg)
{
	struct reading *reading = xcalloc(1, sizeof(*reading));
	char offset[24];
	const struct ask ask = {
	    .verb = "piece",
	    .who = "",
	    .from = "",
	    .nargs = 3,
	    .keys = {"run", "offset", "only"},
	    .values = {run, offset, host},
	};

	*reading = (struct reading){piece, done, arg};
	snprintf(offset, sizeof(offset), "%" PRIu64, pos);
	others_ask(others, &ask, told_piece, reading);
}
