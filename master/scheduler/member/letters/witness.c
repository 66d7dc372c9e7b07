/*
 * What the ledger of this host says, for another host that asks: the recorder
 * is asked, and its answer goes back in letters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "scheduler/answer/answer.h"
#include "scheduler/member/letters/letter.h"

/* Questions of other hosts at once; those beyond have no answer. */
#define TESTIMONIES_MAX 64

/* Bytes of text in a letter: each may become two when it is written. */
#define PIECE_MAX ((CLUSTER_POST_MAX - 300) / 2)

/* Beyond that it is refused: every letter goes through Redis. */
#define TEXT_MAX ((size_t)256 << 10)

/* A question of another host, until the recorder has answered. */
struct testimony {
	struct testimony *next;
	uint64_t id; /* of the question to the recorder */
	uint64_t ticket;
	char node[CLUSTER_NAME_MAX + 1];
	int status;
	struct strbuf text;
};

static void
testimony_free(struct member *member, struct testimony *t)
{
	struct testimony **p = &member->testimonies;

	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	strbuf_fini(&t->text);
	free(t);
}

void
member_witness_free(struct member *member)
{
	while (member->testimonies != NULL)
		testimony_free(member, member->testimonies);
}

static struct testimony *
testimony_find(const struct member *member, uint64_t id)
{
	struct testimony *t = member->testimonies;

	while (t != NULL && t->id != id)
		t = t->next;
	return t;
}

static size_t
testimony_count(const struct member *member)
{
	size_t n = 0;

	for (const struct testimony *t = member->testimonies; t != NULL;
	     t = t->next)
		n++;
	return n;
}

/* A letter is text: no character of UTF-8 is cut. */
static size_t
piece_length(const char *s, size_t n)
{
	if (n <= PIECE_MAX)
		return n;
	n = PIECE_MAX;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
send_answer(struct member *member, const struct testimony *t)
{
	const char *s = strbuf_str(&t->text);
	size_t at = 0, n;
	bool last;

	do {
		n = piece_length(s + at, t->text.len - at);
		last = at + n == t->text.len;
		letter_post(member, t->node,
		    json_pack("{s:s, s:I, s:I, s:s%, s:i}", "do", "told",
			"ticket", (json_int_t)t->ticket, "at", (json_int_t)at,
			"text", s + at, n, "status", last ? t->status : 0));
		at += n;
	} while (!last);
}

/* The arguments stay those of the letter. */
static void
fill_ask(struct ask *ask, const struct letter *letter)
{
	json_t *args = json_object_get(letter->json, "args"), *value;
	const char *key;

	*ask = (struct ask){
	    .verb = letter_text(letter, "verb"),
	    .who = "cluster",
	    .from = letter->from,
	};
	json_object_foreach(args, key, value)
	{
		if (!json_is_string(value) || ask->nargs == ASK_ARGS_MAX)
			continue;
		ask->keys[ask->nargs] = key;
		ask->values[ask->nargs++] = json_string_value(value);
	}
}

static int
ask_recorder(struct master *m, uint64_t id, const struct letter *letter)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct ask ask;
	int rc = -1;

	fill_ask(&ask, letter);
	ask_encode(&ask, &w);
	if (m->recorder != NULL)
		rc = channel_send(m->recorder, MSG_ASK, id, &w, -1);
	wire_writer_fini(&w);
	return rc;
}

/* Without an answer this host counts as one that is silent. */
void
letter_take_ask(const struct letter *letter)
{
	struct member *member = letter->member;
	uint64_t id = ++member->tickets;
	struct testimony *t;

	if (testimony_count(member) >= TESTIMONIES_MAX ||
	    ask_recorder(member->master, id, letter) == -1)
		return;
	t = xcalloc(1, sizeof(*t));
	t->id = id;
	t->ticket = (uint64_t)letter_number(letter, "ticket");
	snprintf(t->node, sizeof(t->node), "%s", letter->from);
	t->next = member->testimonies;
	member->testimonies = t;
}

static int
take_begin(struct testimony *t, struct wire_reader *r)
{
	int status = wire_get_u16(r);

	(void)wire_get_str(r); /* JSON, always */
	if (t != NULL)
		t->status = status;
	return wire_end(r) && status >= 200 && status <= 599 ? 0 : -1;
}

static int
take_data(struct testimony *t, struct wire_reader *r)
{
	const void *bytes;
	size_t n;

	bytes = wire_get_bytes(r, &n);
	if (!wire_end(r))
		return -1;
	if (t != NULL && t->text.len <= TEXT_MAX)
		strbuf_add(&t->text, bytes, n);
	return 0;
}

static void
take_end(struct member *member, struct testimony *t)
{
	if (t == NULL)
		return;
	if (t->text.len > TEXT_MAX) {
		log_warn("an answer of %zu bytes or more is too long for %s",
		    t->text.len, t->node);
		t->status = 507;
		strbuf_reset(&t->text);
	}
	send_answer(member, t);
	testimony_free(member, t);
}

int
member_recorder_says(struct master *m, struct message *message)
{
	struct testimony *t = NULL;

	if (m->member != NULL)
		t = testimony_find(m->member, message->id);
	if (message->type == MSG_ANSWER_BEGIN)
		return take_begin(t, &message->body);
	if (message->type == MSG_ANSWER_DATA)
		return take_data(t, &message->body);
	take_end(m->member, t);
	return 0;
}
