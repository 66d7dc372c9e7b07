/*
 * Who asks, from where, and what they may do.
 *
 * Through the unix socket its peer's user counts: root and the daemon's own
 * user are admins, others operators, since the socket's mode let them in.
 *
 * Over TCP, in this order: a token in the header Authorization; the user that
 * a trusted proxy names in a header; the name in a client's certificate; the
 * cookie of a session. Where no tokens are configured a connection within the
 * machine is as good as the socket for root and the daemon's user, as long as
 * it cannot have been passed on by somebody else: neither by a proxy nor,
 * under a name of its own (DNS rebinding), by a page of another site in a
 * browser.
 */
#ifndef BELFRY_API_WHO_AUTH_H
#define BELFRY_API_WHO_AUTH_H

#include "api/api.h"
#include "api/http/http_route.h"

struct api_caller {
	enum api_right right;
	char who[128]; /* "uid 0 (root)", "token ci", "user ann" */
	char from[ADDRESS_TEXT_MAX]; /* an address; "socket" */
	uid_t uid; /* by the kernel's word; -1: it has none of them */
};

/* What the configuration says of users; borrows from it. */
struct auth;

struct auth *auth_new(const struct config *config);
void auth_free(struct auth *auth);

/*
 * A browser says that a page of another site asks for what changes something:
 * -1 with problem.
 */
int auth_check_site(const struct api *api, struct http_conn *conn,
    struct http_problem *problem);

/*
 * Works out who conn's request is of; nobody in particular is API_ANYBODY. -1
 * with problem when they show what is not good.
 */
int auth_find_caller(const struct api *api, struct http_conn *conn,
    struct api_caller *caller_r, struct http_problem *problem);

/*
 * What somebody shows is to be a token: 0, or -1 with problem, and with the
 * headers that belong to that. *token_r is valid in this turn.
 */
int
auth_take_token(const struct api *api, struct http_conn *conn, const char *text,
    const struct token **token_r, struct http_problem *problem);

/* Who has it is the caller now. */
void auth_be_token(struct api_caller *caller, const struct token *token);

/* Fills in from alone. */
void auth_say_from(
    const struct api *api, struct http_conn *conn, struct api_caller *caller);

/* May they use a route that needs this right? 0, or -1 with problem. */
int auth_check_right(const struct api_caller *caller, enum api_right needed,
    struct http_problem *problem);

/* "viewer" */
const char *auth_right_name(enum api_right right);

/* The address that counts: behind a trusted proxy, the one that it names. */
void auth_find_address(
    const struct api *api, struct http_conn *conn, struct address *address_r);

/* The cookie of a session that conn's request has; false without. */
bool auth_find_cookie(struct http_conn *conn, char *buf, size_t size);

/* Root, or the daemon's user. */
bool auth_is_owner(const struct api *api, uid_t uid);

/*
 * Is it surely no page in a browser that asks: through the unix socket or with
 * a token, and without what browsers say of themselves?
 */
bool auth_is_program(struct http_conn *conn);

/* A proxy that is believed. */
bool auth_is_proxy(const struct api *api, const struct http_peer *peer);

/* Is TLS between the browser and us, or the trusted proxy? */
bool auth_is_secure(const struct api *api, struct http_conn *conn);

#endif
