#include "redis/url.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/mem.h"
#include "base/strbuf.h"

#define PASSWORD_FILE_MAX 4096

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

/* "%40" -> "@". NULL: a "%" without two digits, or a NUL. */
static char *
unescape(const char *s, size_t n)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "");
	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (s[i] != '%') {
			strbuf_addch(&out, s[i]);
			continue;
		}
		high = n - i > 2 ? hex_digit(s[i + 1]) : -1;
		low = n - i > 2 ? hex_digit(s[i + 2]) : -1;
		if (high < 0 || low < 0 || (high == 0 && low == 0)) {
			strbuf_fini(&out);
			return NULL;
		}
		strbuf_addch(&out, (char)(high * 16 + low));
		i += 2;
	}
	return strbuf_take(&out);
}

static int
parse_number(const char *s, size_t n, uint32_t max, uint32_t *value_r)
{
	uint64_t v = 0;

	if (n == 0 || n > 9)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return -1;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	if (v > max)
		return -1;
	*value_r = (uint32_t)v;
	return 0;
}

/* "[USER]:PASSWORD" or "PASSWORD" alone, before the last @. */
static int
parse_account(struct redis_url *url, const char *s, size_t n, struct err *err)
{
	const char *colon = memchr(s, ':', n);
	size_t user = colon != NULL ? (size_t)(colon - s) : 0;
	const char *password = colon != NULL ? colon + 1 : s;

	if (user > 0)
		url->user = unescape(s, user);
	url->password = unescape(password, n - (size_t)(password - s));
	if ((user > 0 && url->user == NULL) || url->password == NULL)
		return err_set(err,
		    "user or password has a %% without two hexadecimal digits "
		    "behind it");
	return 0;
}

static int
parse_host(struct redis_url *url, const char *s, size_t n, struct err *err)
{
	const char *host = s, *end = s + n, *close;
	uint32_t port = 6379;

	if (n > 0 && *s == '[') {
		close = memchr(s, ']', n);
		if (close == NULL)
			return err_set(err, "no ] behind the IPv6 address");
		host = s + 1;
		url->host = xstrndup(host, (size_t)(close - host));
		s = close + 1;
	} else {
		close = memchr(s, ':', n);
		s = close != NULL ? close : end;
		url->host = xstrndup(host, (size_t)(s - host));
	}
	if (url->host[0] == '\0')
		return err_set(err, "no host");
	if (s < end &&
	    (*s != ':' ||
		parse_number(s + 1, (size_t)(end - s) - 1, 65535, &port) ==
		    -1 ||
		port == 0))
		return err_set(
		    err, "the port must be a number from 1 to 65535");
	url->port = (uint16_t)port;
	return 0;
}

static int
parse_database(struct redis_url *url, const char *s, struct err *err)
{
	if (parse_number(s, strlen(s), 1000000, &url->database) == -1)
		return err_set(err,
		    "the database must be a number, as in "
		    "redis://host:6379/0");
	return 0;
}

static int
parse_tcp(struct redis_url *url, const char *s, struct err *err)
{
	const char *slash = strrchr(s, '/');
	const char *at = strrchr(s, '@');
	const char *end;

	/* A slash in front of the last @ belongs to the password. */
	if (slash != NULL && at != NULL && slash < at)
		slash = NULL;
	end = slash != NULL ? slash : s + strlen(s);
	if (at != NULL) {
		if (parse_account(url, s, (size_t)(at - s), err) == -1)
			return -1;
		s = at + 1;
	}
	if (parse_host(url, s, (size_t)(end - s), err) == -1)
		return -1;
	if (slash != NULL && slash[1] != '\0')
		return parse_database(url, slash + 1, err);
	return 0;
}

static int
parse_unix(struct redis_url *url, const char *s, struct err *err)
{
	const char *query = strstr(s, "?db=");
	size_t n;

	if (strncmp(s, "//", 2) == 0)
		s += 2;
	n = query != NULL ? (size_t)(query - s) : strlen(s);
	if (*s != '/')
		return err_set(err, "the path must begin with /");
	if (n >= 108)
		return err_set(err, "the path is longer than 107 bytes");
	url->path = xstrndup(s, n);
	return query != NULL ? parse_database(url, query + 4, err) : 0;
}

static char *
make_shown(const struct redis_url *url)
{
	bool v6;

	if (url->path != NULL)
		return xasprintf("unix:%s", url->path);
	v6 = strchr(url->host, ':') != NULL;
	return xasprintf("redis://%s%s%s%s%s:%u/%u",
	    url->user != NULL ? url->user : "", url->user != NULL ? "@" : "",
	    v6 ? "[" : "", url->host, v6 ? "]" : "", (unsigned)url->port,
	    (unsigned)url->database);
}

struct redis_url *
redis_url_parse(const char *text, struct err *err)
{
	struct redis_url *url = xcalloc(1, sizeof(*url));
	int status;

	if (strncmp(text, "redis://", 8) == 0)
		status = parse_tcp(url, text + 8, err);
	else if (strncmp(text, "unix:", 5) == 0)
		status = parse_unix(url, text + 5, err);
	else
		status = err_set(err,
		    "a Redis server is redis://HOST:PORT/DATABASE or "
		    "unix:PATH%s",
		    strncmp(text, "rediss:", 7) == 0 ?
			"; TLS is not supported" :
			"");
	if (status == -1) {
		redis_url_free(url);
		return NULL;
	}
	url->shown = make_shown(url);
	return url;
}

void
redis_url_set_password(struct redis_url *url, const char *password)
{
	if (url->password == NULL)
		url->password = xstrdup(password);
}

void
redis_url_free(struct redis_url *url)
{
	if (url == NULL)
		return;
	if (url->password != NULL)
		explicit_bzero(url->password, strlen(url->password));
	free(url->password);
	free(url->shown);
	free(url->host);
	free(url->path);
	free(url->user);
	free(url);
}

char *
redis_password_read(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	char *text = NULL;

	if (fd == -1 || fstat(fd, &st) == -1) {
		err_errno(err, "cannot read password file %s", path);
	} else if (!S_ISREG(st.st_mode) || (st.st_mode & 077) != 0) {
		err_set(err,
		    "password file %s must be a file that only its owner may "
		    "read (chmod 600)",
		    path);
	} else {
		text = fd_read_all(fd, PASSWORD_FILE_MAX, NULL);
		if (text == NULL)
			err_errno(err, "cannot read password file %s", path);
	}
	fd_close(&fd);
	if (text == NULL)
		return NULL;
	text[strcspn(text, "\r\n")] = '\0';
	if (text[0] == '\0') {
		err_set(err, "password file %s has no first line", path);
		free(text);
		return NULL;
	}
	return text;
}

static void
set_passwords(
    struct redis_url **urls, size_t n, const char *path, struct err *err)
{
	char *password = redis_password_read(path, err);

	if (password == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		redis_url_set_password(urls[i], password);
	explicit_bzero(password, strlen(password));
	free(password);
}

size_t
redis_urls_parse(const char *text, const char *path, struct redis_url **urls_r,
    size_t max, struct err *err)
{
	char *copy = xstrdup(text), *rest = copy, *one;
	size_t n = 0;

	err->text[0] = '\0';
	while (n < max && (one = strsep(&rest, "\n")) != NULL) {
		urls_r[n] = redis_url_parse(one, err);
		if (urls_r[n] == NULL)
			break;
		n++;
	}
	free(copy);
	if (err->text[0] == '\0' && path != NULL)
		set_passwords(urls_r, n, path, err);
	return n;
}
