#include "api/http_head.h"

#include <string.h>
#include <strings.h>

#define CODE_BAD "bad_request"

static bool
is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool
is_token(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (!is_token_char(*s))
			return false;
	return true;
}

size_t
http_head_length(const char *text, size_t len)
{
	const char *crlf = memmem(text, len, "\n\r\n", 3);
	const char *lf = memmem(text, len, "\n\n", 2);

	/* Bare line feeds end it as well, so that they can be refused. */
	if (lf != NULL && (crlf == NULL || lf < crlf))
		return (size_t)(lf - text) + 2;
	return crlf != NULL ? (size_t)(crlf - text) + 3 : 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
http_percent_decode(char *text, bool plus)
{
	char *out = text;
	int hi, lo;

	for (; *text != '\0'; text++) {
		if (*text == '+' && plus) {
			*out++ = ' ';
		} else if (*text == '%') {
			hi = hex_digit(text[1]);
			lo = hi == -1 ? -1 : hex_digit(text[2]);
			if (lo == -1 || (hi == 0 && lo == 0))
				return -1;
			*out++ = (char)(hi * 16 + lo);
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
	return 0;
}

const char *
http_head_field(const struct http_head *head, const char *name)
{
	unsigned i;

	for (i = 0; i < head->nfields; i++)
		if (strcasecmp(head->fields[i].name, name) == 0)
			return head->fields[i].value;
	return NULL;
}

/*
 * "/path?query", or "http://host/path?query" as to a proxy. The target was
 * found to be printable ASCII without blanks.
 */
static int
parse_target(char *target, struct http_head *head, struct http_problem *problem)
{
	char *query;

	if (strncasecmp(target, "http://", 7) == 0) {
		target = strpbrk(target + 7, "/?");
		if (target == NULL || *target != '/')
			return http_problem_set(problem, 400, CODE_BAD,
			    "the request target has no path");
	}
	if (*target != '/')
		return http_problem_set(problem, 400, CODE_BAD,
		    "the request target must begin with /");
	if (strchr(target, '#') != NULL)
		return http_problem_set(problem, 400, CODE_BAD,
		    "the request target must not have a fragment");
	query = strchr(target, '?');
	if (query != NULL)
		*query++ = '\0';
	head->path = target;
	head->query = query != NULL ? query : "";
	return 0;
}

static int
parse_version(
    const char *version, struct http_head *head, struct http_problem *problem)
{
	if (strcmp(version, "HTTP/1.1") == 0)
		head->minor = 1;
	else if (strcmp(version, "HTTP/1.0") == 0)
		head->minor = 0;
	else if (strlen(version) == 8 && memcmp(version, "HTTP/", 5) == 0 &&
	    version[6] == '.')
		return http_problem_set(problem, 505, "http_version",
		    "only HTTP/1.0 and HTTP/1.1 are spoken here");
	else
		return http_problem_set(problem, 400, CODE_BAD,
		    "the request line does not end with a version of HTTP");
	return 0;
}

static int
parse_request_line(
    char *line, struct http_head *head, struct http_problem *problem)
{
	char *target, *version, *p;

	target = strchr(line, ' ');
	version = target != NULL ? strchr(target + 1, ' ') : NULL;
	if (version == NULL)
		return http_problem_set(problem, 400, CODE_BAD,
		    "the request line is not METHOD TARGET VERSION");
	*target++ = '\0';
	*version++ = '\0';
	if (!is_token(line))
		return http_problem_set(
		    problem, 400, CODE_BAD, "the method is not a word");
	for (p = target; *p != '\0'; p++)
		if (*p <= 0x20 || *p >= 0x7f)
			return http_problem_set(problem, 400, CODE_BAD,
			    "the request target has a character that must be "
			    "percent-encoded");
	head->method = line;
	if (parse_version(version, head, problem) == -1)
		return -1;
	return parse_target(target, head, problem);
}

/* "Name: value", blanks around the value dropped. */
static int
parse_field(char *line, struct http_head *head, struct http_problem *problem)
{
	char *value = strchr(line, ':'), *end, *p;
	struct http_field *field;

	if (*line == ' ' || *line == '\t' || value == NULL)
		return http_problem_set(
		    problem, 400, CODE_BAD, "a header line is not NAME: VALUE");
	*value++ = '\0';
	if (!is_token(line))
		return http_problem_set(
		    problem, 400, CODE_BAD, "a header's name is not a word");
	value += strspn(value, " \t");
	for (end = value + strlen(value);
	     end > value && (end[-1] == ' ' || end[-1] == '\t'); end--)
		;
	*end = '\0';
	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 ? *p != '\t' : *p == 0x7f)
			return http_problem_set(problem, 400, CODE_BAD,
			    "header %s has a control character", line);
	if (head->nfields == HTTP_FIELDS_MAX)
		return http_problem_set(problem, 431, "too_large",
		    "more than %d header fields", HTTP_FIELDS_MAX);
	field = &head->fields[head->nfields++];
	field->name = line;
	field->value = value;
	return 0;
}

unsigned
http_head_count(const struct http_head *head, const char *name)
{
	unsigned i, n = 0;

	for (i = 0; i < head->nfields; i++)
		n += strcasecmp(head->fields[i].name, name) == 0;
	return n;
}

/* How long the body is: RFC 9112, 6.3. */
static int
parse_framing(struct http_head *head, struct http_problem *problem)
{
	const char *length = http_head_field(head, "Content-Length"), *p;

	if (http_head_count(head, "Transfer-Encoding") > 0) {
		if (length != NULL)
			return http_problem_set(problem, 400, CODE_BAD,
			    "Content-Length and Transfer-Encoding exclude "
			    "each other");
		return http_problem_set(problem, 411, "length_required",
		    "send the body with a Content-Length");
	}
	if (length == NULL)
		return 0;
	if (http_head_count(head, "Content-Length") > 1 || *length == '\0' ||
	    strlen(length) > 18)
		return http_problem_set(
		    problem, 400, CODE_BAD, "Content-Length is not one number");
	for (p = length; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return http_problem_set(problem, 400, CODE_BAD,
			    "Content-Length is not one number");
		head->content_length =
		    head->content_length * 10 + (uint64_t)(*p - '0');
	}
	return 0;
}

/* True when the comma-separated list has word. */
static bool
list_has(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	while (list != NULL && *list != '\0') {
		list += strspn(list, ", \t");
		len = strcspn(list, ", \t");
		if (len == n && strncasecmp(list, word, n) == 0)
			return true;
		list += len;
	}
	return false;
}

static int
parse_meaning(struct http_head *head, struct http_problem *problem)
{
	const char *connection = http_head_field(head, "Connection");
	const char *expect = http_head_field(head, "Expect");
	unsigned hosts = http_head_count(head, "Host");

	if (hosts > 1 || (hosts == 0 && head->minor == 1))
		return http_problem_set(
		    problem, 400, CODE_BAD, "there must be one Host header");
	if (head->minor == 1)
		head->keep_alive = !list_has(connection, "close");
	else
		head->keep_alive = list_has(connection, "keep-alive");
	if (expect != NULL && head->minor == 1)
		head->expect_continue = strcasecmp(expect, "100-continue") == 0;
	return parse_framing(head, problem);
}

int
http_head_parse(char *text, size_t len, struct http_head *head,
    struct http_problem *problem)
{
	char *line = text, *end;
	bool first = true;
	int rc;

	memset(head, 0, sizeof(*head));
	head->method = "";
	head->path = "/";
	head->query = "";
	if (memchr(text, '\0', len) != NULL)
		return http_problem_set(
		    problem, 400, CODE_BAD, "the request head has a NUL byte");
	/* The head ends with an empty line, which ends the loop. */
	while ((end = strstr(line, "\r\n")) != NULL && end != line) {
		*end = '\0';
		if (strpbrk(line, "\r\n") != NULL)
			return http_problem_set(problem, 400, CODE_BAD,
			    "lines of the request head must end with CR LF");
		rc = first ? parse_request_line(line, head, problem) :
			     parse_field(line, head, problem);
		if (rc == -1)
			return -1;
		first = false;
		line = end + 2;
	}
	if (first || end == NULL)
		return http_problem_set(problem, 400, CODE_BAD,
		    "lines of the request head must end with CR LF");
	return parse_meaning(head, problem);
}
