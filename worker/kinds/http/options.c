#include "options.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"

#define PROTOCOLS "http,https"

/* The first error stands. */
static void
set_text(struct transfer *t, CURLoption option, const char *value)
{
	if (t->result == CURLE_OK && *value != '\0')
		t->result = curl_easy_setopt(t->curl, option, value);
}

static void
set_number(struct transfer *t, CURLoption option, long value)
{
	if (t->result == CURLE_OK)
		t->result = curl_easy_setopt(t->curl, option, value);
}

static void
set_size(struct transfer *t, CURLoption option, size_t value)
{
	if (t->result == CURLE_OK)
		t->result =
		    curl_easy_setopt(t->curl, option, (curl_off_t)value);
}

static bool
has_header(const struct http_request *req, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < req->nheaders; i++)
		if (strncasecmp(req->headers[i], name, n) == 0 &&
		    req->headers[i][n] == ':')
			return true;
	return false;
}

static struct curl_slist *
append(struct curl_slist *list, const char *header)
{
	list = curl_slist_append(list, header);
	if (list == NULL)
		fatalx("out of memory");
	return list;
}

/* "Name: " without a value is sent as "Name;" tells libcurl. */
static struct curl_slist *
append_own(struct curl_slist *list, const char *header)
{
	size_t n = strcspn(header, ":");
	char *copy;

	if (header[n + 1 + strspn(header + n + 1, " \t")] != '\0')
		return append(list, header);
	copy = xasprintf("%.*s;", (int)n, header);
	list = append(list, copy);
	free(copy);
	return list;
}

/* The job's, and none of those that libcurl would think of itself. */
static void
set_headers(struct transfer *t)
{
	const struct http_request *req = t->req;
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < req->nheaders; i++)
		list = append_own(list, req->headers[i]);
	if (!has_header(req, "Content-Type"))
		list = append(list, "Content-Type:");
	if (!has_header(req, "Expect"))
		list = append(list, "Expect:");
	if (t->result == CURLE_OK)
		t->result = curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, list);
	set_text(t, CURLOPT_USERAGENT, "belfry/" BELFRY_VERSION);
}

/* A body is sent with any method; redirects know POST and PUT. */
static void
set_method(struct transfer *t)
{
	const struct http_request *req = t->req;
	bool is_post = strcmp(req->method, "POST") == 0;

	if (strcmp(req->method, "PUT") == 0) {
		set_number(t, CURLOPT_UPLOAD, 1);
		set_size(t, CURLOPT_INFILESIZE_LARGE, req->body_len);
		curl_easy_setopt(
		    t->curl, CURLOPT_READFUNCTION, transfer_read_cb);
		curl_easy_setopt(t->curl, CURLOPT_READDATA, t);
		curl_easy_setopt(
		    t->curl, CURLOPT_SEEKFUNCTION, transfer_seek_cb);
		curl_easy_setopt(t->curl, CURLOPT_SEEKDATA, t);
		return;
	}
	if (strcmp(req->method, "HEAD") == 0) {
		set_number(t, CURLOPT_NOBODY, 1);
		return;
	}
	if (req->has_body || is_post) {
		set_size(t, CURLOPT_POSTFIELDSIZE_LARGE, req->body_len);
		curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS,
		    req->has_body ? req->body : "");
	}
	if (!is_post && (req->has_body || strcmp(req->method, "GET") != 0))
		set_text(t, CURLOPT_CUSTOMREQUEST, req->method);
}

static void
set_login(struct transfer *t)
{
	static const unsigned long bits[] = {
	    [HTTP_AUTH_NONE] = CURLAUTH_NONE,
	    [HTTP_AUTH_BASIC] = CURLAUTH_BASIC,
	    [HTTP_AUTH_DIGEST] = CURLAUTH_DIGEST,
	    [HTTP_AUTH_BEARER] = CURLAUTH_BEARER,
	};
	const struct http_request *req = t->req;

	if (req->auth == HTTP_AUTH_NONE)
		return;
	set_number(t, CURLOPT_HTTPAUTH, (long)bits[req->auth]);
	if (req->auth == HTTP_AUTH_BEARER) {
		set_text(t, CURLOPT_XOAUTH2_BEARER, req->password);
		return;
	}
	set_text(t, CURLOPT_USERNAME, strbuf_str(&req->user));
	set_text(t, CURLOPT_PASSWORD, req->password);
}

/* "1a2b3c4d.0", as c_rehash(1) and update-ca-certificates(8) name them. */
static bool
is_hashed_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 &&
	    strcmp(name + 8, ".0") == 0;
}

static bool
has_hashed_names(const char *path)
{
	DIR *dir = path != NULL ? opendir(path) : NULL;
	const struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL)
		found = is_hashed_name(entry->d_name);
	if (dir != NULL)
		closedir(dir);
	return found;
}

/*
 * Whom the system trusts. libcurl would read the file of all certificates,
 * which takes 25 ms of every run; in the directory OpenSSL looks up the one
 * that it needs.
 */
static void
set_system_ca(struct transfer *t)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (has_hashed_names(info->capath))
		curl_easy_setopt(t->curl, CURLOPT_CAINFO, NULL);
}

static bool
may_need_tls(const struct http_request *req)
{
	return strncasecmp(strbuf_str(&req->url), "https:", 6) == 0 ||
	    req->follow > 0 || req->proxy.len > 0;
}

static void
set_tls(struct transfer *t)
{
	const struct http_request *req = t->req;

	set_number(t, CURLOPT_SSL_VERIFYPEER, req->verify);
	set_number(t, CURLOPT_SSL_VERIFYHOST, req->verify ? 2 : 0);
	if (*req->ca_file != '\0') {
		set_text(t, CURLOPT_CAINFO, req->ca_file);
		/* Nobody else's word counts then. */
		curl_easy_setopt(t->curl, CURLOPT_CAPATH, NULL);
	} else if (may_need_tls(req)) {
		set_system_ca(t);
	}
	set_text(t, CURLOPT_SSLCERT, req->cert);
	set_text(t, CURLOPT_SSLKEY, req->key);
	/* Never asks anybody for it. */
	curl_easy_setopt(t->curl, CURLOPT_KEYPASSWD, "");
	set_text(t, CURLOPT_PINNEDPUBLICKEY, req->pin);
}

/* No proxy but the job's: "" keeps libcurl from looking for one. */
static void
set_ways(struct transfer *t)
{
	const struct http_request *req = t->req;

	set_text(t, CURLOPT_PROTOCOLS_STR, PROTOCOLS);
	set_text(t, CURLOPT_REDIR_PROTOCOLS_STR, PROTOCOLS);
	set_number(t, CURLOPT_FOLLOWLOCATION, req->follow > 0);
	/* libcurl counts the second request of digest as a redirect. */
	set_number(t, CURLOPT_MAXREDIRS,
	    req->follow + (req->auth == HTTP_AUTH_DIGEST));
	set_number(t, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1);
	curl_easy_setopt(t->curl, CURLOPT_PROXY, strbuf_str(&req->proxy));
	curl_easy_setopt(t->curl, CURLOPT_NOPROXY, "");
}

CURLcode
options_set(struct transfer *t)
{
	t->result = CURLE_OK;
	set_text(t, CURLOPT_URL, strbuf_str(&t->req->url));
	set_number(t, CURLOPT_NOSIGNAL, 1);
	set_number(t, CURLOPT_CONNECTTIMEOUT_MS,
	    t->req->connect_ms > 0 && t->req->connect_ms < INT_MAX ?
		(long)t->req->connect_ms :
		INT_MAX);
	set_method(t);
	set_headers(t);
	set_login(t);
	set_tls(t);
	set_ways(t);
	return t->result;
}
