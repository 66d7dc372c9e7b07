/*
 * The calls of the API: one table says for each its method, path, verb,
 * answerer, arguments and the role that it needs. Pure: from a request's
 * words to a checked question, or to the problem with it.
 */
#ifndef BELFRY_API_HTTP_HTTP_ROUTE_H
#define BELFRY_API_HTTP_HTTP_ROUTE_H

#include <jansson.h>

#include "api/http/http_problem.h"
#include "ask.h"

/* Who may do what; each may do all that those before it may. */
enum api_right {
	API_ANYBODY, /* who does not say who they are */
	API_CRONTAB, /* a user of this machine: his own crontab */
	API_VIEWER,
	API_OPERATOR,
	API_ADMIN
};

enum route_kind {
	ROUTE_WHOLE,    /* the answer is collected, then sent */
	ROUTE_STREAM,   /* sent as it comes */
	ROUTE_HEALTH,   /* its status alone counts, and soon */
	ROUTE_READY,    /* and the recorder must be there */
	ROUTE_DOCUMENT, /* of ours: nobody is asked */
	ROUTE_EVENTS,  /* has no end; of all who listen one question is asked */
	ROUTE_LOOK,    /* whether the file of tokens is another */
	ROUTE_METRICS, /* of all processes that answer soon, one after another */
};

struct route {
	const char *method;
	const char *pattern; /* "/v1/jobs/{job}/run" */
	const char *verb;
	enum role_id peer;
	enum api_right right;
	enum route_kind kind;
	const char *query; /* words: arguments that may be given */
	const char *body;  /* words: keys that the JSON body may have */
	bool names_uid;    /* the answerer is told the uid of who asks */
};

/* A request's meaning. Strings are in text and json. */
struct route_call {
	const struct route *route;
	unsigned nargs;
	const char *keys[ASK_ARGS_MAX];
	const char *values[ASK_ARGS_MAX];
	char *text;   /* owned */
	char *object; /* owned: text of an object or array in the body */
	char uid[12]; /* "" nobody can tell, or it is not asked for */
	json_t *json; /* the body; owned, NULL none */
};

/* Borrowed words of a request. */
struct route_request {
	const char *method;
	const char *path;
	const char *query;
	const char *content_type; /* NULL none */
	bool any_type;            /* a body is JSON whatever its type says */
	const char *body;
	size_t body_len;
};

/*
 * Finds the route of a method and path and takes path segments, query and
 * body apart. HEAD is served by GET. 0, or -1 with problem; for 405 the
 * methods that would do are in *allow_r (allow_size bytes). Free with
 * route_call_fini(), also after -1.
 */
int route_match(const struct route_request *request, struct route_call *call_r,
    char *allow_r, size_t allow_size, struct http_problem *problem);
void route_call_fini(struct route_call *call);

/* Adds who asks, when the route is one that wants to know. */
void route_call_set_uid(struct route_call *call, uid_t uid);

/* The value of an argument; NULL when it was not given. */
const char *route_call_arg(const struct route_call *call, const char *key);

#endif
