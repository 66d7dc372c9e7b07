/* Runs in the api process; opens nothing, waits for nothing. */
#include "api/who/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/http/tls.h"
#include "api/who/sessions.h"
#include "base/mem.h"

#define PROXIES_MAX 32

struct auth {
	const struct config *config;
	struct address_net proxies[PROXIES_MAX];
	unsigned nproxies;
};

struct auth *
auth_new(const struct config *config)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));
	char text[ADDRESS_TEXT_MAX];
	const char *p = config->proxy;
	struct err err;

	auth->config = config;
	while (p != NULL && *p != '\0' && auth->nproxies < PROXIES_MAX) {
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(p, "\n"), p);
		if (address_net_parse(
			text, &auth->proxies[auth->nproxies], &err) == 0)
			auth->nproxies++;
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	return auth;
}

void
auth_free(struct auth *auth)
{
	free(auth);
}

const char *
auth_right_name(enum api_right right)
{
	static const char *const names[] = {
	    "nobody", "crontab", "viewer", "operator", "admin"};

	return names[right];
}

static bool
is_tcp(const struct http_peer *peer)
{
	return peer->address.len > 0;
}

bool
auth_is_proxy(const struct api *api, const struct http_peer *peer)
{
	for (unsigned i = 0; i < api->auth->nproxies; i++)
		if (is_tcp(peer) &&
		    address_net_has(&api->auth->proxies[i], &peer->address))
			return true;
	return false;
}

bool
auth_is_owner(const struct api *api, uid_t uid)
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
	if (n >= sizeof(name) || n > strlen(host))
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

bool
auth_is_program(struct http_conn *conn)
{
	static const char *const marks[] = {"Origin", "Cookie",
	    "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest",
	    "Sec-Fetch-User"};
	const struct http_head *head = http_conn_head(conn);
	const char *bearer = http_head_field(head, "Authorization");

	for (size_t i = 0; i < nitems(marks); i++)
		if (http_head_field(head, marks[i]) != NULL)
			return false;
	if (bearer != NULL)
		return strncasecmp(bearer, "Bearer ", 7) == 0;
	return !is_tcp(http_conn_peer(conn)) && !is_passed_on(head);
}

static int
bad_token(struct http_conn *conn, struct http_problem *problem)
{
	http_conn_add_header(conn, "WWW-Authenticate", "Bearer");
	return http_problem_set(problem, 401, "unauthorized",
	    "this is no token, or it has expired or was revoked");
}

int
auth_take_token(const struct api *api, struct http_conn *conn, const char *text,
    const struct token **token_r, struct http_problem *problem)
{
	struct address from;

	auth_find_address(api, conn, &from);
	switch (tokens_check(api->tokens, text, &from, token_r)) {
	case TOKEN_GOOD:
		return 0;
	case TOKEN_THROTTLED:
		http_conn_add_header(conn, "Retry-After", "3");
		return http_problem_set(problem, 429, "too_many_requests",
		    "too many tokens from there were not good; try again in a "
		    "moment");
	case TOKEN_BAD:
		break;
	}
	return bad_token(conn, problem);
}

static enum api_right
right_of_token(const struct token *token)
{
	switch (token->role) {
	case TOKEN_ADMIN:
		return API_ADMIN;
	case TOKEN_OPERATOR:
		return API_OPERATOR;
	case TOKEN_VIEWER:
		break;
	}
	return API_VIEWER;
}

void
auth_be_token(struct api_caller *caller, const struct token *token)
{
	caller->right = right_of_token(token);
	snprintf(caller->who, sizeof(caller->who), "token %s", token->name);
}

/* 1: it was one, -1 with problem: it was a bad one, 0: there was none. */
static int
try_bearer(const struct api *api, struct http_conn *conn,
    struct api_caller *caller, struct http_problem *problem)
{
	const char *text =
	    http_head_field(http_conn_head(conn), "Authorization");
	const struct token *token;

	if (text == NULL)
		return 0;
	if (strncasecmp(text, "Bearer ", 7) != 0) {
		http_conn_add_header(conn, "WWW-Authenticate", "Bearer");
		return http_problem_set(problem, 401, "unauthorized",
		    "only \"Authorization: Bearer TOKEN\" is taken");
	}
	text += 7 + strspn(text + 7, " ");
	if (auth_take_token(api, conn, text, &token, problem) == -1)
		return -1;
	auth_be_token(caller, token);
	return 1;
}

/* Is name among the words? */
static bool
has_name(const char *words, const char *name)
{
	size_t n = strlen(name), len;

	for (; *words != '\0'; words += len, words += *words == ' ') {
		len = strcspn(words, " ");
		if (len == n && memcmp(words, name, n) == 0)
			return true;
	}
	return false;
}

/* Somebody whom we trust says that it is this user. */
static void
be_user(const struct api *api, struct api_caller *caller, const char *name)
{
	const struct config *config = api->auth->config;

	caller->right = has_name(config->admins, name) ? API_ADMIN :
	    has_name(config->operators, name)          ? API_OPERATOR :
							 API_VIEWER;
	snprintf(caller->who, sizeof(caller->who), "user %s", name);
}

static bool
is_user(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = name; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return n > 0 && n <= CONFIG_USER_MAX;
}

/* As try_bearer(). */
static int
try_proxy(const struct api *api, struct http_conn *conn,
    struct api_caller *caller, struct http_problem *problem)
{
	const char *field = api->auth->config->proxy_header, *name;
	const struct http_head *head = http_conn_head(conn);

	if (!auth_is_proxy(api, http_conn_peer(conn)))
		return 0;
	name = http_head_field(head, field);
	if (name == NULL)
		return 0;
	if (!is_user(name) || http_head_count(head, field) != 1)
		return http_problem_set(problem, 400, "bad_request",
		    "%s is not the name of one user", field);
	be_user(api, caller, name);
	return 1;
}

static bool
try_certificate(
    const struct api *api, struct http_conn *conn, struct api_caller *caller)
{
	char name[CONFIG_USER_MAX + 1];
	SSL *ssl = http_conn_ssl(conn);

	if (ssl == NULL || !tls_user(ssl, name, sizeof(name)))
		return false;
	be_user(api, caller, name);
	return true;
}

bool
auth_find_cookie(struct http_conn *conn, char *buf, size_t size)
{
	const char *p = http_head_field(http_conn_head(conn), "Cookie");
	const size_t len = strlen(SESSION_COOKIE);
	size_t n;

	for (; p != NULL && *p != '\0'; p += n, p += strspn(p, "; ")) {
		n = strcspn(p, ";");
		if (strncmp(p, SESSION_COOKIE, len) != 0 || p[len] != '=' ||
		    n - len > size)
			continue;
		snprintf(buf, size, "%.*s", (int)(n - len - 1), p + len + 1);
		return true;
	}
	return false;
}

static bool
try_session(
    const struct api *api, struct http_conn *conn, struct api_caller *caller)
{
	char text[SESSION_TEXT_MAX];
	const struct token *token;

	if (!auth_find_cookie(conn, text, sizeof(text)))
		return false;
	token = sessions_find(api->sessions, api->tokens, text);
	if (token == NULL)
		return false;
	auth_be_token(caller, token);
	return true;
}

/* Of those who may connect to the unix socket. */
static enum api_right
right_of_socket(const struct config *config)
{
	switch (config->socket_role) {
	case SOCKET_CRONTAB:
		return API_CRONTAB;
	case SOCKET_VIEWER:
		return API_VIEWER;
	case SOCKET_OPERATOR:
		break;
	}
	return API_OPERATOR;
}

/* Who has the socket at the other end. */
static void
be_owner(
    const struct api *api, struct http_conn *conn, struct api_caller *caller)
{
	const struct http_peer *peer = http_conn_peer(conn);
	const struct http_head *head = http_conn_head(conn);

	if (peer->uid == (uid_t)-1 || is_passed_on(head) ||
	    auth_is_proxy(api, peer))
		return;
	if (!is_tcp(peer))
		caller->right = auth_is_owner(api, peer->uid) ?
		    API_ADMIN :
		    right_of_socket(api->auth->config);
	else if (api->auth->config->tokens == NULL &&
	    auth_is_owner(api, peer->uid) &&
	    is_local_host(http_head_field(head, "Host")))
		caller->right = API_ADMIN;
	if (caller->right == API_ANYBODY)
		return;
	caller->uid = peer->uid;
	api_names_who(api->names, peer->uid, caller->who, sizeof(caller->who));
}

/* The last address of X-Forwarded-For: the proxy's own word. */
static bool
find_forwarded(const struct http_head *head, struct address *a)
{
	const char *list = http_head_field(head, "X-Forwarded-For"), *comma;
	char text[ADDRESS_TEXT_MAX + 8];
	struct err err;

	if (list == NULL)
		return false;
	comma = strrchr(list, ',');
	list = comma != NULL ? comma + 1 : list;
	list += strspn(list, " \t");
	snprintf(text, sizeof(text),
	    strchr(list, ':') != NULL ? "[%.48s]:1" : "%.48s:1", list);
	return address_parse(text, a, &err) == 0;
}

void
auth_find_address(
    const struct api *api, struct http_conn *conn, struct address *a)
{
	const struct http_peer *peer = http_conn_peer(conn);

	if (!auth_is_proxy(api, peer) ||
	    !find_forwarded(http_conn_head(conn), a))
		*a = peer->address;
}

void
auth_say_from(
    const struct api *api, struct http_conn *conn, struct api_caller *caller)
{
	struct address a;

	auth_find_address(api, conn, &a);
	if (a.len == 0)
		snprintf(caller->from, sizeof(caller->from), "socket");
	else
		address_format_host(&a, caller->from);
}

int
auth_find_caller(const struct api *api, struct http_conn *conn,
    struct api_caller *caller, struct http_problem *problem)
{
	int rc = 0;

	caller->right = API_ANYBODY;
	caller->uid = (uid_t)-1;
	snprintf(caller->who, sizeof(caller->who), "nobody");
	auth_say_from(api, conn, caller);
	if (is_tcp(http_conn_peer(conn)))
		rc = try_bearer(api, conn, caller, problem);
	if (rc == 0)
		rc = try_proxy(api, conn, caller, problem);
	if (rc == -1)
		return -1;
	if (rc == 0 && !try_certificate(api, conn, caller) &&
	    !try_session(api, conn, caller))
		be_owner(api, conn, caller);
	return 0;
}

static bool
changes_something(const char *method)
{
	return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

/* Does the origin have this host and port? */
static bool
is_origin_of(const char *origin, const char *host)
{
	if (strncasecmp(origin, "http://", 7) == 0)
		origin += 7;
	else if (strncasecmp(origin, "https://", 8) == 0)
		origin += 8;
	else
		return false; /* "null" */
	return host != NULL && strcasecmp(origin, host) == 0;
}

static bool
is_of_other_site(const struct api *api, struct http_conn *conn)
{
	const struct http_head *head = http_conn_head(conn);
	const char *site = http_head_field(head, "Sec-Fetch-Site");
	const char *origin = http_head_field(head, "Origin");

	/* No page can make a browser send a token. */
	if (!changes_something(head->method) ||
	    http_head_field(head, "Authorization") != NULL)
		return false;
	if (site != NULL)
		return strcasecmp(site, "same-origin") != 0 &&
		    strcasecmp(site, "none") != 0;
	if (origin == NULL ||
	    is_origin_of(origin, http_head_field(head, "Host")))
		return false;
	return !auth_is_proxy(api, http_conn_peer(conn)) ||
	    !is_origin_of(origin, http_head_field(head, "X-Forwarded-Host"));
}

int
auth_check_site(
    const struct api *api, struct http_conn *conn, struct http_problem *problem)
{
	if (!is_of_other_site(api, conn))
		return 0;
	return http_problem_set(problem, 403, "other_site",
	    "a page of another site may not ask for this");
}

bool
auth_is_secure(const struct api *api, struct http_conn *conn)
{
	const char *scheme =
	    http_head_field(http_conn_head(conn), "X-Forwarded-Proto");

	return http_conn_ssl(conn) != NULL ||
	    (auth_is_proxy(api, http_conn_peer(conn)) && scheme != NULL &&
		strcasecmp(scheme, "https") == 0);
}

int
auth_check_right(const struct api_caller *caller, enum api_right needed,
    struct http_problem *problem)
{
	if (caller->right >= needed)
		return 0;
	if (caller->right == API_ANYBODY)
		return http_problem_set(problem, 401, "unauthorized",
		    "who asks is not known: send \"Authorization: Bearer "
		    "TOKEN\" or log in; without tokens in the configuration "
		    "this is for root and the user that belfryd runs as, on "
		    "the same machine");
	return http_problem_set(problem, 403, "forbidden",
	    "this needs the role %s; %s has the role %s",
	    auth_right_name(needed), caller->who,
	    auth_right_name(caller->right));
}
