/* Workers that send one message each, and their answers. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/notify/internal.h"

/* Beyond the time that the worker has: then it is not there any more. */
#define GRACE_S 15

struct sending {
	struct master *master;
	int fd; /* owned */
	struct event *event;
	notify_sent *cb;
	void *arg;
};

static void
sending_free(struct sending *sending)
{
	event_free(sending->event);
	fd_close(&sending->fd);
	free(sending);
}

void
notify_send_cancel(struct sending *sending)
{
	if (sending != NULL)
		sending_free(sending);
}

/* A worker is trusted with its message and nothing else. */
static bool
read_answer(
    struct sending *sending, bool *sent_r, bool *refused_r, const char **why_r)
{
	struct packet_in *in = sending->master->role->loop->in;
	struct message message;
	struct err err;

	if (packet_receive(sending->fd, in) != 1 ||
	    packet_next(in, ROLE_WORKER, ROLE_MASTER, &message, &err) != 1 ||
	    message.type != MSG_NOTICE_SENT)
		return false;
	*sent_r = wire_get_u8(&message.body) != 0;
	*refused_r = wire_get_u8(&message.body) != 0;
	*why_r = wire_get_str(&message.body);
	return wire_ok(&message.body);
}

static void
answer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct sending *sending = arg;
	bool sent = false, refused = false;
	const char *why;
	char *copy;

	if ((what & EV_TIMEOUT) != 0)
		why = "the process that sends it does not answer";
	else if (!read_answer(sending, &sent, &refused, &why))
		why = "the process that sends it was killed; it took too long, "
		      "perhaps";
	copy = xstrdup(why);
	sending->cb(sending->arg, sent, refused, copy);
	free(copy);
	sending_free(sending);
}

static struct sending *
sending_new(struct master *m, int fd, int64_t timeout_ms)
{
	const struct timeval patience = {
	    .tv_sec = timeout_ms / 1000 + GRACE_S,
	};
	struct sending *sending = xcalloc(1, sizeof(*sending));

	sending->master = m;
	sending->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	sending->event =
	    event_new(m->role->base, fd, EV_READ, answer_cb, sending);
	if (sending->event == NULL ||
	    event_add(sending->event, &patience) == -1)
		fatalx("cannot wait for a worker");
	return sending;
}

struct sending *
notify_send(struct master *m, int64_t timeout_ms, notify_sent *cb, void *arg)
{
	struct channel *launcher =
	    m->launch.launchers[LAUNCHER_LIBRARY].channel;
	struct sending *sending;
	int sv[2];

	launch_need(m, KIND_HTTP);
	if (launcher == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("cannot send a notification: %s", strerror(errno));
		return NULL;
	}
	if (channel_send(launcher, MSG_NOTICE_SEND, 0, &m->scratch, sv[1]) ==
	    -1) {
		fd_close(&sv[0]);
		return NULL;
	}
	sending = sending_new(m, sv[0], timeout_ms);
	sending->cb = cb;
	sending->arg = arg;
	return sending;
}
