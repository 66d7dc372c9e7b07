#include "api/who/peer_uid.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"

struct question {
	struct nlmsghdr head;
	struct inet_diag_req_v2 body;
};

/* Attributes that we did not ask for may follow it. */
union reply {
	struct nlmsghdr head;
	char bytes[1024];
};

int
peer_uid_open(void)
{
	/* The kernel answers at once, within send(2). */
	const struct timeval patience = {.tv_sec = 1};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (fd != -1 &&
	    setsockopt(
		fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == -1)
		fd_close(&fd);
	return fd;
}

static void
put_end(const struct address *a, __be16 *port, __be32 ip[4])
{
	const struct sockaddr_in *sin = (const struct sockaddr_in *)&a->sa;
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)&a->sa;

	if (a->sa.ss_family == AF_INET) {
		*port = sin->sin_port;
		ip[0] = sin->sin_addr.s_addr;
	} else {
		*port = sin6->sin6_port;
		memcpy(ip, &sin6->sin6_addr, sizeof(sin6->sin6_addr));
	}
}

/*
 * A socket that its program has closed counts as root's, and has no inode: it
 * is nobody's. The kernel looks at the owner before the inode, so that one
 * with an inode still had its owner.
 */
static uid_t
owner_of(union reply *reply, size_t n)
{
	/* NLMSG_DATA() would lose the const. */
	const void *data = (const char *)reply + NLMSG_HDRLEN;
	const struct inet_diag_msg *m = data;

	if (n < NLMSG_LENGTH(sizeof(*m)) ||
	    reply->head.nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    m->idiag_inode == 0)
		return (uid_t)-1;
	return m->idiag_uid;
}

uid_t
peer_uid_find(
    int asker, const struct address *local, const struct address *remote)
{
	struct question q = {
	    .head.nlmsg_len = sizeof(q),
	    .head.nlmsg_type = SOCK_DIAG_BY_FAMILY,
	    .head.nlmsg_flags = NLM_F_REQUEST,
	    .body.sdiag_family = (uint8_t)remote->sa.ss_family,
	    .body.sdiag_protocol = IPPROTO_TCP,
	    .body.idiag_states = UINT32_MAX,
	    .body.id.idiag_cookie = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE},
	};
	static uint32_t serial;
	union reply reply;
	ssize_t n;

	q.head.nlmsg_seq = ++serial;
	put_end(remote, &q.body.id.idiag_sport, q.body.id.idiag_src);
	put_end(local, &q.body.id.idiag_dport, q.body.id.idiag_dst);
	if (asker == -1 || send(asker, &q, sizeof(q), 0) != sizeof(q))
		return (uid_t)-1;
	/* A late answer to a question before is not this one's. */
	do
		n = recv(asker, &reply, sizeof(reply), 0);
	while ((n == -1 && errno == EINTR) ||
	    (n >= (ssize_t)sizeof(reply.head) &&
		reply.head.nlmsg_seq != serial));
	return n > 0 ? owner_of(&reply, (size_t)n) : (uid_t)-1;
}
