/*
 * One connection to PostgreSQL on the event loop: it connects, brings the
 * schema up to date, prepares its statements, and when it is lost, begins
 * again after a while. Nothing here waits, but for a server's name to be
 * resolved, which libpq does while it connects.
 *
 * Work goes in as commands, each some statements in one transaction of its
 * own: a pipeline of libpq's up to its sync. Answers come in the same order.
 */
#ifndef BELFRY_MASTER_RECORDER_PG_CONN_H
#define BELFRY_MASTER_RECORDER_PG_CONN_H

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdbool.h>

#include "base/err.h"

struct pg_conn_config {
	struct event_base *base;   /* borrowed */
	const char *conninfo;      /* borrowed */
	const char *password_file; /* NULL none; borrowed */
	const char *session;       /* SET ...; for what it is used for */
	bool look; /* the schema is looked at, and stays as it is */
	/* Prepared at once, named by their index; ends with NULL. */
	const char *const *statements;
	/* It can be used; or it cannot, and why: said once each. */
	void (*ready_cb)(void *arg);
	void (*lost_cb)(void *arg, const struct err *err);
	void *arg;
};

struct pg_conn;

/* Begins to connect in the loop's next turn. */
struct pg_conn *pg_conn_new(const struct pg_conn_config *config);

/* Commands that have no answer end with an error. */
void pg_conn_free(struct pg_conn *conn);

bool pg_conn_is_ready(const struct pg_conn *conn);

/* Why it is not; and whether that will not change by waiting. */
const struct err *pg_conn_why(const struct pg_conn *conn);
bool pg_conn_is_refused(const struct pg_conn *conn);

/* What a person may know of where it goes to: no password. */
const char *pg_conn_name(const struct pg_conn *conn);

/* Bytes that libpq takes as they are: text, or a binary value. */
struct pg_param {
	const void *p; /* NULL: SQL's NULL */
	int n;         /* of a binary value */
	bool binary;
};

/* A row of the command's results. */
typedef void pg_row_cb(void *arg, const PGresult *result, int row);
/* All rows were there; or err, and nothing was changed. Called once. */
typedef void pg_done_cb(void *arg, const struct err *err);

/*
 * Adds a statement to the command that is being built: a prepared one, or a
 * text of its own, whose results come as text, or in binary. Parameters are
 * copied. What goes wrong shows at the end of the command.
 */
void pg_conn_execute(
    struct pg_conn *conn, int statement, const struct pg_param *params, int n);
void pg_conn_query(struct pg_conn *conn, const char *text,
    const struct pg_param *params, int n, bool binary);

/* Ends the command and sends it. done may be called at once. */
void
pg_conn_send(struct pg_conn *conn, pg_row_cb *row, pg_done_cb *done, void *arg);

#endif
