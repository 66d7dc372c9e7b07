/* Workers that send one message each, and their answers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scheduler/inquiry.h"
#include "scheduler/notify/internal.h"

/* More than any try may take: a worker ends itself before that. */
#define PATIENCE_S (11 * 60)

struct sending {
	struct inquiry *inquiry;
	notify_sent *cb;
	void *arg;
	size_t len;
	uint8_t order[];
};

static void
put_order(struct master *m, const void *about, struct wire_writer *w)
{
	const struct sending *sending = about;

	for (size_t i = 0; i < sending->len; i++)
		wire_put_u8(w, sending->order[i]);
}

/* A worker is trusted with its message and nothing else. */
static void
take_answer(
    struct master *m, void *about, struct message *answer, bool too_late)
{
	const char *why = too_late ?
	    "the process that sends it does not answer" :
	    "the process that sends it was killed; it took too long, perhaps";
	struct sending *sending = about;
	bool sent = false, refused = false;
	char *copy;

	if (answer != NULL) {
		sent = wire_get_u8(&answer->body) != 0;
		refused = wire_get_u8(&answer->body) != 0;
		why = wire_get_str(&answer->body);
		sent = sent && wire_ok(&answer->body);
	}
	/* What the callback sends is received in the same place. */
	copy = xstrdup(why);
	sending->cb(sending->arg, sent, refused, copy);
	free(copy);
	free(sending);
}

static const struct inquiry_kind send_notice = {
    .ask = MSG_NOTICE_SEND,
    .answer = MSG_NOTICE_SENT,
    .patience_s = PATIENCE_S,
    .tries = 1,
    .put = put_order,
    .done = take_answer,
};

struct sending *
notify_send(struct master *m, notify_sent *cb, void *arg)
{
	struct sending *sending = xmalloc(sizeof(*sending) + m->scratch.len);

	sending->cb = cb;
	sending->arg = arg;
	sending->len = m->scratch.len;
	memcpy(sending->order, m->scratch.p, sending->len);
	sending->inquiry = inquiry_new(m, &send_notice, sending);
	return sending;
}

void
notify_send_cancel(struct sending *sending)
{
	if (sending != NULL)
		inquiry_free(sending->inquiry);
	free(sending);
}
