/*
 * Who asks, from where, and what they may do.
 *
 * Through the unix socket its peer's user counts: root and the daemon's own
 * user are admins, others operators, since the socket's mode let them in. A
 * TCP connection within the machine is as good, for root and the daemon's
 * user, as long as it cannot have been passed on by somebody else: neither by
 * a proxy nor, under a name of its own (DNS rebinding), by a page of another
 * site in a browser.
 */
#ifndef BELFRY_API_AUTH_H
#define BELFRY_API_AUTH_H

#include "api/api.h"
#include "api/http_route.h"

struct api_caller {
	enum api_right right;
	char who[128]; /* "uid 0 (root)"; for the audit */
};

/* Works out who conn's request is of; nobody in particular is API_ANYBODY. */
void auth_find_caller(
    const struct api *api, struct http_conn *conn, struct api_caller *caller_r);

/*
 * May they use a route that needs this right, by this method? 0, or -1 with
 * problem.
 */
int auth_check(const struct api_caller *caller, struct http_conn *conn,
    enum api_right needed, struct http_problem *problem);

#endif
