/*
 * One end of a SOCK_SEQPACKET socketpair in a libevent loop: queues what the
 * peer cannot take yet, packs what is sent in one turn into few packets,
 * checks what arrives against the table of messages, dispatches it.
 *
 * At most one packet is read a turn, so that no peer can hold up the others.
 */
#ifndef BELFRY_IPC_CHANNEL_H
#define BELFRY_IPC_CHANNEL_H

#include <event2/event.h>

#include "ipc/packet.h"

struct channel;

/* What all channels of one process share. */
struct channel_loop {
	struct event_base *base;
	struct packet_in *in; /* the packet being handled; owned */
	unsigned depth;       /* handlers that are running inside another */
};

struct channel_loop *channel_loop_new(struct event_base *base);
void channel_loop_free(struct channel_loop *loop);

/*
 * Handles one message. 0, or -1 when it is malformed or makes no sense, with
 * err: the channel is then closed as if the peer had broken the protocol.
 * May call channel_free() on its own channel.
 */
typedef int channel_handler(struct channel *channel, struct message *message,
    void *arg, struct err *err);

struct channel_dispatch {
	uint16_t type;
	channel_handler *handle;
};

/*
 * The peer is gone (why is NULL) or broke the protocol (why says how). The
 * channel takes and gives nothing more; free it here or later.
 */
typedef void
channel_closed_cb(struct channel *channel, const char *why, void *arg);

struct channel_config {
	struct channel_loop *loop;
	enum role_id self;
	enum role_id peer;
	/* Ends with type 0. A type that is not in it breaks the protocol. */
	const struct channel_dispatch *dispatch;
	channel_closed_cb *closed_cb;
	void *arg;
	size_t queue_max; /* bytes that may wait; 0: 64 MiB */
};

/* Takes fd over. config is copied; its dispatch table must live on. */
struct channel *channel_new(const struct channel_config *config, int fd);

/* Closes it; what is queued is lost. NULL is fine. */
void channel_free(struct channel *channel);

/*
 * Sends a message; w may be NULL; fd (-1: none) becomes the channel's. Goes
 * out at the end of the turn or when a packet is full. 0; -1 (fd closed) when
 * the peer is gone (EPIPE) or too much waits (ENOBUFS).
 */
int channel_send(struct channel *channel, uint16_t type, uint64_t id,
    const struct wire_writer *w, int fd);

/* Sends what waits as far as the peer takes it, now. */
void channel_flush(struct channel *channel);

/*
 * Reads and handles packets until there are none, at most max. Also from
 * inside the handler of another channel.
 */
void channel_drain(struct channel *channel, int max);

/*
 * Stops reading, or goes on: for records that cannot be kept now. What the
 * peer sends waits, then waits at the peer; its end is not noticed meanwhile.
 */
void channel_pause(struct channel *channel, bool pause);

/* Takes the descriptor of the message being handled; it is yours. */
int channel_take_fd(struct channel *channel, struct message *message);

/* Bytes that wait to be sent. */
size_t channel_queued(const struct channel *channel);

/* For a channel whose peer reads slowly: called once when its queue is empty. */
void channel_on_empty(
    struct channel *channel, void (*cb)(struct channel *channel, void *arg));

#endif
