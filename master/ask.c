#include "ask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "json_text.h"

#define JSON_TYPE "application/json"

/* Two pieces and their headers fit in a packet of a channel. */
#define PIECE_MAX 32000

int
ask_decode(struct ask *ask, struct channel *channel, struct message *message)
{
	struct wire_reader *r = &message->body;

	memset(ask, 0, sizeof(*ask));
	ask->id = message->id;
	ask->channel = channel;
	ask->verb = wire_get_str(r);
	ask->who = wire_get_str(r);
	ask->nargs = wire_get_count(r, 10);
	if (ask->nargs > ASK_ARGS_MAX) {
		ask->nargs = 0;
		return -1;
	}
	for (unsigned i = 0; i < ask->nargs; i++) {
		ask->keys[i] = wire_get_str(r);
		ask->values[i] = wire_get_str(r);
	}
	ask->from = wire_get_str(r);
	return wire_end(r) ? 0 : -1;
}

void
ask_encode(const struct ask *ask, struct wire_writer *w)
{
	wire_put_str(w, ask->verb);
	wire_put_str(w, ask->who);
	wire_put_u32(w, ask->nargs);
	for (unsigned i = 0; i < ask->nargs; i++) {
		wire_put_str(w, ask->keys[i]);
		wire_put_str(w, ask->values[i]);
	}
	wire_put_str(w, ask->from);
}

const char *
ask_arg(const struct ask *ask, const char *key)
{
	for (unsigned i = 0; i < ask->nargs; i++)
		if (strcmp(ask->keys[i], key) == 0)
			return ask->values[i];
	return NULL;
}

int
ask_arg_int(const struct ask *ask, const char *key, int64_t min, int64_t max,
    int64_t fallback, int64_t *value_r)
{
	const char *text = ask_arg(ask, key);
	char *end;

	*value_r = fallback;
	if (text == NULL)
		return 0;
	errno = 0;
	*value_r = strtoll(text, &end, 10);
	/* strtoll() would take leading blanks and "+1". */
	if ((*text == '-' || (*text >= '0' && *text <= '9')) && end != text &&
	    *end == '\0' && errno == 0 && *value_r >= min && *value_r <= max)
		return 0;
	answer_error(ask->channel, ask->id, 400, "bad_request",
	    "%s: expected a number from %" PRId64 " to %" PRId64
	    ", not \"%.64s\"",
	    key, min, max, text);
	return -1;
}

void
answer_json(struct channel *channel, uint64_t id, int status, const char *json)
{
	answer_begin(channel, id, status, JSON_TYPE);
	answer_data(channel, id, json, strlen(json));
	answer_end(channel, id, NULL);
}

void
answer_error(struct channel *channel, uint64_t id, int status, const char *code,
    const char *fmt, ...)
{
	struct err message;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message.text, sizeof(message.text), fmt, ap);
	va_end(ap);
	text = json_take_dump(json_pack("{s:{s:s, s:o}}", "error", "code", code,
	    "message", json_text(message.text)));
	answer_json(channel, id, status, text);
	free(text);
}

/*
 * Sends and forgets: a peer that is gone needs no answer, and one that does
 * not read loses its channel's queue with its connection.
 */
static void
send_answer(
    struct channel *channel, uint16_t type, uint64_t id, struct wire_writer *w)
{
	channel_send(channel, type, id, w, -1);
	wire_writer_fini(w);
}

void
answer_begin(
    struct channel *channel, uint64_t id, int status, const char *content_type)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u16(&w, (uint16_t)status);
	wire_put_str(&w, content_type);
	send_answer(channel, MSG_ANSWER_BEGIN, id, &w);
}

void
answer_data(struct channel *channel, uint64_t id, const void *p, size_t n)
{
	const char *s = p;
	size_t part;

	while (n > 0) {
		struct wire_writer w = WIRE_WRITER_INIT;

		part = n < PIECE_MAX ? n : PIECE_MAX;
		wire_put_bytes(&w, s, part);
		send_answer(channel, MSG_ANSWER_DATA, id, &w);
		s += part;
		n -= part;
	}
}

void
answer_end(struct channel *channel, uint64_t id, const char *next)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	if (next != NULL && *next != '\0')
		wire_put_str(&w, next);
	/* Better no next page than a message the table forbids. */
	if (w.len > message_info(MSG_ANSWER_END)->max)
		wire_writer_reset(&w);
	send_answer(channel, MSG_ANSWER_END, id, &w);
}
