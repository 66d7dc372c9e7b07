/* What the files of the api process share. */
#ifndef BELFRY_API_API_H
#define BELFRY_API_API_H

#include "api/events_hub.h"
#include "api/http/http_ask.h"
#include "api/http/http_server.h"
#include "api/who/tokens.h"
#include "role.h"

#define API_HEAD_MAX        ((size_t)16 << 10)
#define API_BODY_MAX        ((size_t)64 << 10)
#define API_CONNECTIONS_MAX 512
#define API_PEER_MAX        128

#ifndef API_IDLE_MS /* tests have less patience */
#define API_IDLE_MS 30000
#endif

struct api_names;
struct auth;
struct sessions;
struct tls;

struct api {
	struct role *role; /* borrowed */
	struct http_server *server;
	struct ask_table *asks;
	struct events_hub *events;
	struct api_names *names;
	struct auth *auth;
	struct tokens *tokens;
	struct sessions *sessions;
	struct tls *tls;  /* NULL: none is configured */
	bool started;     /* all that we have came well */
	uid_t daemon_uid; /* as good as root */
	int uid_asker;    /* of peer_uid_open(); -1 none */
};

/* api_who.c: the names of users, read once: later no file can be opened. */
struct api_names *api_names_load(const char *path);
void api_names_free(struct api_names *names);

/* "uid 0 (root)" into buf. */
void
api_names_who(const struct api_names *names, uid_t uid, char *buf, size_t size);

/* http_request.c: callbacks of the server; arg is a struct api. */
void api_request(struct http_conn *conn, void *arg);
bool api_still_may(struct http_conn *conn, void *arg);
void api_gone(struct http_conn *conn, bool timeout, void *arg);

#endif
