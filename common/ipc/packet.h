/*
 * Packets of AF_UNIX SOCK_SEQPACKET: one or more messages back to back, each
 * behind a header of 16 bytes (u32 payload length, u16 type, u16 version, u64
 * id), with the descriptors of those that carry one, in order.
 *
 * Several messages in a packet because a wake-up of the peer costs far more
 * than bytes. libc only: launcher and worker use this bare, the others
 * through channel.h.
 */
#ifndef BELFRY_IPC_PACKET_H
#define BELFRY_IPC_PACKET_H

#include "base/err.h"
#include "ipc/message.h"
#include "ipc/wire.h"

#define PACKET_MAX     65536
#define PACKET_FDS_MAX 64

/* A packet being filled. Descriptors are owned until sent. */
struct packet {
	struct packet *next;
	size_t len;
	size_t nfds;
	int fds[PACKET_FDS_MAX];
	uint8_t *data; /* owned */
	size_t cap;
};

/* One message as received. body reads the payload. */
struct message {
	uint16_t type;
	uint16_t version;
	uint64_t id;
	struct wire_reader body;
	int fd; /* -1 when it carries none; message_take_fd() makes it yours */
};

struct packet *packet_new(void);
void packet_free(struct packet *packet);

/* True when a message of n payload bytes (and fd, if not -1) still fits. */
bool packet_has_room(const struct packet *packet, size_t n, int fd);

/*
 * Appends a message; n is at most MESSAGE_PAYLOAD_MAX and there is room. fd
 * becomes the packet's.
 */
void packet_add(struct packet *packet, uint16_t type, uint64_t id,
    const void *payload, size_t n, int fd);

/* Sends it as one datagram. 0, or -1 with errno (EAGAIN: try later). */
int packet_send(int sock, struct packet *packet);

/* Sends one message by itself; w may be NULL, fd is not closed. */
int packet_send_one(
    int sock, uint16_t type, uint64_t id, const struct wire_writer *w, int fd);

/* What was received, and how far it was read. */
struct packet_in {
	size_t len;
	size_t pos;
	size_t nfds;
	size_t fd_pos;
	int fds[PACKET_FDS_MAX];
	uint8_t data[PACKET_MAX];
};

/*
 * Receives one packet. 1: in holds one; 0: the peer is gone; -1: errno
 * (EAGAIN, or EPROTO for one that was cut).
 */
int packet_receive(int sock, struct packet_in *in);

/*
 * The next message of in. 1: there is one; 0: no more; -1: the packet is
 * malformed, or its type, size or descriptor is not what the table says, or
 * the type does not go from "from" to "to"; err says which. Descriptors that
 * nobody took are closed with the next packet or packet_in_fini().
 */
int packet_next(struct packet_in *in, enum role_id from, enum role_id to,
    struct message *message_r, struct err *err);

void packet_in_init(struct packet_in *in);
void packet_in_fini(struct packet_in *in);

/* Takes a message's descriptor over. */
int message_take_fd(struct packet_in *in, struct message *message);

#endif
