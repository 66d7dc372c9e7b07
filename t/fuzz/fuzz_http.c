/*
 * Any bytes as a request, its body behind its head: what comes out of them
 * stays within them, and a question for another process keeps to its bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "api/http/http_route.h"
#include "api/http_head.h"
#include "base/log.h"
#include "base/mem.h"
#include "fuzz.h"

#define VALUE_MAX ((size_t)512 << 10)

struct range {
	const char *from, *to;
};

static void
check_within(const struct range *r, const char *s)
{
	MUST(s >= r->from && s + strlen(s) <= r->to);
}

static void
check_head(const struct http_head *head, const struct range *text)
{
	MUST(head->nfields <= HTTP_FIELDS_MAX);
	MUST(head->minor == 0 || head->minor == 1);
	MUST(head->path[0] == '/');
	check_within(text, head->method);
	check_within(text, head->path);
	for (unsigned i = 0; i < head->nfields; i++) {
		check_within(text, head->fields[i].name);
		check_within(text, head->fields[i].value);
		MUST(strpbrk(head->fields[i].value, "\r\n") == NULL);
		MUST(http_head_count(head, head->fields[i].name) > 0);
	}
	/* What is twice there could mean two things. */
	MUST(http_head_count(head, "Host") <= 1);
	MUST(http_head_count(head, "Content-Length") <= 1);
	MUST(http_head_field(head, "Transfer-Encoding") == NULL);
}

static void
check_problem(const struct http_problem *problem)
{
	char *json = http_problem_json(problem);
	json_t *parsed = json_loads(json, 0, NULL);

	MUST(problem->status >= 400 && problem->status <= 505);
	MUST(json_is_object(json_object_get(parsed, "error")));
	json_decref(parsed);
	free(json);
}

static void
check_call(const struct route_call *call)
{
	MUST(call->route != NULL && call->nargs <= ASK_ARGS_MAX);
	for (unsigned i = 0; i < call->nargs; i++) {
		MUST(strlen(call->values[i]) <= VALUE_MAX);
		MUST(route_call_arg(call, call->keys[i]) != NULL);
	}
}

static void
ask(const struct http_head *head, const char *body, size_t body_len)
{
	struct route_request request = {
	    .method = head->method,
	    .path = head->path,
	    .query = head->query,
	    .content_type = http_head_field(head, "Content-Type"),
	    .body = body,
	    .body_len = body_len,
	};
	struct http_problem problem;
	struct route_call call;
	char allow[64];

	if (route_match(&request, &call, allow, sizeof(allow), &problem) == 0)
		check_call(&call);
	else
		check_problem(&problem);
	MUST(strlen(allow) < sizeof(allow));
	route_call_fini(&call);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1), *body;
	size_t len = size > 0 ? http_head_length((const char *)data, size) : 0;
	struct http_problem problem;
	struct http_head head;
	struct range range;

	if (len > 0) {
		memcpy(text, data, len);
		text[len] = '\0';
		range = (struct range){text, text + len};
		/* A copy of its own, so that a read beyond it is seen. */
		body = xmalloc(size - len + 1);
		memcpy(body, data + len, size - len);
		body[size - len] = '\0';
		if (http_head_parse(text, len, &head, &problem) == -1) {
			check_problem(&problem);
		} else {
			check_head(&head, &range);
			ask(&head, body, size - len);
		}
		free(body);
	}
	free(text);
	return 0;
}
