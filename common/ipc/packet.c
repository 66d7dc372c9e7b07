#include "ipc/packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/fd.h"
#include "base/mem.h"

#define HEADER_SIZE 16

struct packet *
packet_new(void)
{
	return xcalloc(1, sizeof(struct packet));
}

void
packet_free(struct packet *packet)
{
	if (packet == NULL)
		return;
	for (size_t i = 0; i < packet->nfds; i++)
		fd_close(&packet->fds[i]);
	free(packet->data);
	free(packet);
}

bool
packet_has_room(const struct packet *packet, size_t n, int fd)
{
	return packet->len + HEADER_SIZE + n <= PACKET_MAX &&
	    (fd == -1 || packet->nfds < PACKET_FDS_MAX);
}

static void
put_header(uint8_t *p, uint16_t type, uint64_t id, size_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> (8 * i));
	p[4] = (uint8_t)type;
	p[5] = (uint8_t)(type >> 8);
	p[6] = MESSAGE_VERSION;
	p[7] = 0;
	for (int i = 0; i < 8; i++)
		p[8 + i] = (uint8_t)(id >> (8 * i));
}

void
packet_add(struct packet *packet, uint16_t type, uint64_t id,
    const void *payload, size_t n, int fd)
{
	array_reserve(
	    &packet->data, &packet->cap, packet->len + HEADER_SIZE + n, 1);
	put_header(packet->data + packet->len, type, id, n);
	if (n > 0)
		memcpy(packet->data + packet->len + HEADER_SIZE, payload, n);
	packet->len += HEADER_SIZE + n;
	if (fd != -1)
		packet->fds[packet->nfds++] = fd;
}

static int
send_bytes(int sock, const void *p, size_t len, const int *fds, size_t nfds)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * PACKET_FDS_MAX)];
	} control;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)p, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(sizeof(int) * nfds);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * nfds);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * nfds);
	}
	do {
		n = sendmsg(sock, &msg, MSG_NOSIGNAL);
	} while (n == -1 && errno == EINTR);
	return n == -1 ? -1 : 0;
}

int
packet_send(int sock, struct packet *packet)
{
	return send_bytes(
	    sock, packet->data, packet->len, packet->fds, packet->nfds);
}

int
packet_send_one(
    int sock, uint16_t type, uint64_t id, const struct wire_writer *w, int fd)
{
	uint8_t small[HEADER_SIZE + 2048], *p = small;
	size_t n = w != NULL ? w->len : 0;
	int rc;

	if (n > sizeof(small) - HEADER_SIZE)
		p = xmalloc(HEADER_SIZE + n);
	put_header(p, type, id, n);
	if (n > 0)
		memcpy(p + HEADER_SIZE, w->p, n);
	rc = send_bytes(sock, p, HEADER_SIZE + n, &fd, fd != -1 ? 1 : 0);
	if (p != small)
		free(p);
	return rc;
}

void
packet_in_init(struct packet_in *in)
{
	in->len = in->pos = in->nfds = in->fd_pos = 0;
}

void
packet_in_fini(struct packet_in *in)
{
	for (size_t i = 0; i < in->nfds; i++)
		fd_close(&in->fds[i]);
	packet_in_init(in);
}

/* Takes what descriptors came; more than we can hold were never ours. */
static void
collect_fds(struct packet_in *in, struct msghdr *msg)
{
	struct cmsghdr *c;
	size_t n;
	int fd;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (in->nfds < PACKET_FDS_MAX)
				in->fds[in->nfds++] = fd;
			else
				fd_close(&fd);
		}
	}
}

int
packet_receive(int sock, struct packet_in *in)
{
	/* Padding can hold one more than we ask for. */
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int) * (PACKET_FDS_MAX + 1))];
	} control;
	struct iovec iov = {.iov_base = in->data, .iov_len = PACKET_MAX};
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t n;

	packet_in_fini(in);
	do {
		/*
		 * A peer that died with unread data leaves ECONNRESET, once,
		 * in front of what it had sent: that is still to be read.
		 */
		n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (n == -1 && (errno == EINTR || errno == ECONNRESET));
	if (n == -1)
		return -1;
	collect_fds(in, &msg);
	if (n == 0)
		return 0;
	if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		packet_in_fini(in);
		errno = EPROTO;
		return -1;
	}
	in->len = (size_t)n;
	return 1;
}

static int
check_header(const struct packet_in *in, const struct message *m, size_t n,
    uint32_t route, struct err *err)
{
	const struct message_info *info = message_info(m->type);
	enum role_id from = route >> 16, to = route & 0xffff;

	if (info == NULL)
		return err_set(err, "unknown message type %u", m->type);
	if (!(info->from & ROLE_BIT(from)) || !(info->to & ROLE_BIT(to)))
		return err_set(err, "%s does not go from %s to %s", info->name,
		    role_name(from), role_name(to));
	if (n < info->min || n > info->max)
		return err_set(err, "%s of %zu bytes, expected %u to %u",
		    info->name, n, info->min, info->max);
	if (info->fd && in->fd_pos >= in->nfds)
		return err_set(err, "%s without its descriptor", info->name);
	return 0;
}

int
packet_next(struct packet_in *in, enum role_id from, enum role_id to,
    struct message *message_r, struct err *err)
{
	struct wire_reader r;
	size_t n;

	if (in->pos == in->len)
		return 0;
	wire_reader_init(&r, in->data + in->pos, in->len - in->pos);
	n = wire_get_u32(&r);
	message_r->type = wire_get_u16(&r);
	message_r->version = wire_get_u16(&r);
	message_r->id = wire_get_u64(&r);
	message_r->fd = -1;
	if (r.bad || n > r.len - r.pos)
		return err_set(err, "message is cut");
	if (check_header(in, message_r, n, (uint32_t)from << 16 | to, err) ==
	    -1)
		return -1;
	if (message_info(message_r->type)->fd)
		message_r->fd = in->fds[in->fd_pos++];
	wire_reader_init(&message_r->body, r.p + r.pos, n);
	in->pos += HEADER_SIZE + n;
	return 1;
}

int
message_take_fd(struct packet_in *in, struct message *message)
{
	int fd = message->fd;

	if (fd != -1)
		in->fds[in->fd_pos - 1] = -1;
	message->fd = -1;
	return fd;
}
