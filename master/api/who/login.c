/* Runs in the api process. */
#include "api/who/login.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/told.h"
#include "api/who/sessions.h"
#include "base/log.h"
#include "base/mem.h"

#define HTML "text/html; charset=utf-8"

/* Nothing from elsewhere, in nobody's frame. */
#define POLICY                                                                 \
	"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "  \
	"base-uri 'none'; frame-ancestors 'none'"

/* %s: what went wrong. */
static const char page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>Log in - belfry</title>"
    "<style>:root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;"
    "margin:15vh auto;padding:0 1rem}"
    "label,input,button{display:block;width:100%%;box-sizing:border-box}"
    "input,button{font:inherit;padding:.5rem;margin:.25rem 0 1rem}"
    "[role=alert]{font-weight:600}</style></head>\n"
    "<body><main><h1>belfry</h1>%s"
    "<form method=\"post\" action=\"/login\">"
    "<label for=\"token\">Token</label>"
    "<input id=\"token\" name=\"token\" type=\"password\" required autofocus "
    "autocomplete=\"current-password\">"
    "<button>Log in</button></form></main></body></html>\n";

static void
set_cookie(const struct api *api, struct http_conn *conn, const char *text,
    long long seconds)
{
	char cookie[256];

	snprintf(cookie, sizeof(cookie),
	    SESSION_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; "
			   "Max-Age=%lld%s",
	    text, seconds, auth_is_secure(api, conn) ? "; Secure" : "");
	http_conn_add_header(conn, "Set-Cookie", cookie);
}

/* 0, or -1 with problem. */
static int
begin(const struct api *api, struct http_conn *conn, const char *text,
    struct api_caller *caller, struct http_problem *problem)
{
	const struct token *token;
	char cookie[SESSION_TEXT_MAX];

	if (auth_take_token(api, conn, text, &token, problem) == -1) {
		log_info("a login from %s failed", caller->from);
		return -1;
	}
	if (sessions_begin(api->sessions, token, cookie) == -1)
		return http_problem_set(
		    problem, 500, "internal", "no random numbers");
	auth_be_token(caller, token);
	log_info("login by %s from %s", caller->who, caller->from);
	told_change(api, caller, "login", "", NULL,
	    json_pack("{s:s}", "role", auth_right_name(caller->right)));
	set_cookie(api, conn, cookie, SESSION_MOST_MS / 1000);
	explicit_bzero(cookie, sizeof(cookie));
	return 0;
}

static void
end(const struct api *api, struct http_conn *conn)
{
	struct api_caller caller = {.right = API_ANYBODY};
	const struct token *token = NULL;
	char text[SESSION_TEXT_MAX];

	if (auth_find_cookie(conn, text, sizeof(text)))
		token = sessions_find(api->sessions, api->tokens, text);
	if (token != NULL) {
		auth_be_token(&caller, token);
		auth_say_from(api, conn, &caller);
		told_change(api, &caller, "logout", "",
		    json_pack("{s:s}", "role", auth_right_name(caller.right)),
		    NULL);
		sessions_end(api->sessions, text);
	}
	set_cookie(api, conn, "", 0);
}

static void
reply_caller(struct http_conn *conn, const struct api_caller *caller)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "who", caller->who, "role",
	    auth_right_name(caller->right), "from", caller->from);
	char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		fatalx("out of memory");
	http_conn_reply(conn, 200, "application/json", text, strlen(text));
	free(text);
	json_decref(json);
}

void
login_answer(const struct api *api, struct http_conn *conn,
    const struct route_call *call)
{
	struct api_caller caller = {API_ANYBODY, "nobody", ""};
	const char *verb = call->route->verb, *text;
	struct http_problem problem;
	int rc = 0;

	text = route_call_arg(call, "token");
	if (strcmp(verb, "session-begin") == 0) {
		auth_say_from(api, conn, &caller);
		rc = begin(
		    api, conn, text != NULL ? text : "", &caller, &problem);
	} else if (strcmp(verb, "session-end") == 0) {
		end(api, conn);
	} else {
		rc = auth_find_caller(api, conn, &caller, &problem);
		if (rc == 0)
			rc = auth_check_right(&caller, API_VIEWER, &problem);
	}
	http_conn_add_header(conn, "Cache-Control", "no-store");
	if (rc == -1)
		http_conn_reply_problem(conn, &problem);
	else
		reply_caller(conn, &caller);
}

bool
login_has_path(const char *path)
{
	return strcmp(path, "/login") == 0;
}

static void
show_page(struct http_conn *conn, int status, const char *problem)
{
	char *alert = *problem == '\0' ?
	    xstrdup("") :
	    xasprintf("<p role=\"alert\">%s</p>", problem);
	char *text = xasprintf(page, alert);

	http_conn_add_header(conn, "Cache-Control", "no-store");
	http_conn_add_header(conn, "Content-Security-Policy", POLICY);
	http_conn_reply(conn, status, HTML, text, strlen(text));
	free(text);
	free(alert);
}

/* The value of token in a form; NULL when there is none. The caller frees. */
static char *
take_form(struct http_conn *conn)
{
	const char *type =
	    http_head_field(http_conn_head(conn), "Content-Type");
	size_t len, n = type != NULL ? strcspn(type, "; \t") : 0;
	const char *body = http_conn_body(conn, &len);
	char *value;

	if (n != 33 ||
	    strncasecmp(type, "application/x-www-form-urlencoded", n) != 0 ||
	    strncmp(body, "token=", 6) != 0 || strlen(body) != len)
		return NULL;
	value = xstrndup(body + 6, strcspn(body + 6, "&"));
	if (http_percent_decode(value, true) == -1) {
		free(value);
		return NULL;
	}
	return value;
}

static void
take_login(const struct api *api, struct http_conn *conn)
{
	struct api_caller caller = {API_ANYBODY, "nobody", ""};
	char *text = take_form(conn);
	struct http_problem problem;

	auth_say_from(api, conn, &caller);
	if (text == NULL) {
		show_page(conn, 400, "The form has no token.");
	} else if (begin(api, conn, text, &caller, &problem) == -1) {
		show_page(conn, problem.status,
		    problem.status == 429 ?
			"Too many attempts. Try again in a moment." :
			"This is no token, or it is not good any more.");
	} else {
		http_conn_add_header(conn, "Location", "/");
		http_conn_reply(conn, 303, HTML, "", 0);
	}
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
login_page(const struct api *api, struct http_conn *conn)
{
	const char *method = http_conn_head(conn)->method;
	struct http_problem problem;

	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
		show_page(conn, 200, "");
	} else if (strcmp(method, "POST") != 0) {
		http_conn_add_header(conn, "Allow", "GET, POST");
		http_problem_set(&problem, 405, "method_not_allowed",
		    "a login is a GET or a POST");
		http_conn_reply_problem(conn, &problem);
	} else if (auth_check_site(api, conn, &problem) == -1) {
		http_conn_reply_problem(conn, &problem);
	} else {
		take_login(api, conn);
	}
}
