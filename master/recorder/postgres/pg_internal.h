/* Inside of a connection: pg_conn.c connects, pg_pipe.c carries commands. */
#ifndef BELFRY_MASTER_RECORDER_PG_INTERNAL_H
#define BELFRY_MASTER_RECORDER_PG_INTERNAL_H

#include <sys/queue.h>

#include "recorder/postgres/pg_conn.h"
#include "recorder/postgres/pg_setup.h"

enum pg_state {
	PG_DOWN,       /* the timer connects */
	PG_CONNECTING, /* libpq's handshake */
	PG_SETUP,      /* session and schema */
	PG_PREPARING,  /* the pipeline's first command */
	PG_READY,
};

/* A command that was sent. */
struct pg_command {
	STAILQ_ENTRY(pg_command) link;
	pg_row_cb *row; /* NULL: rows are of no interest */
	pg_done_cb *done;
	void *arg;
	bool failed;
	struct err err;
};

STAILQ_HEAD(pg_commands, pg_command);

struct pg_conn {
	struct pg_conn_config config;
	PGconn *pq; /* NULL: down */
	enum pg_state state;
	struct pg_setup setup;
	struct pg_commands commands; /* sent, oldest first */
	bool broken;                 /* the command being built cannot go */
	bool said_why;               /* lost_cb was called for this outage */
	struct err why;
	char name[160];
	int wait_ms; /* until the next attempt */
	int fd;      /* of the events; -1 none */
	struct event *read_event, *write_event, *timer;
};

/* The connection is of no more use; tells everybody. err: why. */
void pg_conn_lose(struct pg_conn *conn, const struct err *err);

/* Writes what waits, and asks for the events that are wanted. */
void pg_conn_flush(struct pg_conn *conn);

/* Takes what has come while commands are open. -1 with err: it is lost. */
int pg_pipe_read(struct pg_conn *conn, struct err *err);

/* Sends the statements to be prepared. 0, or -1 with err. */
int pg_pipe_prepare(struct pg_conn *conn, pg_done_cb *done, struct err *err);

/* Ends all that was sent and not answered. */
void pg_pipe_fail(struct pg_conn *conn, const struct err *err);

#endif
