/* A message as a request: webhooks, Slack, and pings. */
#include "notice.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* Of the answer so much is looked at, and so much of it told. */
#define ANSWER_MAX 65536
#define TOLD_MAX   200

#define SLACK_BODY "{\"text\":\"{text}\"}"

struct request {
	struct outgoing *out;
	struct curl_slist *headers;
	struct strbuf answer;
	char *url;
	char *body; /* NULL none */
};

static void
add_header(struct request *req, const char *header)
{
	req->headers = curl_slist_append(req->headers, header);
}

/* The value of a header that is configured; NULL: it is not. */
static const char *
find_header(const struct notice_order *order, const char *name)
{
	size_t n = strlen(name);

	for (uint32_t i = 0; i < order->nsettings; i++) {
		const char *value = order->settings[i].value;

		if (strcmp(order->settings[i].key, "header") == 0 &&
		    strncasecmp(value, name, n) == 0 && value[n] == ':')
			return value + n + 1;
	}
	return NULL;
}

static bool
is_json(const char *body)
{
	body += strspn(body, " \t");
	return *body == '{' || *body == '[';
}

/* By what the body is said to be, or looks like. */
static enum notice_escape
body_escape(const struct request *req, const char *body)
{
	const char *type = find_header(&req->out->order, "Content-Type");

	if (strcmp(req->out->order.type, "slack") == 0)
		return NOTICE_SLACK;
	if (type == NULL)
		return is_json(body) || strcmp(body, "{json}") == 0 ?
		    NOTICE_JSON :
		    NOTICE_RAW;
	if (strcasestr(type, "json") != NULL)
		return NOTICE_JSON;
	if (strcasestr(type, "urlencoded") != NULL)
		return NOTICE_URL;
	if (strcasestr(type, "html") != NULL || strcasestr(type, "xml") != NULL)
		return NOTICE_HTML;
	return NOTICE_RAW;
}

static void
make_body(struct request *req, const char *method)
{
	struct outgoing *out = req->out;
	bool slack = strcmp(out->order.type, "slack") == 0;
	const char *body =
	    notice_setting(out, "body", slack ? SLACK_BODY : "{json}");
	enum notice_escape escape = body_escape(req, body);

	if (notice_order_get(&out->order, "body") == NULL &&
	    strcmp(method, "GET") == 0)
		return;
	req->body = notice_expand(out, body, escape);
	if (find_header(&out->order, "Content-Type") == NULL)
		add_header(req,
		    escape == NOTICE_RAW ?
			"Content-Type: text/plain; charset=utf-8" :
			"Content-Type: application/json");
}

static void
make_headers(struct request *req)
{
	const struct notice_order *order = &req->out->order;
	char *header;

	for (uint32_t i = 0; i < order->nsettings; i++) {
		if (strcmp(order->settings[i].key, "header") != 0)
			continue;
		header = notice_expand(
		    req->out, order->settings[i].value, NOTICE_HEADER);
		add_header(req, header);
		free(header);
	}
	add_header(req, "Expect:");
}

static size_t
take_answer(char *p, size_t size, size_t n, void *arg)
{
	struct request *req = arg;
	size_t room = ANSWER_MAX - req->answer.len;

	n *= size;
	strbuf_add(&req->answer, p, n < room ? n : room);
	return n;
}

static void
set_request(CURL *curl, struct request *req, const char *method)
{
	const struct outgoing *out = req->out;
	const char *user = notice_order_get(&out->order, "user");

	notice_curl_common(curl, out);
	curl_easy_setopt(curl, CURLOPT_URL, req->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "belfry/" BELFRY_VERSION);
	if (req->body != NULL) {
		curl_easy_setopt(
		    curl, CURLOPT_POSTFIELDSIZE, (long)strlen(req->body));
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, req->body);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, req->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, req);
	if (user != NULL) {
		curl_easy_setopt(
		    curl, CURLOPT_HTTPAUTH, (unsigned long)CURLAUTH_BASIC);
		curl_easy_setopt(curl, CURLOPT_USERNAME, user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD,
		    out->password != NULL ? out->password : "");
	}
}

/* Those are the same tomorrow, others may pass. */
static bool
is_refusal(long status)
{
	return status >= 400 && status < 500 && status != 408 &&
	    status != 425 && status != 429;
}

static bool
matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

/* What was answered, as a part of one line. */
static void
tell_answer(const struct request *req, struct err *err, const char *what)
{
	char told[TOLD_MAX + 1];
	size_t n;

	snprintf(told, sizeof(told), "%s", strbuf_str(&req->answer));
	for (n = 0; told[n] != '\0'; n++)
		if ((unsigned char)told[n] < ' ' || told[n] == 0x7f)
			told[n] = ' ';
	err_set(err, "%s%s%s", what, n > 0 ? ": " : "", told);
}

static int
judge(struct request *req, long status, struct err *err)
{
	const char *pattern = notice_order_get(&req->out->order, "expect-body");
	char what[64];

	if (status < 200 || status > 299) {
		snprintf(what, sizeof(what), "the server answered %ld", status);
		tell_answer(req, err, what);
		req->out->refused = is_refusal(status);
		return -1;
	}
	if (pattern == NULL || matches(pattern, strbuf_str(&req->answer)))
		return 0;
	tell_answer(req, err, "the answer does not match expect-body");
	req->out->refused = true;
	return -1;
}

int
notice_http(struct outgoing *out, struct err *err)
{
	struct request req = {.out = out};
	const char *method = notice_setting(out, "method", "POST");
	CURL *curl = curl_easy_init();
	long status;
	int rc;

	if (curl == NULL || out->url == NULL) {
		curl_easy_cleanup(curl);
		return err_set(err, "there is no URL, or no memory");
	}
	req.url = notice_expand(out, out->url, NOTICE_URL);
	make_headers(&req);
	make_body(&req, method);
	set_request(curl, &req, method);
	rc = notice_curl_run(curl, &status, err);
	if (rc == 0)
		rc = judge(&req, status, err);
	curl_slist_free_all(req.headers);
	strbuf_fini(&req.answer);
	free(req.url);
	free(req.body);
	return rc;
}
