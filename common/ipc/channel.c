#include "ipc/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"

#define QUEUE_MAX_DEFAULT ((size_t)64 << 20)
/* Packets below the socket's limit in count and size keep latency low. */
#define PACKET_FILL       32768

struct channel {
	struct channel_config config;
	int fd;
	struct event *read_event;
	struct event *write_event;
	struct event *flush_event; /* fires at the end of this turn */
	struct packet *first;      /* full packets in order */
	struct packet *last;
	size_t queued;
	bool closed;
	bool busy; /* inside a handler: freeing waits */
	bool freed;
	void (*empty_cb)(struct channel *, void *);
};

struct channel_loop *
channel_loop_new(struct event_base *base)
{
	struct channel_loop *loop = xmalloc(sizeof(*loop));

	loop->base = base;
	loop->in = xmalloc(sizeof(*loop->in));
	loop->depth = 0;
	packet_in_init(loop->in);
	return loop;
}

void
channel_loop_free(struct channel_loop *loop)
{
	if (loop == NULL)
		return;
	packet_in_fini(loop->in);
	free(loop->in);
	free(loop);
}

static void
drop_queue(struct channel *ch)
{
	struct packet *packet;

	while ((packet = ch->first) != NULL) {
		ch->first = packet->next;
		packet_free(packet);
	}
	ch->last = NULL;
	ch->queued = 0;
}

static void
release(struct channel *ch)
{
	event_free(ch->read_event);
	event_free(ch->write_event);
	event_free(ch->flush_event);
	drop_queue(ch);
	fd_close(&ch->fd);
	free(ch);
}

static void
stop(struct channel *ch)
{
	ch->closed = true;
	event_del(ch->read_event);
	event_del(ch->write_event);
	event_del(ch->flush_event);
	drop_queue(ch);
	fd_close(&ch->fd);
}

/* Tells the owner; may free the channel. */
static void
close_with(struct channel *ch, const char *why)
{
	if (ch->closed)
		return;
	stop(ch);
	ch->config.closed_cb(ch, why, ch->config.arg);
}

static const struct channel_dispatch *
find_handler(const struct channel *ch, uint16_t type)
{
	const struct channel_dispatch *d;

	for (d = ch->config.dispatch; d->type != 0; d++)
		if (d->type == type)
			return d;
	return NULL;
}

/* Handles all messages of one packet. False: the channel is done with. */
static bool
handle_packet(struct channel *ch)
{
	struct packet_in *in = ch->config.loop->in;
	const struct channel_dispatch *d;
	struct message message;
	struct err err = {""};
	int rc;

	while ((rc = packet_next(in, ch->config.peer, ch->config.self, &message,
		    &err)) == 1) {
		d = find_handler(ch, message.type);
		if (d == NULL) {
			err_set(&err, "%s is not expected here",
			    message_name(message.type));
			rc = -1;
			break;
		}
		if (d->handle(ch, &message, ch->config.arg, &err) == -1) {
			err_prefix(&err, "%s", message_name(message.type));
			rc = -1;
			break;
		}
		if (ch->closed || ch->freed)
			return false;
	}
	if (rc == -1)
		close_with(ch, err.text);
	return rc == 0;
}

/* False: nothing there, or the channel is done with. */
static bool
read_into(struct channel *ch, struct packet_in *in)
{
	bool more = false;
	int rc;

	rc = packet_receive(ch->fd, in);
	if (rc == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return false;
	ch->busy = true;
	if (rc == 1)
		more = handle_packet(ch);
	else
		close_with(ch, rc == 0 ? NULL : strerror(errno));
	ch->busy = false;
	if (ch->freed) {
		release(ch);
		return false;
	}
	return more;
}

/*
 * Reads one packet. A handler that reads another channel must not overwrite
 * the packet it is in the middle of.
 */
static bool
read_packet(struct channel *ch)
{
	struct channel_loop *loop = ch->config.loop;
	struct packet_in *outer = loop->in;
	bool nested = loop->depth++ > 0, more;

	if (nested) {
		loop->in = xmalloc(sizeof(*loop->in));
		packet_in_init(loop->in);
	}
	more = read_into(ch, loop->in);
	if (nested) {
		packet_in_fini(loop->in);
		free(loop->in);
		loop->in = outer;
	}
	loop->depth--;
	return more;
}

static void
read_cb(evutil_socket_t fd, short what, void *arg)
{
	read_packet(arg);
}

static void
write_cb(evutil_socket_t fd, short what, void *arg)
{
	channel_flush(arg);
}

struct channel *
channel_new(const struct channel_config *config, int fd)
{
	struct channel *ch = xcalloc(1, sizeof(*ch));
	struct event_base *base = config->loop->base;

	ch->config = *config;
	if (ch->config.queue_max == 0)
		ch->config.queue_max = QUEUE_MAX_DEFAULT;
	ch->fd = fd;
	fd_nonblock(fd);
	fd_cloexec(fd, 1);
	ch->read_event = event_new(base, fd, EV_READ | EV_PERSIST, read_cb, ch);
	ch->write_event = event_new(base, fd, EV_WRITE, write_cb, ch);
	ch->flush_event = event_new(base, -1, 0, write_cb, ch);
	if (ch->read_event == NULL || ch->write_event == NULL ||
	    ch->flush_event == NULL || event_add(ch->read_event, NULL) == -1)
		fatalx("cannot make events of a channel");
	return ch;
}

void
channel_free(struct channel *ch)
{
	if (ch == NULL || ch->freed)
		return;
	ch->freed = true;
	if (!ch->closed)
		stop(ch);
	if (!ch->busy)
		release(ch);
}

static struct packet *
packet_for(struct channel *ch, size_t n, int fd)
{
	struct packet *packet = ch->last;

	if (packet != NULL && packet->len < PACKET_FILL &&
	    packet_has_room(packet, n, fd))
		return packet;
	packet = packet_new();
	if (ch->last != NULL)
		ch->last->next = packet;
	else
		ch->first = packet;
	ch->last = packet;
	return packet;
}

int
channel_send(struct channel *ch, uint16_t type, uint64_t id,
    const struct wire_writer *w, int fd)
{
	size_t n = w != NULL ? w->len : 0, before;
	struct packet *packet;

	if (ch == NULL || ch->closed || ch->freed) {
		fd_close(&fd);
		errno = EPIPE;
		return -1;
	}
	if (ch->queued > ch->config.queue_max || n > MESSAGE_PAYLOAD_MAX) {
		fd_close(&fd);
		errno = ENOBUFS;
		return -1;
	}
	packet = packet_for(ch, n, fd);
	before = packet->len;
	packet_add(packet, type, id, w != NULL ? w->p : NULL, n, fd);
	ch->queued += packet->len - before;
	if (!event_pending(ch->write_event, EV_WRITE, NULL))
		event_active(ch->flush_event, 0, 0);
	return 0;
}

void
channel_flush(struct channel *ch)
{
	struct packet *packet;

	while (!ch->closed && (packet = ch->first) != NULL) {
		if (packet_send(ch->fd, packet) == -1) {
			/* A peer that is gone is told by the read side. */
			if (errno == EAGAIN || errno == ENOBUFS ||
			    errno == ETOOMANYREFS)
				event_add(ch->write_event, NULL);
			else
				drop_queue(ch);
			return;
		}
		ch->first = packet->next;
		if (ch->first == NULL)
			ch->last = NULL;
		ch->queued -=
		    packet->len < ch->queued ? packet->len : ch->queued;
		packet_free(packet);
	}
	if (!ch->closed && ch->empty_cb != NULL) {
		void (*cb)(struct channel *, void *) = ch->empty_cb;

		ch->empty_cb = NULL;
		cb(ch, ch->config.arg);
	}
}

void
channel_drain(struct channel *ch, int max)
{
	while (max-- > 0 && !ch->closed && read_packet(ch))
		;
}

void
channel_pause(struct channel *ch, bool pause)
{
	if (ch->closed || ch->freed)
		return;
	if (pause)
		event_del(ch->read_event);
	else
		event_add(ch->read_event, NULL);
}

int
channel_take_fd(struct channel *ch, struct message *message)
{
	return message_take_fd(ch->config.loop->in, message);
}

size_t
channel_queued(const struct channel *ch)
{
	return ch->queued;
}

void
channel_on_empty(
    struct channel *ch, void (*cb)(struct channel *channel, void *arg))
{
	ch->empty_cb = cb;
	if (ch->first == NULL && !ch->closed)
		event_active(ch->flush_event, 0, 0);
}
