#include "recorder/others.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/strbuf.h"

/* A question on its way. */
struct question {
	struct question *next;
	uint64_t id;
	others_cb *cb;
	void *arg;
	struct strbuf text; /* of the answer, so far */
};

struct others {
	struct channel *channel; /* borrowed */
	struct question *questions;
	uint64_t id; /* the last one */
};

struct others *
others_new(void)
{
	return xcalloc(1, sizeof(struct others));
}

/* It is over, and freed. */
static void
end(struct others *others, struct question *q, const json_t *answer)
{
	struct question **p = &others->questions;
	json_t *none = json_array();
	const json_t *answers = json_object_get(answer, "answers");
	const json_t *silent = json_object_get(answer, "silent");

	while (*p != q)
		p = &(*p)->next;
	*p = q->next;
	q->cb(q->arg, answers != NULL ? answers : none,
	    silent != NULL ? silent : none);
	json_decref(none);
	strbuf_fini(&q->text);
	free(q);
}

void
others_set_channel(struct others *others, struct channel *channel)
{
	others->channel = channel;
	while (others->questions != NULL)
		end(others, others->questions, NULL);
}

void
others_free(struct others *others)
{
	if (others == NULL)
		return;
	others_set_channel(others, NULL);
	free(others);
}

static int
send_question(const struct others *others, uint64_t id, const struct ask *ask)
{
	struct ask question = *ask;
	struct wire_writer w = WIRE_WRITER_INIT;
	int rc = -1;

	question.verb = "others";
	question.keys[question.nargs] = "verb";
	question.values[question.nargs++] = ask->verb;
	ask_encode(&question, &w);
	if (others->channel != NULL)
		rc = channel_send(others->channel, MSG_ASK, id, &w, -1);
	wire_writer_fini(&w);
	return rc;
}

void
others_ask(
    struct others *others, const struct ask *ask, others_cb *cb, void *arg)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->id = ++others->id;
	q->cb = cb;
	q->arg = arg;
	q->next = others->questions;
	others->questions = q;
	if (send_question(others, q->id, ask) == -1)
		end(others, q, NULL);
}

int
others_handle(struct others *others, struct message *message)
{
	struct question *q = others->questions;
	const void *bytes;
	json_t *answer;
	size_t n;

	while (q != NULL && q->id != message->id)
		q = q->next;
	if (q == NULL)
		return -1;
	if (message->type == MSG_ANSWER_DATA) {
		bytes = wire_get_bytes(&message->body, &n);
		if (!wire_end(&message->body))
			return -1;
		strbuf_add(&q->text, bytes, n);
	} else if (message->type == MSG_ANSWER_END) {
		answer = json_loadb(strbuf_str(&q->text), q->text.len, 0, NULL);
		end(others, q, answer);
		json_decref(answer);
	}
	return 0;
}
