/* The master's channels to the recorder and to the api, and what they say. */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/mem.h"
#include "scheduler/answer/answer.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* A store that the recorder can do without for a while. */
static int
note_store(struct master *m, struct message *message)
{
	bool up = wire_get_u8(&message->body) != 0;
	const char *why = wire_get_str(&message->body);

	snprintf(m->store_down, sizeof(m->store_down), "%s", up ? "" : why);
	return wire_ok(&message->body) ? 0 : -1;
}

static int
end_of_state(struct master *m, struct message *message)
{
	(void)message;
	recover_state_end(m);
	return 0;
}

static int
new_store(struct master *m, struct message *message)
{
	(void)message;
	retell_start(m);
	return 0;
}

static int
recorded(struct master *m, struct message *message)
{
	outbox_confirmed(m, wire_get_u64(&message->body));
	return 0;
}

/* All that the recorder says, but for questions of its own. */
#define RECORDER_SAYS(X)                                                       \
	X(STATE_JOB, recover_state_job)                                        \
	X(STATE_RETRY, recover_state_retry)                                    \
	X(STATE_OPEN, recover_state_open)                                      \
	X(STATE_PAUSE, recover_state_pause)                                    \
	X(STATE_AFTER, after_state)                                            \
	X(STATE_NOTICE, notify_remember)                                       \
	X(STATE_END, end_of_state)                                             \
	X(STATE_NEW, new_store)                                                \
	X(STORE_STATE, note_store)                                             \
	X(USUAL, notify_usual)                                                 \
	X(GUARD_ANSWER, member_guard_answer)                                   \
	X(QUEUE_SUBMITTED, queue_handle)                                       \
	X(QUEUE_TAKEN, queue_handle)                                           \
	X(QUEUE_REPLY, queue_handle)                                           \
	X(QUEUE_DONE, queue_handle)                                            \
	X(RECORDED, recorded)                                                  \
	X(ANSWER_BEGIN, member_recorder_says)                                  \
	X(ANSWER_DATA, member_recorder_says)                                   \
	X(ANSWER_END, member_recorder_says)

static int
handle_recorder(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	static const struct {
		uint16_t type;
		int (*take)(struct master *m, struct message *message);
	} said[] = {
#define X(name, take) {MSG_##name, take},
	    RECORDER_SAYS(X)
#undef X
	};
	size_t i = 0;

	while (said[i].type != message->type)
		i++; /* the channel lets none through that is not there */
	return said[i].take(arg, message) == -1 ? err_set(err, "malformed") : 0;
}

/* It wants to know what the ledgers of other hosts say. */
static int
handle_recorder_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct ask ask;

	if (ask_decode(&ask, channel, message) == -1 ||
	    strcmp(ask.verb, "others") != 0 || ask_arg(&ask, "verb") == NULL)
		return err_set(err, "malformed");
	member_ask_others(arg, &ask);
	return 0;
}

static const struct channel_dispatch recorder_dispatch[] = {
#define X(name, take) {MSG_##name, handle_recorder},
    RECORDER_SAYS(X)
#undef X
	{MSG_ASK, handle_recorder_ask},
    {MSG_AUDIT_TELL, answer_audit_told},
    {0, NULL},
};

static const struct channel_dispatch api_dispatch[] = {
    {MSG_ASK, answer_handle},
    {MSG_ASK_CANCEL, answer_cancel},
    {MSG_AUDIT_TELL, answer_audit_told},
    {0, NULL},
};

static void
peer_closed(struct channel *channel, const char *why, void *arg)
{
	struct master *m = arg;
	bool is_recorder = channel == m->recorder;

	if (is_recorder) {
		m->recorder = NULL;
		member_recorder_gone(m);
		queue_recorder_gone(m);
	} else {
		m->api = NULL;
		queue_forget_asks(m);
	}
	if (m->api == NULL)
		m->events.listens = false;
	channel_free(channel);
	if (why != NULL)
		role_peer_bad(
		    m->role, is_recorder ? ROLE_RECORDER : ROLE_API, 0, why);
}

static struct channel *
connect_peer(struct master *m, enum role_id peer, int fd)
{
	struct channel_config config = {
	    .loop = m->role->loop,
	    .self = ROLE_MASTER,
	    .peer = peer,
	    .dispatch = peer == ROLE_API ? api_dispatch : recorder_dispatch,
	    .closed_cb = peer_closed,
	    .arg = m,
	};

	return channel_new(&config, fd);
}

void
master_peer(struct role *role, enum role_id peer, unsigned index, int fd)
{
	struct master *m = role->state;

	if (peer == ROLE_LAUNCHER) {
		launch_peer(m, index, fd);
	} else if (peer == ROLE_RECORDER) {
		channel_free(m->recorder);
		m->recorder = connect_peer(m, peer, fd);
		member_recorder_gone(m);
		m->store_down[0] = '\0'; /* until it says so */
		if (m->phase == MASTER_LOADING)
			recover_start(m);
		else
			outbox_resend(m);
		queue_recorder_gone(m);
		queue_recorder_back(m);
	} else if (peer == ROLE_API) {
		m->events.listens = false;
		queue_forget_asks(m);
		channel_free(m->api);
		m->api = connect_peer(m, peer, fd);
	} else {
		fd_close(&fd);
	}
}
