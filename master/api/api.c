/*
 * The api process: HTTP for the belfry command and, later, for others. Knows
 * HTTP and who may do what; master and recorder know the content.
 *
 * Unprivileged; opens no file and starts nothing once it is set up.
 */
#include "api/api.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "api/peer_uid.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "sandbox.h"

/* Turns of the loop after the guardian is gone, each followed by 2 ms. */
#define LAST_TURNS_MIN 3
#define LAST_TURNS_MAX 250

static void
peer_bad(void *arg, enum role_id peer, const char *why)
{
	struct api *api = arg;

	role_peer_bad(api->role, peer, 0, why);
}

static int
api_init(struct role *role, struct err *err)
{
	struct api *api = xcalloc(1, sizeof(*api));
	struct http_server_config server = {
	    .base = role->base,
	    .head_max = API_HEAD_MAX,
	    .body_max = API_BODY_MAX,
	    .connections_max = API_CONNECTIONS_MAX,
	    .idle_ms = API_IDLE_MS,
	    .request = api_request,
	    .gone = api_gone,
	    .arg = api,
	};
	struct ask_table_config asks = {
	    .base = role->base,
	    .loop = role->loop,
	    .peer_bad = peer_bad,
	    .arg = api,
	};

	api->role = role;
	api->uid_asker = server.uid_asker = peer_uid_open();
	api->server = http_server_new(&server);
	asks.server = api->server;
	api->asks = ask_table_new(&asks);
	api->names = api_names_load("/etc/passwd");
	api->daemon_uid = role->daemon_uid;
	role->state = api;
	return 0;
}

static void
api_peer(struct role *role, enum role_id peer, unsigned index, int fd)
{
	struct api *api = role->state;

	if (peer == ROLE_MASTER || peer == ROLE_RECORDER)
		ask_table_set_peer(api->asks, peer, fd);
	else
		close(fd);
}

static void
api_listen(struct role *role, enum listen_kind kind, int fd)
{
	struct api *api = role->state;

	if (kind == LISTEN_API || kind == LISTEN_API_TCP)
		http_server_listen(api->server, fd);
	else
		close(fd);
}

static void
api_start(struct role *role)
{
	struct err err;

	/* In a container this may not be permitted, which is no reason. */
	if (sandbox_enter(&err) == -1)
		log_warn("going on without a sandbox: %s", err.text);
	role_ready(role, "serves the socket");
}

/*
 * Answers that are on their way still go out: "belfry drain" hears that it
 * was heard.
 */
static void
finish_answers(struct role *role, const struct api *api)
{
	const struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};

	for (int turn = 0; turn < LAST_TURNS_MAX; turn++) {
		event_base_loop(role->base, EVLOOP_NONBLOCK);
		if (turn >= LAST_TURNS_MIN &&
		    http_server_backlog(api->server) == 0)
			break;
		nanosleep(&pause, NULL);
	}
}

static void
api_orphaned(struct role *role)
{
	struct api *api = role->state;

	finish_answers(role, api);
	ask_table_free(api->asks);
	http_server_free(api->server);
	api_names_free(api->names);
	fd_close(&api->uid_asker);
	free(api);
	role->state = NULL;
}

const struct role_ops api_role = {
    .id = ROLE_API,
    .init = api_init,
    .peer = api_peer,
    .listen = api_listen,
    .start = api_start,
    .orphaned = api_orphaned,
};
