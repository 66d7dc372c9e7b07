#include "listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/address.h"
#include "base/fd.h"
#include "base/mem.h"

/* How long a dying predecessor may hold its sockets. */
#define LISTEN_WAIT_MS 5000
#define BACKLOG        512

void
listeners_init(struct listeners *l)
{
	l->workers_fd = l->api_fd = -1;
	for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
		l->tcp_fds[i] = -1;
}

static int
bind_tcp(const struct address *a)
{
	int fd = socket(
	    a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd == -1)
		return -1;
	/* What is left of connections of a daemon before does not count. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    (a->sa.ss_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ==
		    -1) ||
	    bind(fd, (const struct sockaddr *)&a->sa, a->len) == -1 ||
	    listen(fd, BACKLOG) == -1)
		fd_close(&fd);
	return fd;
}

static int
open_tcp(const struct address *a, struct err *err)
{
	char text[ADDRESS_TEXT_MAX];
	int fd = bind_tcp(a);

	if (fd == -1)
		err_errno(err, "cannot listen on %s", address_format(a, text));
	return fd;
}

struct place {
	const char *path; /* NULL: it is an address */
	int type;
	mode_t mode;
	const struct address *address;
};

/* A predecessor that was killed leaves roles that take a moment to end. */
static int
listen_on(const struct place *place, struct err *err)
{
	const struct timespec pause = {.tv_nsec = 50 * 1000 * 1000};
	int fd;

	for (int waited = 0;; waited += 50) {
		fd = place->path != NULL ?
		    fd_listen_unix(place->path, place->type, place->mode, err) :
		    open_tcp(place->address, err);
		if (fd != -1 || errno != EADDRINUSE || waited > LISTEN_WAIT_MS)
			break;
		nanosleep(&pause, NULL);
	}
	return fd;
}

/* As root: the client's socket is that of the daemon's user. */
static int
give_socket(const char *path, const struct priv_ids *ids, struct err *err)
{
	/* A link that somebody has put there meanwhile leads nowhere. */
	if (geteuid() != 0 || lchown(path, ids->uid, ids->gid) == 0)
		return 0;
	return err_errno(err, "cannot give %s to uid %u", path, ids->uid);
}

/*
 * Workers are root's when we are, and so is their socket: a job of the
 * daemon's user must not speak for another one.
 */
static int
open_workers(struct listeners *l, const struct config *config, struct err *err)
{
	char *path = xasprintf("%s/worker.sock", config->run_dir);
	const struct place place = {
	    .path = path, .type = SOCK_SEQPACKET, .mode = 0600};

	l->workers_fd = listen_on(&place, err);
	free(path);
	return l->workers_fd == -1 ? -1 : 0;
}

static int
open_api(struct listeners *l, const struct config *config,
    const struct priv_ids *ids, struct err *err)
{
	const struct place place = {.path = config->socket,
	    .type = SOCK_STREAM,
	    .mode = config->socket_mode};

	l->api_fd = listen_on(&place, err);
	if (l->api_fd == -1)
		return -1;
	return give_socket(config->socket, ids, err);
}

int
listeners_open(struct listeners *l, const struct config *config,
    const struct priv_ids *ids, struct err *err)
{
	struct address a;
	const struct place tcp = {.address = &a};

	if (open_workers(l, config, err) == -1 ||
	    open_api(l, config, ids, err) == -1)
		return -1;
	for (unsigned i = 0; config_listen_address(config, i, &a); i++) {
		l->tcp_fds[i] = listen_on(&tcp, err);
		if (l->tcp_fds[i] == -1)
			return -1;
	}
	return 0;
}

void
listeners_close(struct listeners *l)
{
	fd_close(&l->workers_fd);
	fd_close(&l->api_fd);
	for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
		fd_close(&l->tcp_fds[i]);
}

void
listeners_unlink(const struct listeners *l, const struct config *config)
{
	char *path = xasprintf("%s/worker.sock", config->run_dir);

	if (l->workers_fd != -1)
		unlink(path);
	if (l->api_fd != -1)
		unlink(config->socket);
	free(path);
}
