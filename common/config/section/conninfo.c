#include "config/section/conninfo.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "config/quote.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz_"
#define SPACE " \t\r\n"

/* libpq's, of PostgreSQL 15 ("Parameter Key Words"). */
static const char *const keywords[] = {
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "options",
    "passfile",
    "password",
    "port",
    "replication",
    "requirepeer",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
};

static int
check_keyword(const char *name, size_t column, struct err *err)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < nitems(keywords); i++) {
		if (strcmp(keywords[i], name) == 0)
			return 0;
		suggest_try(&s, keywords[i]);
	}
	return err_set(err, "column %zu: libpq knows no keyword %s%s", column,
	    quote(quoted, name), suggest_text(text, &s));
}

/* Behind a value that is in quotes; NULL: they do not end. */
static const char *
skip_quoted(const char *p)
{
	for (p++; *p != '\''; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return NULL;
	}
	return p + 1;
}

/* Behind a value. NULL with err. */
static const char *
skip_value(const char *text, const char *p, struct err *err)
{
	const char *end;

	if (*p != '\'') {
		while (*p != '\0' && strchr(SPACE, *p) == NULL)
			p += p[0] == '\\' && p[1] != '\0' ? 2 : 1;
		return p;
	}
	end = skip_quoted(p);
	if (end == NULL)
		err_set(err,
		    "column %zu: the quote ' is not closed; inside of it \\' "
		    "stands for one",
		    (size_t)(p - text) + 1);
	return end;
}

/* Behind "keyword = value". NULL with err. */
static const char *
check_pair(const char *text, const char *p, struct err *err)
{
	size_t len = strspn(p, LOWER), column = (size_t)(p - text) + 1;
	char name[64];

	if (len == 0 || len >= sizeof(name)) {
		err_set(err,
		    "column %zu: expected keyword=value, such as host=db1 "
		    "dbname=belfry, or postgresql://HOST/DATABASE",
		    column);
		return NULL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, p);
	p += len + strspn(p + len, SPACE);
	if (*p != '=') {
		err_set(err, "column %zu: expected = behind %s",
		    (size_t)(p - text) + 1, name);
		return NULL;
	}
	if (check_keyword(name, column, err) == -1)
		return NULL;
	p++;
	return skip_value(text, p + strspn(p, SPACE), err);
}

static bool
is_uri(const char *text)
{
	return strncmp(text, "postgresql://", 13) == 0 ||
	    strncmp(text, "postgres://", 11) == 0;
}

int
conninfo_check(const char *text, struct err *err)
{
	const char *p = text + strspn(text, SPACE);

	if (is_uri(text))
		return 0;
	while (*p != '\0') {
		p = check_pair(text, p, err);
		if (p == NULL)
			return -1;
		p += strspn(p, SPACE);
	}
	return 0;
}
