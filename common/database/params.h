/*
 * How a server is connected to: a conninfo of belfry.conf and the file with
 * its password, as libpq's keywords and values.
 */
#ifndef BELFRY_DATABASE_PARAMS_H
#define BELFRY_DATABASE_PARAMS_H

#include "base/err.h"

#define DATABASE_PARAMS_MAX   10
#define DATABASE_PASSWORD_MAX 1024

/* For PQconnectStartParams(keywords, values, 1). Holds a secret: fini it. */
struct database_params {
	const char *keywords[DATABASE_PARAMS_MAX];
	const char *values[DATABASE_PARAMS_MAX]; /* borrowed but the password */
	char password[DATABASE_PASSWORD_MAX];
};

/*
 * The password is the first line of password_file (NULL: none), which must be
 * nobody's but its owner's to read; it is read each time, so that it may
 * change. application is what the server shows of us; what conninfo says of it
 * goes before. 0, or -1 with err.
 */
int database_params_init(struct database_params *params, const char *conninfo,
    const char *password_file, const char *application, struct err *err);

/* Forgets the password. */
void database_params_fini(struct database_params *params);

/* libpq's message in one line, without "ERROR: " before and "." behind. */
void database_error(struct err *err, const char *message);

#endif
