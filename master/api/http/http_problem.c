#include "api/http/http_problem.h"

#include <jansson.h>
#include <stdio.h>

#include "base/mem.h"

static const struct {
	int status;
	const char *text;
} status_texts[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {303, "See Other"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

int
http_problem_set(struct http_problem *problem, int status, const char *code,
    const char *fmt, ...)
{
	va_list ap;

	problem->status = status;
	problem->code = code;
	va_start(ap, fmt);
	vsnprintf(problem->err.text, sizeof(problem->err.text), fmt, ap);
	va_end(ap);
	return -1;
}

/*
 * The message may quote what a client sent, cut in the middle of a character:
 * what is not UTF-8 is shown as '?', or jansson would refuse it.
 */
char *
http_problem_json(const struct http_problem *problem)
{
	char text[sizeof(problem->err.text)];
	json_t *json;
	char *s, *p;

	snprintf(text, sizeof(text), "%s", problem->err.text);
	json = json_pack(
	    "{s:{s:s,s:s}}", "error", "code", problem->code, "message", text);
	if (json == NULL) {
		for (p = text; *p != '\0'; p++)
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		json = json_pack("{s:{s:s,s:s}}", "error", "code",
		    problem->code, "message", text);
	}
	s = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
	json_decref(json);
	return s != NULL ? s : xstrdup("{\"error\":{}}");
}

const char *
http_status_text(int status)
{
	size_t i;

	for (i = 0; i < nitems(status_texts); i++)
		if (status_texts[i].status == status)
			return status_texts[i].text;
	return "Unknown";
}
