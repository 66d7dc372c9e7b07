/*
 * Where a Redis server is:
 *
 *   redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]
 *   unix:PATH[?db=DATABASE]
 *
 * HOST is a name, an IPv4 address or an IPv6 address in brackets; port 6379
 * and database 0 are the defaults. In USER and PASSWORD %40 stands for @, as
 * in any URL.
 */
#ifndef BELFRY_REDIS_URL_H
#define BELFRY_REDIS_URL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct redis_url {
	char *shown;    /* the text without the password: for people */
	char *host;     /* NULL: path */
	char *path;     /* NULL: host */
	char *user;     /* NULL: none, or the default user */
	char *password; /* NULL: none */
	uint16_t port;
	uint32_t database;
};

/* NULL with err, which does not repeat the password. */
struct redis_url *redis_url_parse(const char *text, struct err *err);

/* Sets the password, if the URL has none. */
void redis_url_set_password(struct redis_url *url, const char *password);

/* Overwrites the password. NULL is fine. */
void redis_url_free(struct redis_url *url);

/*
 * Those of text, a line each, at most max; with the password of the file for
 * who has none, if path is not NULL. How many there are in urls_r, also when
 * something is wrong and err is set; the caller frees each.
 */
size_t redis_urls_parse(const char *text, const char *path,
    struct redis_url **urls_r, size_t max, struct err *err);

/*
 * The password in a file: its first line. Refuses a file that others than its
 * owner may read. The caller frees it with explicit_bzero. NULL with err.
 */
char *redis_password_read(const char *path, struct err *err);

#endif
