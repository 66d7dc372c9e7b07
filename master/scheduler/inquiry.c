#include "scheduler/inquiry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/master.h"

struct inquiry {
	struct inquiry *next;
	struct master *master;
	const struct inquiry_kind *kind;
	void *about;         /* borrowed */
	int fd;              /* owned; -1: nobody was asked yet */
	struct event *event; /* of fd; its time-out from the start */
	int tries;
};

static void
stop_listening(struct inquiry *inquiry)
{
	if (inquiry->event != NULL)
		event_free(inquiry->event);
	inquiry->event = NULL;
	fd_close(&inquiry->fd);
}

void
inquiry_free(struct inquiry *inquiry)
{
	struct inquiry **p;

	if (inquiry == NULL)
		return;
	p = &inquiry->master->inquiries;
	while (*p != inquiry)
		p = &(*p)->next;
	*p = inquiry->next;
	stop_listening(inquiry);
	free(inquiry);
}

static void
end(struct inquiry *inquiry, struct message *answer, bool too_late)
{
	struct master *m = inquiry->master;
	const struct inquiry_kind *kind = inquiry->kind;
	void *about = inquiry->about;

	inquiry_free(inquiry);
	kind->done(m, about, answer, too_late);
}

static void listen_for(struct inquiry *inquiry);

/* Whoever was asked is gone; another one may do better. */
static void
ask_again(struct inquiry *inquiry)
{
	stop_listening(inquiry);
	if (++inquiry->tries >= inquiry->kind->tries) {
		end(inquiry, NULL, false);
		return;
	}
	listen_for(inquiry);
	inquiries_pump(inquiry->master);
}

static void
answer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct inquiry *inquiry = arg;
	struct packet_in *in = inquiry->master->role->loop->in;
	struct message message;
	struct err err;

	if ((what & EV_TIMEOUT) != 0)
		end(inquiry, NULL, true);
	else if (packet_receive(inquiry->fd, in) != 1 ||
	    packet_next(in, ROLE_WORKER, ROLE_MASTER, &message, &err) != 1 ||
	    message.type != inquiry->kind->answer)
		ask_again(inquiry);
	else
		end(inquiry, &message, false);
}

/* On its channel, if it has one, and the clock. */
static void
listen_for(struct inquiry *inquiry)
{
	const struct timeval patience = {.tv_sec = inquiry->kind->patience_s};

	inquiry->event = event_new(inquiry->master->role->base, inquiry->fd,
	    inquiry->fd == -1 ? 0 : EV_READ, answer_cb, inquiry);
	if (inquiry->event == NULL ||
	    event_add(inquiry->event, &patience) == -1)
		fatalx("cannot wait for a launcher's answer");
}

static void
send_ask(struct inquiry *inquiry, struct channel *launcher)
{
	struct master *m = inquiry->master;
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1) {
		log_warn("cannot send %s: %s", message_name(inquiry->kind->ask),
		    strerror(errno));
		return;
	}
	wire_writer_reset(&m->scratch);
	inquiry->kind->put(m, inquiry->about, &m->scratch);
	if (channel_send(launcher, inquiry->kind->ask, 0, &m->scratch, sv[1]) ==
	    -1) {
		fd_close(&sv[0]);
		return;
	}
	stop_listening(inquiry);
	inquiry->fd = sv[0];
	fcntl(inquiry->fd, F_SETFL, O_NONBLOCK);
	listen_for(inquiry);
}

void
inquiries_pump(struct master *m)
{
	struct channel *launcher =
	    m->launch.launchers[LAUNCHER_LIBRARY].channel;

	if (m->inquiries == NULL)
		return;
	launch_need(m, KIND_PLUGIN);
	for (struct inquiry *inquiry = m->inquiries;
	     launcher != NULL && inquiry != NULL; inquiry = inquiry->next)
		if (inquiry->fd == -1)
			send_ask(inquiry, launcher);
}

struct inquiry *
inquiry_new(struct master *m, const struct inquiry_kind *kind, void *about)
{
	struct inquiry *inquiry = xcalloc(1, sizeof(*inquiry));

	inquiry->master = m;
	inquiry->kind = kind;
	inquiry->about = about;
	inquiry->fd = -1;
	inquiry->next = m->inquiries;
	m->inquiries = inquiry;
	listen_for(inquiry);
	inquiries_pump(m);
	return inquiry;
}
