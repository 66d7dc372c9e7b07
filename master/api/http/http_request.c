/*
 * From a request to a question: finds its route, checks who asks, sends it.
 * Runs in the api process.
 */
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"
#include "api/web.h"
#include "api/who/auth.h"
#include "api/who/login.h"
#include "base/log.h"
#include "base/mem.h"

/* openapi.json */
static const char openapi[] =
#include "openapi.h"
    ;

/* 0, or -1 with problem: they may not. */
static int
check(const struct api *api, struct http_conn *conn, const struct route *route,
    struct api_caller *caller, struct http_problem *problem)
{
	if (auth_check_site(api, conn, problem) == -1)
		return -1;
	if (route->right == API_ANYBODY)
		return 0;
	if (auth_find_caller(api, conn, caller, problem) == -1)
		return -1;
	if (caller->right == API_ANYBODY)
		http_conn_add_header(conn, "WWW-Authenticate", "Bearer");
	return auth_check_right(caller, route->right, problem);
}

static void
ask(struct api *api, struct http_conn *conn, struct route_call *call)
{
	struct api_caller caller = {
	    .right = API_ANYBODY,
	    .who = "nobody",
	    .uid = (uid_t)-1,
	};
	struct http_problem problem;

	if (check(api, conn, call->route, &caller, &problem) == -1) {
		http_conn_reply_problem(conn, &problem);
		return;
	}
	if (call->route->kind == ROUTE_DOCUMENT) {
		http_conn_reply(conn, 200, "application/json", openapi,
		    sizeof(openapi) - 1);
		return;
	}
	if (call->route->kind == ROUTE_LOOK) {
		tokens_look(api->tokens, &caller);
		http_conn_reply(conn, 200, "application/json", "{}", 2);
		return;
	}
	if (call->route->peer == ROLE_API) {
		login_answer(api, conn, call);
		return;
	}
	if (call->route->right > API_VIEWER)
		log_info("request %s by %s from %s", call->route->verb,
		    caller.who, caller.from);
	route_call_set_uid(call, caller.uid);
	if (call->route->kind == ROUTE_EVENTS)
		events_hub_add(api->events, conn);
	else
		ask_table_send(api->asks, conn, call, caller.who, caller.from);
}

void
api_request(struct http_conn *conn, void *arg)
{
	const struct http_head *head = http_conn_head(conn);
	struct route_request request = {
	    .method = head->method,
	    .path = head->path,
	    .query = head->query,
	    .content_type = http_head_field(head, "Content-Type"),
	    .any_type = auth_is_program(conn),
	};
	struct http_problem problem;
	struct route_call call;
	char allow[64];

	if (login_has_path(head->path)) {
		login_page(arg, conn);
		return;
	}
	if (web_has_path(head->path)) {
		web_answer(conn);
		return;
	}
	request.body = http_conn_body(conn, &request.body_len);
	if (route_match(&request, &call, allow, sizeof(allow), &problem) == 0) {
		ask(arg, conn, &call);
	} else {
		if (problem.status == 405)
			http_conn_add_header(conn, "Allow", allow);
		http_conn_reply_problem(conn, &problem);
	}
	route_call_fini(&call);
}

/* A token may have been revoked meanwhile, a session may be over. */
bool
api_still_may(struct http_conn *conn, void *arg)
{
	struct api_caller caller = {.right = API_ANYBODY};
	struct http_problem problem;

	return auth_find_caller(arg, conn, &caller, &problem) == 0 &&
	    caller.right >= API_VIEWER;
}

void
api_gone(struct http_conn *conn, bool timeout, void *arg)
{
	struct api *api = arg;

	if (!events_hub_remove(api->events, conn))
		ask_table_cancel(api->asks, conn, timeout);
}
