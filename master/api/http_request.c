/*
 * From a request to a question: finds its route, checks who asks, sends it.
 * Runs in the api process.
 */
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"
#include "api/web.h"
#include "base/log.h"
#include "base/mem.h"

static enum api_right
right_of(const struct api *api, uid_t uid)
{
	/* Others could open the socket because its mode or group lets them. */
	return uid == 0 || uid == api->daemon_uid ? API_ADMIN : API_OPERATOR;
}

static int
check_right(const struct api *api, uid_t uid, const struct route *route,
    struct http_problem *problem)
{
	static const char *const names[] = {"viewer", "operator", "admin"};

	if (right_of(api, uid) >= route->right)
		return 0;
	return http_problem_set(problem, 403, "forbidden",
	    "this needs the role %s: root, or the user that belfryd runs as",
	    names[route->right]);
}

static void
ask(struct api *api, struct http_conn *conn, const struct route_call *call)
{
	uid_t uid = http_conn_uid(conn);
	struct http_problem problem;
	char who[128];

	if (check_right(api, uid, call->route, &problem) == -1) {
		http_conn_reply_problem(conn, &problem);
		return;
	}
	api_names_who(api->names, uid, who, sizeof(who));
	if (call->route->right > API_VIEWER)
		log_info("request %s by %s", call->route->verb, who);
	ask_table_send(api->asks, conn, call, who);
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
