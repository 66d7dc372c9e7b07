/* Runs in the api process; pure but for the connection's data. */
#include "api/auth.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static bool
is_owner(const struct api *api, uid_t uid)
{
	return uid == 0 || uid == api->daemon_uid;
}

/* "localhost", "127.0.0.1:80", "[::1]"; also what HTTP/1.0 does not say. */
static bool
is_local_host(const char *host)
{
	char name[ADDRESS_TEXT_MAX];
	size_t n;

	if (host == NULL)
		return true;
	n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
	if (n >= sizeof(name))
		return false;
	memcpy(name, host, n);
	name[n] = '\0';
	return strcasecmp(name, "localhost") == 0 ||
	    strcmp(name, "[::1]") == 0 ||
	    (strncmp(name, "127.", 4) == 0 && strspn(name, "0123456789.") == n);
}

/* Somebody speaks for somebody else. */
static bool
is_passed_on(const struct http_head *head)
{
	static const char *const marks[] = {"Forwarded", "Via",
	    "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"};

	for (size_t i = 0; i < nitems(marks); i++)
		if (http_head_field(head, marks[i]) != NULL)
			return true;
	return false;
}

void
auth_find_caller(
    const struct api *api, struct http_conn *conn, struct api_caller *caller)
{
	const struct http_peer *peer = http_conn_peer(conn);
	const struct http_head *head = http_conn_head(conn);
	bool tcp = peer->address.len > 0;

	caller->right = API_ANYBODY;
	if (!tcp)
		caller->right =
		    is_owner(api, peer->uid) ? API_ADMIN : API_OPERATOR;
	else if (peer->uid != (uid_t)-1 && is_owner(api, peer->uid) &&
	    is_local_host(http_head_field(head, "Host")) && !is_passed_on(head))
		caller->right = API_ADMIN;
	api_names_who(api->names, peer->uid, caller->who, sizeof(caller->who));
}

/* A browser tells where a request comes from that changes something. */
static bool
is_of_other_site(const struct http_head *head)
{
	const char *site = http_head_field(head, "Sec-Fetch-Site");
	const char *origin = http_head_field(head, "Origin");
	const char *host = http_head_field(head, "Host");

	if (strcmp(head->method, "GET") == 0 ||
	    strcmp(head->method, "HEAD") == 0)
		return false;
	if (site != NULL && strcasecmp(site, "same-origin") != 0 &&
	    strcasecmp(site, "none") != 0)
		return true;
	if (origin == NULL)
		return false;
	if (strncasecmp(origin, "http://", 7) == 0)
		origin += 7;
	else if (strncasecmp(origin, "https://", 8) == 0)
		origin += 8;
	else
		return true; /* "null" */
	return host == NULL || strcasecmp(origin, host) != 0;
}

int
auth_check(const struct api_caller *caller, struct http_conn *conn,
    enum api_right needed, struct http_problem *problem)
{
	static const char *const names[] = {"", "viewer", "operator", "admin"};

	if (is_of_other_site(http_conn_head(conn)))
		return http_problem_set(problem, 403, "other_site",
		    "a page of another site may not ask for this");
	if (caller->right >= needed)
		return 0;
	if (caller->right == API_ANYBODY)
		return http_problem_set(problem, 401, "unauthorized",
		    "who asks is not known: over TCP this is for root and the "
		    "user that belfryd runs as, on the same machine");
	return http_problem_set(problem, 403, "forbidden",
	    "this needs the role %s: root, or the user that belfryd runs as",
	    names[needed]);
}
