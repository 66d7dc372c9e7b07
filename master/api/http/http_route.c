#include "api/http/http_route.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/http_head.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "run/spec.h"
#include "run/submission.h"

/* An argument's length; a path's segment is shorter. */
#define VALUE_MAX      1024
/* And of one that is a list of jobs. */
#define LIST_VALUE_MAX 8192
/* A whole text's, which one question still holds. */
#define TEXT_MAX       60000

static const struct route routes[] = {
    {"GET", "/healthz", "status", ROLE_MASTER, API_ANYBODY, ROUTE_HEALTH, "",
	""},
    {"GET", "/readyz", "status", ROLE_MASTER, API_ANYBODY, ROUTE_READY, "", ""},
    {"GET", "/metrics", "metrics", ROLE_MASTER, API_VIEWER, ROUTE_METRICS, "",
	""},
    {"GET", "/v1/openapi.json", "openapi", ROLE_API, API_ANYBODY,
	ROUTE_DOCUMENT, "", ""},
    {"GET", "/v1/status", "status", ROLE_MASTER, API_VIEWER, ROUTE_WHOLE, "",
	""},
    {"GET", "/v1/overview", "overview", ROLE_MASTER, API_VIEWER, ROUTE_WHOLE,
	"", ""},
    {"GET", "/v1/nodes", "nodes", ROLE_MASTER, API_VIEWER, ROUTE_WHOLE, "", ""},
    {"GET", "/v1/jobs", "jobs", ROLE_MASTER, API_VIEWER, ROUTE_WHOLE,
	"after limit label search state outcome host sort", ""},
    {"GET", "/v1/jobs/{job}", "job", ROLE_MASTER, API_VIEWER, ROUTE_WHOLE, "",
	""},
    {"GET", "/v1/jobs/{job}/next", "next", ROLE_MASTER, API_VIEWER, ROUTE_WHOLE,
	"n", ""},
    {"GET", "/v1/jobs/{job}/graph", "graph", ROLE_MASTER, API_VIEWER,
	ROUTE_WHOLE, "", ""},
    {"GET", "/v1/jobs/{job}/stats", "stats", ROLE_RECORDER, API_VIEWER,
	ROUTE_WHOLE, "since until points", ""},
    {"GET", "/v1/jobs/{job}/explain", "explain", ROLE_RECORDER, API_VIEWER,
	ROUTE_WHOLE, "at until", ""},
    {"POST", "/v1/jobs/{job}/run", "run", ROLE_MASTER, API_OPERATOR,
	ROUTE_WHOLE, "", "params host"},
    {"POST", "/v1/jobs/{job}/pause", "pause", ROLE_MASTER, API_OPERATOR,
	ROUTE_WHOLE, "", "until reason"},
    {"POST", "/v1/jobs/{job}/resume", "resume", ROLE_MASTER, API_OPERATOR,
	ROUTE_WHOLE, "", ""},
    {"POST", "/v1/pause", "pause-all", ROLE_MASTER, API_OPERATOR, ROUTE_WHOLE,
	"", "until reason"},
    {"POST", "/v1/resume", "resume-all", ROLE_MASTER, API_OPERATOR, ROUTE_WHOLE,
	"", ""},
    {"GET", "/v1/runs", "runs", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"job chain host since until outcome limit before", ""},
    {"GET", "/v1/runs/{run}", "show", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"", ""},
    {"GET", "/v1/runs/{run}/output", "output", ROLE_RECORDER, API_VIEWER,
	ROUTE_STREAM, "offset follow", ""},
    {"POST", "/v1/runs/{run}/kill", "kill", ROLE_MASTER, API_OPERATOR,
	ROUTE_WHOLE, "", ""},
    {"GET", "/v1/events", "events", ROLE_MASTER, API_VIEWER, ROUTE_EVENTS, "",
	""},
    {"GET", "/v1/ledger", "ledger", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"job since until outcome reason limit before", ""},
    {"GET", "/v1/strips", "strips", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"jobs n", ""},
    {"GET", "/v1/timeline", "timeline", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"since until jobs host by", ""},
    {"GET", "/v1/heat", "heat", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"since until", ""},
    {"GET", "/v1/verify", "verify", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"job since after", ""},
    {"GET", "/v1/audit", "audit", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"who action object since limit before", ""},
    {"GET", "/v1/notifications", "notifications", ROLE_RECORDER, API_VIEWER,
	ROUTE_WHOLE, "job receiver state limit before", ""},
    {"POST", "/v1/notify/{receiver}/test", "notify-test", ROLE_MASTER,
	API_OPERATOR, ROUTE_WHOLE, "", ""},
    {"POST", "/v1/submit", "submit", ROLE_MASTER, API_OPERATOR, ROUTE_WHOLE, "",
	"command argv queue at in key callback", true},
    {"GET", "/v1/queue", "queue", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"queue all limit", ""},
    {"GET", "/v1/queue/{run}", "queued", ROLE_RECORDER, API_VIEWER, ROUTE_WHOLE,
	"", ""},
    {"POST", "/v1/queue/{run}/cancel", "cancel", ROLE_RECORDER, API_OPERATOR,
	ROUTE_WHOLE, "", ""},
    {"GET", "/v1/session", "session", ROLE_API, API_ANYBODY, ROUTE_WHOLE, "",
	""},
    {"POST", "/v1/session", "session-begin", ROLE_API, API_ANYBODY, ROUTE_WHOLE,
	"", "token"},
    {"DELETE", "/v1/session", "session-end", ROLE_API, API_ANYBODY, ROUTE_WHOLE,
	"", ""},
    {"POST", "/v1/tokens/look", "tokens-look", ROLE_API, API_ADMIN, ROUTE_LOOK,
	"", ""},
    {"GET", "/v1/crontab", "crontab", ROLE_MASTER, API_CRONTAB, ROUTE_WHOLE,
	"user", "", true},
    {"POST", "/v1/crontab", "crontab-install", ROLE_MASTER, API_CRONTAB,
	ROUTE_WHOLE, "", "user text", true},
    {"POST", "/v1/crontab/remove", "crontab-remove", ROLE_MASTER, API_CRONTAB,
	ROUTE_WHOLE, "", "user", true},
    {"POST", "/v1/reload", "reload", ROLE_MASTER, API_ADMIN, ROUTE_WHOLE, "",
	""},
    {"POST", "/v1/drain", "drain", ROLE_MASTER, API_ADMIN, ROUTE_WHOLE, "", ""},
    {"POST", "/v1/upgrade", "upgrade", ROLE_MASTER, API_ADMIN, ROUTE_WHOLE, "",
	""},
};

/* True when words, parted by blanks, has the word of n bytes. */
static bool
has_word(const char *words, const char *word, size_t n)
{
	size_t len;

	for (; *words != '\0'; words += len) {
		words += strspn(words, " ");
		len = strcspn(words, " ");
		if (len == n && memcmp(words, word, n) == 0)
			return true;
	}
	return false;
}

/* Compares segment by segment; {name} is any that is not empty. */
static bool
path_matches(const char *pattern, const char *path)
{
	size_t m, n;

	for (;;) {
		m = strcspn(pattern, "/");
		n = strcspn(path, "/");
		if (*pattern == '{' ? n == 0 :
				      m != n || memcmp(pattern, path, n) != 0)
			return false;
		if (pattern[m] != path[n])
			return false;
		if (path[n] == '\0')
			return true;
		pattern += m + 1;
		path += n + 1;
	}
}

static void
add_arg(struct route_call *call, const char *key, const char *value)
{
	call->keys[call->nargs] = key;
	call->values[call->nargs] = value;
	call->nargs++;
}

const char *
route_call_arg(const struct route_call *call, const char *key)
{
	unsigned i;

	for (i = 0; i < call->nargs; i++)
		if (strcmp(call->keys[i], key) == 0)
			return call->values[i];
	return NULL;
}

/* Names and run ids: letters, digits, '.', '_', '-'. */
static bool
is_name(const char *s, size_t max)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789._-";
	size_t n = strspn(s, chars);

	return n > 0 && n <= max && s[n] == '\0';
}

/*
 * A run may be named by its job too: its latest; and of queues and of their
 * callbacks there are runs.
 */
static bool
is_segment(const char *key, const char *value)
{
	static const char *const prefixes[] = {
	    SUBMISSION_JOB, SUBMISSION_REPLY, ""};
	size_t i = 0;

	while (strncmp(value, prefixes[i], strlen(prefixes[i])) != 0)
		i++;
	if (strcmp(key, "receiver") != 0)
		value += strlen(prefixes[i]);
	return is_name(value, JOB_NAME_MAX);
}

static int
take_segment(struct route_call *call, const char *key, char *value,
    struct http_problem *problem)
{
	if (http_percent_decode(value, false) == -1)
		return http_problem_set(problem, 400, "bad_request",
		    "the path has a broken %% escape");
	if (!is_segment(key, value))
		return http_problem_set(problem, 404, "not_found",
		    "no %s \"%.128s\": it cannot be the name of one", key,
		    value);
	add_arg(call, key, value);
	return 0;
}

/* What {name} is called as an argument. */
static const char *
segment_key(const char *pattern)
{
	static const char *const keys[] = {"job", "receiver", "run"};
	size_t i = 0;

	while (strncmp(pattern + 1, keys[i], strlen(keys[i])) != 0)
		i++;
	return keys[i];
}

/* Takes the {name} segments; pattern and path have as many segments. */
static int
take_path(struct route_call *call, char *path, struct http_problem *problem)
{
	const char *pattern = call->route->pattern;
	char *next;

	for (;; pattern += strcspn(pattern, "/") + 1, path = next) {
		next = strchrnul(path, '/');
		if (*next != '\0')
			*next++ = '\0';
		if (*pattern == '{' &&
		    take_segment(call, segment_key(pattern), path, problem) ==
			-1)
			return -1;
		if (strchr(pattern, '/') == NULL)
			return 0;
	}
}

static int
take_argument(struct route_call *call, char *key, char *value,
    struct http_problem *problem)
{
	size_t max;

	if (http_percent_decode(key, true) == -1 ||
	    http_percent_decode(value, true) == -1)
		return http_problem_set(problem, 400, "bad_request",
		    "the query has a broken %% escape");
	if (!has_word(call->route->query, key, strlen(key)))
		return http_problem_set(problem, 400, "bad_request",
		    "unknown argument \"%.64s\"; %s%s", key,
		    call->route->query[0] != '\0' ? "known are: " :
						    "none is taken here",
		    call->route->query);
	max = strcmp(key, "jobs") == 0 ? LIST_VALUE_MAX : VALUE_MAX;
	if (route_call_arg(call, key) != NULL)
		return http_problem_set(problem, 400, "bad_request",
		    "argument \"%s\" is given twice", key);
	if (strlen(value) > max)
		return http_problem_set(problem, 400, "bad_request",
		    "argument \"%s\" is longer than %zu bytes", key, max);
	add_arg(call, key, value);
	return 0;
}

static int
take_query(struct route_call *call, char *query, struct http_problem *problem)
{
	char *pair, *value;

	while ((pair = strsep(&query, "&")) != NULL) {
		if (*pair == '\0')
			continue;
		value = strchrnul(pair, '=');
		if (*value != '\0')
			*value++ = '\0';
		if (take_argument(call, pair, value, problem) == -1)
			return -1;
	}
	return 0;
}

static int
check_content_type(const char *type, struct http_problem *problem)
{
	size_t n = type != NULL ? strcspn(type, "; \t") : 0;

	/* A form of another site cannot send this type unasked. */
	if (n != 16 || strncasecmp(type, "application/json", n) != 0)
		return http_problem_set(problem, 415, "unsupported_media_type",
		    "a body must be application/json");
	return 0;
}

/* Keys whose values have a kind and a length of their own. */
static const struct body_key {
	const char *name;
	json_type type;
	const char *what;
	size_t max; /* bytes of a string */
} body_keys[] = {
    {"params", JSON_OBJECT, "an object", 0},
    {"argv", JSON_ARRAY, "an array", 0},
    {"command", JSON_STRING, "a string", SUBMISSION_COMMAND_MAX},
    {"callback", JSON_STRING, "a string", SUBMISSION_CALLBACK_MAX},
    {"text", JSON_STRING, "a string", TEXT_MAX},
    {NULL, JSON_STRING, "a string", VALUE_MAX},
};

static const struct body_key *
find_body_key(const char *name)
{
	const struct body_key *key = body_keys;

	while (key->name != NULL && strcmp(key->name, name) != 0)
		key++;
	return key;
}

/* One key of the body; its text lives as long as the call. */
static int
take_key(struct route_call *call, const char *key, const json_t *value,
    struct http_problem *problem)
{
	const char *text = json_string_value(value);
	const struct body_key *kind = find_body_key(key);

	if (!has_word(call->route->body, key, strlen(key)))
		return http_problem_set(problem, 400, "bad_request",
		    "unknown key \"%.64s\" in the body", key);
	if (json_is_null(value))
		return 0;
	if (json_typeof(value) != kind->type)
		return http_problem_set(problem, 400, "bad_request",
		    "\"%s\" in the body must be %s", key, kind->what);
	if (text == NULL) {
		/* One key of a call is of these kinds. */
		call->object = json_dumps(value, JSON_COMPACT);
		add_arg(call, key, call->object);
		return 0;
	}
	if (strlen(text) > kind->max ||
	    strlen(text) != json_string_length(value))
		return http_problem_set(problem, 400, "bad_request",
		    "\"%s\" in the body is no text of at most %zu bytes", key,
		    kind->max);
	add_arg(call, key, text);
	return 0;
}

static int
take_body(struct route_call *call, const struct route_request *request,
    struct http_problem *problem)
{
	json_error_t error;
	const char *key;
	json_t *json, *value;
	int rc = 0;

	if (request->body_len == 0 && request->content_type == NULL)
		return 0;
	if (!request->any_type &&
	    check_content_type(request->content_type, problem) == -1)
		return -1;
	if (request->body_len == 0)
		return 0;
	json = json_loadb(
	    request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		return http_problem_set(problem, 400, "bad_request",
		    "the body is not JSON: line %d, column %d: %s", error.line,
		    error.column, error.text);
	if (!json_is_object(json))
		rc = http_problem_set(problem, 400, "bad_request",
		    "the body must be a JSON object");
	json_object_foreach(json, key, value) if (rc == 0) rc =
	    take_key(call, key, value, problem);
	call->json = json;
	return rc;
}

static const struct route *
find_route(const char *method, const char *path, char *allow, size_t allow_size)
{
	const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;
	size_t i, used = 0;

	allow[0] = '\0';
	for (i = 0; i < nitems(routes); i++) {
		if (!path_matches(routes[i].pattern, path))
			continue;
		if (strcmp(routes[i].method, wanted) == 0)
			return &routes[i];
		used += (size_t)snprintf(allow + used, allow_size - used,
		    "%s%s", used > 0 ? ", " : "", routes[i].method);
		if (used >= allow_size)
			break;
	}
	return NULL;
}

int
route_match(const struct route_request *request, struct route_call *call,
    char *allow, size_t allow_size, struct http_problem *problem)
{
	size_t path_len = strlen(request->path);
	char *path, *query;

	memset(call, 0, sizeof(*call));
	call->route =
	    find_route(request->method, request->path, allow, allow_size);
	if (call->route == NULL && allow[0] != '\0')
		return http_problem_set(problem, 405, "method_not_allowed",
		    "%.32s is not possible here; %s is", request->method,
		    allow);
	if (call->route == NULL)
		return http_problem_set(problem, 404, "not_found",
		    "there is no %.200s", request->path);
	call->text = xasprintf("%s%c%s", request->path, '\n', request->query);
	path = call->text;
	query = path + path_len;
	*query++ = '\0';
	if (take_path(call, path, problem) == -1 ||
	    take_query(call, query, problem) == -1)
		return -1;
	return take_body(call, request, problem);
}

void
route_call_set_uid(struct route_call *call, uid_t uid)
{
	if (!call->route->names_uid || uid == (uid_t)-1)
		return;
	snprintf(call->uid, sizeof(call->uid), "%ju", (uintmax_t)uid);
	add_arg(call, "uid", call->uid);
}

void
route_call_fini(struct route_call *call)
{
	free(call->text);
	call->text = NULL;
	json_decref(call->json);
	call->json = NULL;
	free(call->object);
	call->object = NULL;
}
