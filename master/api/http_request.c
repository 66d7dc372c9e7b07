/*
 * From a request to a question: finds its route, checks who asks, sends it.
 * Runs in the api process.
 */
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"
#include "api/auth.h"
#include "api/web.h"
#include "base/log.h"
#include "base/mem.h"

static void
ask(struct api *api, struct http_conn *conn, const struct route_call *call)
{
	struct api_caller caller;
	struct http_problem problem;

	auth_find_caller(api, conn, &caller);
	if (auth_check(&caller, conn, call->route->right, &problem) == -1) {
		http_conn_reply_problem(conn, &problem);
		return;
	}
	if (call->route->right > API_VIEWER)
		log_info("request %s by %s", call->route->verb, caller.who);
	ask_table_send(api->asks, conn, call, caller.who);
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
	};
	struct http_problem problem;
	struct route_call call;
	char allow[64];

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

void
api_gone(struct http_conn *conn, bool timeout, void *arg)
{
	struct api *api = arg;

	ask_table_cancel(api->asks, conn, timeout);
}
