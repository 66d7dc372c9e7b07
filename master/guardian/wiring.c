/* Who speaks with whom: channels and listening sockets for the roles. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "secrets.h"

/* Which roles speak with which. */
static const struct {
	enum role_id a;
	enum role_id b;
} pairs[] = {
    {ROLE_MASTER, ROLE_LAUNCHER},
    {ROLE_MASTER, ROLE_RECORDER},
    {ROLE_MASTER, ROLE_API},
    {ROLE_RECORDER, ROLE_API},
};

struct child *
wiring_find(struct guardian *g, enum role_id role)
{
	for (unsigned i = 0; i < g->nchildren; i++)
		if (g->children[i].role == role)
			return &g->children[i];
	return NULL;
}

static void
send_peer(struct child *to, const struct child *peer, int fd)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u8(&w, (uint8_t)peer->role);
	wire_put_u8(&w, (uint8_t)peer->index);
	channel_send(to->channel, MSG_PEER_SET, 0, &w, fd);
	wire_writer_fini(&w);
}

static void
wire_pair(struct child *a, struct child *b)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1) {
		log_error("cannot make a channel: %s", strerror(errno));
		return;
	}
	send_peer(a, b, sv[0]);
	send_peer(b, a, sv[1]);
}

static bool
is_pair(enum role_id a, enum role_id b)
{
	for (size_t i = 0; i < nitems(pairs); i++)
		if ((pairs[i].a == a && pairs[i].b == b) ||
		    (pairs[i].a == b && pairs[i].b == a))
			return true;
	return false;
}

static void
send_listener(struct child *child, enum listen_kind kind, int fd)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u8(&w, (uint8_t)kind);
	channel_send(child->channel, MSG_LISTEN_SET, 0, &w,
	    fcntl(fd, F_DUPFD_CLOEXEC, 0));
	wire_writer_fini(&w);
}

static void
send_api_listeners(struct child *api)
{
	const struct listeners *l = &api->guardian->listeners;

	send_listener(api, LISTEN_API, l->api_fd);
	for (unsigned i = 0; i < CONFIG_LISTEN_MAX; i++)
		if (l->tcp_fds[i] != -1)
			send_listener(api, LISTEN_API_TCP, l->tcp_fds[i]);
}

static void
send_opened(struct child *api, enum file_kind kind, int fd)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u8(&w, (uint8_t)kind);
	channel_send(api->channel, MSG_FILE_SET, 0, &w, fd);
	wire_writer_fini(&w);
}

/* Without it people have to log in again after a restart. */
static void
send_sessions(const struct guardian *g, struct child *api)
{
	struct err err = {""};
	int fd;

	if (g->config->tokens == NULL)
		return;
	fd = secrets_open_sessions(g->config, &err);
	if (fd == -1)
		log_warn("%s; logins end with the api process", err.text);
	else
		send_opened(api, FILE_SESSIONS, fd);
}

static void
send_file(struct guardian *g, struct child *api, enum file_kind kind)
{
	struct err err = {""};
	int fd;

	if (secrets_path(g->config, kind) == NULL)
		return;
	fd = secrets_open(g->config, kind, &g->ids, &err);
	if (fd == -1) {
		log_error("%s; the one before stays", err.text);
		return;
	}
	send_opened(api, kind, fd);
}

void
wiring_send_files(struct guardian *g)
{
	struct child *api = wiring_find(g, ROLE_API);

	if (api->channel == NULL)
		return;
	for (int kind = FILE_TOKENS; kind <= FILE_KEY; kind++)
		send_file(g, api, (enum file_kind)kind);
	send_sessions(g, api);
}

static void
send_spawned(struct guardian *g, const struct child *child)
{
	struct child *master = wiring_find(g, ROLE_MASTER);
	struct wire_writer w = WIRE_WRITER_INIT;

	if (master == NULL || master->channel == NULL)
		return;
	wire_put_u8(&w, (uint8_t)child->role);
	wire_put_u8(&w, (uint8_t)child->index);
	wire_put_u32(&w, (uint32_t)child->pid);
	wire_put_u32(&w, child->restarts);
	channel_send(master->channel, MSG_ROLE_SPAWNED, 0, &w, -1);
	wire_writer_fini(&w);
}

static void
send_limits(struct guardian *g, struct child *master)
{
	struct wire_writer w = WIRE_WRITER_INIT;

	cgroups_describe(&g->cgroups, &w);
	channel_send(master->channel, MSG_LIMITS_SET, 0, &w, -1);
	wire_writer_fini(&w);
}

void
wiring_send_drain(struct guardian *g)
{
	struct child *master = wiring_find(g, ROLE_MASTER);
	struct wire_writer w = WIRE_WRITER_INIT;

	wire_put_u8(&w, g->drain_now);
	if (master->channel != NULL)
		channel_send(master->channel, MSG_DRAIN, 0, &w, -1);
	wire_writer_fini(&w);
}

void
wiring_send_reload(struct guardian *g)
{
	struct child *master = wiring_find(g, ROLE_MASTER);
	struct wire_writer w = WIRE_WRITER_INIT;

	if (master->channel == NULL || g->reload_fd == -1)
		return;
	wire_put_u64(&w, g->ticket);
	channel_send(master->channel, MSG_RELOAD, 0, &w,
	    fcntl(g->reload_fd, F_DUPFD_CLOEXEC, 0));
	wire_writer_fini(&w);
}

/* Gives a new process everything it needs to begin. */
void
wiring_child(struct child *child)
{
	struct guardian *g = child->guardian;

	for (unsigned i = 0; i < g->nchildren; i++) {
		struct child *other = &g->children[i];

		if (other->channel != NULL && other != child &&
		    is_pair(child->role, other->role))
			wire_pair(child, other);
	}
	if (child->role == ROLE_MASTER) {
		send_listener(child, LISTEN_WORKERS, g->listeners.workers_fd);
		send_limits(g, child);
		for (unsigned i = 0; i < g->nchildren; i++)
			send_spawned(g, &g->children[i]);
	} else {
		send_spawned(g, child);
	}
	if (child->role == ROLE_API) {
		wiring_send_files(g);
		send_api_listeners(child);
	}
	channel_send(child->channel, MSG_SETUP_DONE, 0, NULL, -1);
	if (child->role != ROLE_MASTER)
		return;
	upgrade_tell(g);
	wiring_send_reload(g);
	if (g->state == GUARDIAN_DRAINING)
		wiring_send_drain(g);
}

void
wiring_all(struct guardian *g)
{
	for (unsigned i = 0; i < g->nchildren; i++)
		for (unsigned j = 0; j < i; j++)
			if (is_pair(g->children[i].role, g->children[j].role))
				wire_pair(&g->children[i], &g->children[j]);
	send_listener(wiring_find(g, ROLE_MASTER), LISTEN_WORKERS,
	    g->listeners.workers_fd);
	send_limits(g, wiring_find(g, ROLE_MASTER));
	wiring_send_files(g);
	send_api_listeners(wiring_find(g, ROLE_API));
	for (unsigned i = 0; i < g->nchildren; i++) {
		send_spawned(g, &g->children[i]);
		channel_send(
		    g->children[i].channel, MSG_SETUP_DONE, 0, NULL, -1);
	}
	g->wired = true;
}

void
wiring_send_log(struct guardian *g)
{
	for (unsigned i = 0; i < g->nchildren; i++)
		if (g->children[i].channel != NULL)
			channel_send(g->children[i].channel, MSG_LOG_SET, 0,
			    NULL, fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0));
}
