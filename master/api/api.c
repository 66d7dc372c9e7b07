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

#include "api/http/tls.h"
#include "api/told.h"
#include "api/who/auth.h"
#include "api/who/peer_uid.h"
#include "api/who/sessions.h"
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

static void
began(void *arg)
{
	struct api *api = arg;

	events_hub_began(api->events);
}

static void
heard(void *arg, const void *p, size_t len)
{
	struct api *api = arg;

	events_hub_heard(api->events, p, len);
}

static void
silent(void *arg)
{
	struct api *api = arg;

	events_hub_silent(api->events);
}

/* Root and the daemon's user, and who stands for many others. */
static bool
is_trusted(const struct http_peer *peer, void *arg)
{
	const struct api *api = arg;

	return auth_is_owner(api, peer->uid) || auth_is_proxy(api, peer);
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
	    .peer_max = API_PEER_MAX,
	    .trusted = is_trusted,
	    .idle_ms = API_IDLE_MS,
	    .request = api_request,
	    .still_may = api_still_may,
	    .gone = api_gone,
	    .arg = api,
	};
	struct ask_table_config asks = {
	    .base = role->base,
	    .loop = role->loop,
	    .began = began,
	    .heard = heard,
	    .silent = silent,
	    .peer_bad = peer_bad,
	    .arg = api,
	};

	api->role = role;
	api->uid_asker = server.uid_asker = peer_uid_open();
	api->auth = auth_new(role->config);
	api->tokens = tokens_new(told_token, api);
	api->sessions = sessions_new();
	if (role->config->tls_cert != NULL)
		api->tls = server.tls = tls_new();
	api->server = http_server_new(&server);
	asks.server = api->server;
	api->asks = ask_table_new(&asks);
	api->events = events_hub_new(role->base);
	events_hub_set_table(api->events, api->asks);
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

/*
 * A file of the guardian's. What is wrong with it was there before we were up,
 * or is of no use: then what was there before stays.
 */
static int
api_message(struct role *role, struct message *message, struct err *err)
{
	struct api *api = role->state;
	enum file_kind kind = wire_get_u8(&message->body);
	struct err why = {""};
	int fd;

	if (!wire_end(&message->body) || message->type != MSG_FILE_SET)
		return err_set(err, "malformed");
	fd = channel_take_fd(role->guardian, message);
	if (kind == FILE_TOKENS) {
		tokens_set_file(api->tokens, fd);
		return 0;
	}
	if (kind == FILE_SESSIONS) {
		sessions_set_file(api->sessions, fd);
		return 0;
	}
	if (api->tls != NULL && tls_set_file(api->tls, kind, fd, &why) == -1) {
		if (!api->started)
			fatalx("%s", why.text);
		log_error("%s; the certificate before stays", why.text);
	}
	fd_close(&fd);
	return 0;
}

static void
api_start(struct role *role)
{
	struct api *api = role->state;
	struct err err;

	api->started = true;
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
	events_hub_free(api->events);
	api_names_free(api->names);
	auth_free(api->auth);
	tokens_free(api->tokens);
	sessions_free(api->sessions);
	tls_free(api->tls);
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
    .message = api_message,
    .orphaned = api_orphaned,
};
