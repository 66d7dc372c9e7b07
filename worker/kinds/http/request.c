#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/escape.h"
#include "base/fd.h"
#include "base/mem.h"
#include "kind/template.h"

/* What is being filled in. */
struct maker {
	struct http_request *req;
	const struct run_spec *spec;
	const char *const *env;
	bool query; /* the URL has one */
};

/* A setting that has no variables; "" when it is not there. */
static const char *
plain(const struct maker *m, const char *key)
{
	const char *value = run_spec_setting(m->spec, key);

	return value != NULL ? value : "";
}

/* A setting with its variables, which are not escaped. */
static int
expand(
    const struct maker *m, const char *key, struct strbuf *b, struct err *err)
{
	if (template_expand(b, plain(m, key), m->env, TEMPLATE_RAW, err) == -1)
		return err_prefix(err, "%s", key);
	return 0;
}

static int
make_url(struct maker *m, const char *value, struct err *err)
{
	struct http_request *req = m->req;
	struct http_line line;

	if (http_line_parse(&line, value, err) == -1 ||
	    template_expand(&req->url, line.url, m->env, TEMPLATE_URL, err) ==
		-1)
		return err_prefix(err, "http");
	if (http_check_url(strbuf_str(&req->url), err) == -1)
		return err_prefix(err, "http");
	/* What is behind it is not sent, and no query belongs there. */
	req->url.len = strcspn(req->url.s, "#");
	req->url.s[req->url.len] = '\0';
	m->query = strchr(req->url.s, '?') != NULL;
	req->method = line.method[0] != '\0' ? xstrdup(line.method) :
	    plain(m, "http-body")[0] != '\0' ||
		plain(m, "http-body-file")[0] != '\0' ?
					       "POST" :
					       "GET";
	return 0;
}

/* Name and value of "K=V" are escaped as a whole, what they consist of not. */
static int
add_query(struct maker *m, const char *value, struct err *err)
{
	struct strbuf b = STRBUF_INIT, *url = &m->req->url;
	size_t n;

	if (template_expand(&b, value, m->env, TEMPLATE_RAW, err) == -1)
		return err_prefix(err, "http-query");
	n = strcspn(b.s, "=");
	strbuf_addch(url, m->query ? '&' : '?');
	m->query = true;
	escape_url(url, b.s, n, "");
	strbuf_addch(url, '=');
	if (n < b.len)
		escape_url(url, b.s + n + 1, b.len - n - 1, "");
	strbuf_fini(&b);
	return 0;
}

static int
add_header(struct maker *m, const char *value, struct err *err)
{
	struct http_request *req = m->req;
	struct strbuf b = STRBUF_INIT;
	int n = (int)strcspn(value, ":");

	if (template_expand(&b, value, m->env, TEMPLATE_RAW, err) == -1)
		return err_prefix(err, "http-header %.*s", n, value);
	if (!http_header_is_clean(strbuf_str(&b)))
		return err_set(err,
		    "http-header %.*s: the value of a variable in it has a "
		    "line break or another control character",
		    n, value);
	array_reserve(&req->headers, &req->headers_cap, req->nheaders + 1,
	    sizeof(*req->headers));
	req->headers[req->nheaders++] = strbuf_take(&b);
	return 0;
}

/* Mapped, so that its size does not matter; by the child, as the job's user. */
static int
map_body(struct http_request *req, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_errno(err, "http-body-file: cannot open %s", path);
		fd_close(&fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		fd_close(&fd);
		return err_set(
		    err, "http-body-file: %s is not a regular file", path);
	}
	req->has_body = true;
	req->body = "";
	req->body_len = (size_t)st.st_size;
	if (st.st_size > 0)
		req->body =
		    mmap(NULL, req->body_len, PROT_READ, MAP_PRIVATE, fd, 0);
	fd_close(&fd);
	if (req->body == MAP_FAILED)
		return err_errno(err, "http-body-file: cannot read %s", path);
	return 0;
}

static int
make_body(const struct maker *m, struct err *err)
{
	struct http_request *req = m->req;
	const char *path = plain(m, "http-body-file");

	if (*path != '\0')
		return map_body(req, path, err);
	if (plain(m, "http-body")[0] == '\0')
		return 0;
	if (expand(m, "http-body", &req->body_text, err) == -1)
		return -1;
	req->has_body = true;
	req->body = strbuf_str(&req->body_text);
	req->body_len = req->body_text.len;
	return 0;
}

static int
make_login(const struct maker *m, const char *password, struct err *err)
{
	struct http_request *req = m->req;
	const char *auth = plain(m, "http-auth");
	struct strbuf b = STRBUF_INIT;

	req->password = password;
	if (password == NULL) {
		if (expand(m, "http-password", &b, err) == -1)
			return -1;
		req->password = strbuf_take(&b);
	}
	if (expand(m, "http-user", &req->user, err) == -1)
		return -1;
	if (strcmp(auth, "bearer") == 0)
		req->auth = HTTP_AUTH_BEARER;
	else if (strcmp(auth, "digest") == 0)
		req->auth = HTTP_AUTH_DIGEST;
	else if (req->user.len > 0)
		req->auth = HTTP_AUTH_BASIC;
	if (http_header_is_clean(req->password))
		return 0;
	return err_set(err,
	    "the password has a line break or another control "
	    "character");
}

static int64_t
duration(const struct maker *m, const char *key)
{
	int64_t ms = 0;

	if (duration_parse_ms(plain(m, key), &ms, NULL) == -1)
		return 0; /* none */
	return ms;
}

static int
make_rest(struct maker *m, struct err *err)
{
	struct http_request *req = m->req;
	const char *pattern = plain(m, "http-expect-body");

	req->connect_ms = duration(m, "http-connect-timeout");
	req->read_ms = duration(m, "http-read-timeout");
	req->follow = strtol(plain(m, "http-follow"), NULL, 10);
	req->verify = strcmp(plain(m, "http-verify"), "no") != 0;
	req->ca_file = plain(m, "http-ca-file");
	req->cert = plain(m, "http-cert");
	req->key = plain(m, "http-key");
	req->pin = plain(m, "http-pinned-key");
	req->expect_text = plain(m, "http-expect-status");
	if (http_statuses_parse(&req->expect_status, req->expect_text, err) ==
	    -1)
		return err_prefix(err, "http-expect-status");
	if (*pattern != '\0' &&
	    regcomp(&req->pattern, pattern,
		REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0)
		return err_set(err, "http-expect-body: it is no pattern");
	req->has_pattern = *pattern != '\0';
	return expand(m, "http-proxy", &req->proxy, err);
}

/* Those that may be given several times, in their order. */
static int
make_lists(struct maker *m, struct err *err)
{
	static const struct {
		const char *key;
		int (*add)(struct maker *m, const char *value, struct err *err);
	} lists[] = {
	    {"http-header=", add_header},
	    {"http-query=", add_query},
	};

	for (uint32_t i = 0; i < m->spec->settingc; i++)
		for (size_t j = 0; j < nitems(lists); j++) {
			const char *s = m->spec->settings[i];
			size_t n = strlen(lists[j].key);

			if (strncmp(s, lists[j].key, n) == 0 &&
			    lists[j].add(m, s + n, err) == -1)
				return -1;
		}
	return 0;
}

int
http_request_make(struct http_request *req, const struct run_spec *spec,
    const char *const *env, const char *password, struct err *err)
{
	struct maker m = {.req = req, .spec = spec, .env = env};

	memset(req, 0, sizeof(*req));
	if (make_url(&m, plain(&m, "http"), err) == -1 ||
	    make_lists(&m, err) == -1 || make_body(&m, err) == -1 ||
	    make_login(&m, password, err) == -1)
		return -1;
	return make_rest(&m, err);
}
