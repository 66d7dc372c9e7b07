#include "kind/http.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "kind/template.h"

/* A token of RFC 9110: names of headers. */
static const char token_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789"
				  "!#$%&'*+-.^_`|~";
static const char method_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-";

/* The length of "http://" or "https://" in front; 0 of anything else. */
static size_t
scheme_length(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return 7;
	return strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
}

static bool
has_space_or_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return true;
	return false;
}

/* Behind the host of n bytes, when that is written out: ":PORT" or nothing. */
static bool
has_bad_port(const char *host, size_t n)
{
	const char *colon = memrchr(host, ':', n), *end = host + n;
	long port = 0;

	if (colon == NULL ||
	    memchr(colon, ']', (size_t)(end - colon)) != NULL ||
	    memmem(host, n, "${", 2) != NULL)
		return false;
	for (const char *p = colon + 1; p < end; p++) {
		if (*p < '0' || *p > '9')
			return true;
		port = port * 10 + (*p - '0');
		if (port > 65535)
			return true;
	}
	return port == 0 && colon + 1 < end;
}

int
http_check_url(const char *url, struct err *err)
{
	size_t n = scheme_length(url);
	const char *at;

	if (has_space_or_control(url))
		return err_set(err,
		    "a URL has no blanks or control characters; "
		    "write %%20 for a blank");
	if (n == 0)
		return err_set(err, "write a URL like https://host/path");
	if (strcspn(url + n, "/?#") == 0)
		return err_set(err, "the URL has no host");
	at = strchr(url + n, '@');
	if (at != NULL && at < url + n + strcspn(url + n, "/?#"))
		return err_set(err,
		    "a URL with a user or a password is not taken; write "
		    "http-user and http-password-file");
	if (has_bad_port(url + n, strcspn(url + n, "/?#")))
		return err_set(err, "a port is a number from 1 to 65535");
	return 0;
}

/* The method in front, if any. */
static int
parse_method(struct http_line *line, const char *value, struct err *err)
{
	size_t n = strcspn(value, " \t");

	line->method[0] = '\0';
	line->url = value;
	if (value[n] == '\0' || scheme_length(value) > 0 ||
	    strncmp(value, "${", 2) == 0)
		return 0;
	if (strspn(value, method_chars) < n || n > HTTP_METHOD_MAX)
		return err_set(err,
		    "write METHOD URL, like POST https://host/path, with the "
		    "method in capitals");
	memcpy(line->method, value, n);
	line->method[n] = '\0';
	line->url = value + n + strspn(value + n, " \t");
	if (strcmp(line->method, "CONNECT") == 0)
		return err_set(err, "CONNECT is for proxies; see http-proxy");
	return 0;
}

int
http_line_parse(struct http_line *line, const char *value, struct err *err)
{
	if (parse_method(line, value, err) == -1)
		return -1;
	if (template_check(value, err) == -1)
		return -1;
	/* Of what begins with a variable nothing is known yet. */
	if (strncmp(line->url, "${", 2) == 0)
		return 0;
	return http_check_url(line->url, err);
}

int
http_check_line(const char *value, struct err *err)
{
	struct http_line line;

	return http_line_parse(&line, value, err);
}

bool
http_header_is_clean(const char *header)
{
	for (; *header != '\0'; header++)
		if (((unsigned char)*header < ' ' && *header != '\t') ||
		    *header == 0x7f)
			return false;
	return true;
}

int
http_check_header(const char *value, struct err *err)
{
	static const char *const ours[] = {
	    "Content-Length", "Transfer-Encoding", "Connection", "Upgrade"};
	size_t n = strspn(value, token_chars);

	if (n == 0 || value[n] != ':')
		return err_set(err, "write Name: value");
	for (size_t i = 0; i < nitems(ours); i++)
		if (strlen(ours[i]) == n && strncasecmp(value, ours[i], n) == 0)
			return err_set(err,
			    "%s is not the job's to set; leave it out",
			    ours[i]);
	if (!http_header_is_clean(value))
		return err_set(err, "a header has no control characters");
	return template_check(value, err);
}

int
http_check_query(const char *value, struct err *err)
{
	if (*value == '=' || strchr(value, '=') == NULL)
		return err_set(err, "write NAME=VALUE");
	return template_check(value, err);
}

static void
add_range(struct http_statuses *set, int from, int to)
{
	for (int i = from; i <= to; i++)
		set->bits[(i - HTTP_STATUS_MIN) / 32] |= 1U
		    << (i - HTTP_STATUS_MIN) % 32;
}

bool
http_statuses_has(const struct http_statuses *set, int status)
{
	int i = status - HTTP_STATUS_MIN;

	return status >= HTTP_STATUS_MIN && status <= HTTP_STATUS_MAX &&
	    (set->bits[i / 32] >> i % 32 & 1) != 0;
}

/* "404" -> 404; 0 when it is none. */
static int
parse_status(const char *p)
{
	int n;

	if (strspn(p, "0123456789") != 3)
		return 0;
	n = (p[0] - '0') * 100 + (p[1] - '0') * 10 + p[2] - '0';
	return n >= HTTP_STATUS_MIN && n <= HTTP_STATUS_MAX ? n : 0;
}

/* One of them; its end, or NULL. */
static const char *
parse_statuses(struct http_statuses *set, const char *p)
{
	int from, to;

	if (*p >= '1' && *p <= '5' && strncasecmp(p + 1, "xx", 2) == 0) {
		from = (*p - '0') * 100;
		add_range(set, from, from + 99);
		return p + 3;
	}
	from = to = parse_status(p);
	if (from == 0)
		return NULL;
	p += 3;
	if (*p == '-') {
		to = parse_status(p + 1);
		p += 4;
	}
	if (to < from)
		return NULL;
	add_range(set, from, to);
	return p;
}

int
http_statuses_parse(
    struct http_statuses *set, const char *value, struct err *err)
{
	const char *p = value, *end;

	memset(set, 0, sizeof(*set));
	do {
		end = parse_statuses(set, p);
		if (end == NULL ||
		    (*end != '\0' && *end != ' ' && *end != '\t'))
			return err_set(err,
			    "column %d: write statuses, ranges that ascend "
			    "and classes, with blanks between them: "
			    "2xx 304 400-404",
			    (int)(p - value) + 1);
		p = end + strspn(end, " \t");
	} while (*p != '\0');
	return 0;
}

int
http_check_status(const char *value, struct err *err)
{
	struct http_statuses set;

	return http_statuses_parse(&set, value, err);
}

int
http_check_pattern(const char *value, struct err *err)
{
	char text[128];
	regex_t regex;
	int rc;

	if (*value == '\0')
		return err_set(err, "a value is missing");
	rc = regcomp(&regex, value, REG_EXTENDED | REG_NOSUB);
	if (rc == 0) {
		regfree(&regex);
		return 0;
	}
	regerror(rc, &regex, text, sizeof(text));
	return err_set(err, "bad extended regular expression: %s", text);
}

int
http_check_proxy(const char *value, struct err *err)
{
	if (scheme_length(value) == 0 || has_space_or_control(value))
		return err_set(err, "write a URL like http://proxy:3128");
	return template_check(value, err);
}

int
http_check_pin(const char *value, struct err *err)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = value;

	for (;;) {
		if (strncmp(p, "sha256//", 8) != 0 ||
		    strspn(p + 8, base64) != 43 || p[51] != '=' ||
		    (p[52] != '\0' && p[52] != ';'))
			return err_set(err,
			    "write sha256//HASH, the base64 of the SHA-256 of "
			    "the server's public key; several with ; between "
			    "them");
		if (p[52] == '\0')
			return 0;
		p += 53;
	}
}

/* Words in names of headers whose values are nobody's business. */
static bool
is_secret_name(const char *name, size_t len)
{
	static const char *const words[] = {"auth", "cookie", "token", "secret",
	    "key", "password", "credential", "signature"};

	for (size_t i = 0; i < nitems(words); i++)
		for (size_t j = 0; j + strlen(words[i]) <= len; j++)
			if (strncasecmp(name + j, words[i], strlen(words[i])) ==
			    0)
				return true;
	return false;
}

void
http_mask_password(struct strbuf *b, const char *value)
{
	strbuf_adds(b, template_is_variable(value) ? value : "***");
}

void
http_mask_header(struct strbuf *b, const char *value)
{
	size_t n = strcspn(value, ":");

	if (value[n] == '\0' || !is_secret_name(value, n)) {
		strbuf_adds(b, value);
		return;
	}
	strbuf_add(b, value, n);
	strbuf_adds(b, ": ");
	value += n + 1;
	http_mask_password(b, value + strspn(value, " \t"));
}

void
http_mask_proxy(struct strbuf *b, const char *value)
{
	const char *at = strrchr(value, '@');
	size_t n = scheme_length(value);

	if (at == NULL) {
		strbuf_adds(b, value);
		return;
	}
	strbuf_add(b, value, n);
	strbuf_addf(b, "***%s", at);
}
