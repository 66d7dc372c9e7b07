#include "recorder/postgres/pg_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "database/params.h"

#define WAIT_MIN_MS 100
#define WAIT_MAX_MS 2000

/* For the handshake; and for the answer to what was sent. */
#define CONNECT_MS 10000
#define ANSWER_MS  60000

static void
arm(struct pg_conn *conn, int ms)
{
	const struct timeval wait = {ms / 1000, ms % 1000 * 1000};

	event_add(conn->timer, &wait);
}

/* libpq may take another socket with every step: the events follow it. */
static void follow_socket(struct pg_conn *conn);

static void
drop_events(struct pg_conn *conn)
{
	if (conn->read_event != NULL)
		event_free(conn->read_event);
	if (conn->write_event != NULL)
		event_free(conn->write_event);
	conn->read_event = conn->write_event = NULL;
	conn->fd = -1;
}

static void
close_pq(struct pg_conn *conn)
{
	drop_events(conn);
	PQfinish(conn->pq);
	conn->pq = NULL;
	conn->state = PG_DOWN;
}

void
pg_conn_lose(struct pg_conn *conn, const struct err *err)
{
	bool tell = !conn->said_why;

	conn->why = *err;
	conn->said_why = true;
	close_pq(conn);
	arm(conn, conn->wait_ms);
	conn->wait_ms *= 2;
	if (conn->wait_ms > WAIT_MAX_MS)
		conn->wait_ms = WAIT_MAX_MS;
	if (tell)
		conn->config.lost_cb(conn->config.arg, &conn->why);
	pg_pipe_fail(conn, &conn->why);
}

static void
lose_by_libpq(struct pg_conn *conn)
{
	struct err err;

	database_error(&err, PQerrorMessage(conn->pq));
	pg_conn_lose(conn, &err);
}

static void
note_name(struct pg_conn *conn)
{
	const char *host = PQhost(conn->pq), *port = PQport(conn->pq);

	snprintf(conn->name, sizeof(conn->name), "%s on %s%s%s",
	    PQdb(conn->pq) != NULL ? PQdb(conn->pq) : "",
	    host != NULL && *host != '\0' ? host : "the local host",
	    port != NULL && *port != '\0' ? ":" : "", port != NULL ? port : "");
}

static void
prepared(void *arg, const struct err *err)
{
	struct pg_conn *conn = arg;

	if (err != NULL) {
		pg_conn_lose(conn, err);
		return;
	}
	conn->state = PG_READY;
	conn->wait_ms = WAIT_MIN_MS;
	conn->said_why = false;
	event_del(conn->timer);
	conn->config.ready_cb(conn->config.arg);
}

/* Sends the text of the step that is due. */
static void
set_up(struct pg_conn *conn)
{
	struct strbuf text = STRBUF_INIT;
	struct err err = {""};
	bool sent = true;

	if (pg_setup_text(&conn->setup, &text)) {
		sent = PQsendQuery(conn->pq, strbuf_str(&text)) == 1;
	} else {
		conn->state = PG_PREPARING;
		if (pg_pipe_prepare(conn, prepared, &err) == -1) {
			pg_conn_lose(conn, &err);
			strbuf_fini(&text);
			return;
		}
	}
	strbuf_fini(&text);
	if (sent)
		pg_conn_flush(conn);
	else
		lose_by_libpq(conn);
}

/* Takes a step's results, of which the last counts. False: it is lost. */
static bool
read_setup(struct pg_conn *conn)
{
	PGresult *last = NULL, *result;
	struct err err = {""};
	int rc = 0;

	while (!PQisBusy(conn->pq) && rc == 0) {
		result = PQgetResult(conn->pq);
		if (result == NULL) {
			rc = pg_setup_take(&conn->setup, last, &err);
			PQclear(last);
			last = NULL;
			if (rc == 0) {
				set_up(conn);
				return conn->pq != NULL;
			}
			break;
		}
		PQclear(last);
		last = result;
		if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
			database_error(&err, PQresultErrorMessage(result));
			rc = -1;
		}
	}
	PQclear(last);
	if (rc == -1)
		pg_conn_lose(conn, &err);
	return rc == 0;
}

static void
go_on_connecting(struct pg_conn *conn)
{
	switch (PQconnectPoll(conn->pq)) {
	case PGRES_POLLING_OK:
		note_name(conn);
		PQsetnonblocking(conn->pq, 1);
		conn->state = PG_SETUP;
		pg_setup_init(
		    &conn->setup, conn->config.session, conn->config.look);
		set_up(conn);
		break;
	case PGRES_POLLING_READING:
		follow_socket(conn);
		event_add(conn->read_event, NULL);
		break;
	case PGRES_POLLING_WRITING:
		follow_socket(conn);
		event_add(conn->write_event, NULL);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE:
		lose_by_libpq(conn);
		break;
	}
}

/* A step of a set-up comes in several packets: all is read, then looked at. */
static void
read_some(struct pg_conn *conn)
{
	struct err err = {""};

	if (PQconsumeInput(conn->pq) == 0) {
		lose_by_libpq(conn);
		return;
	}
	if (conn->state == PG_SETUP) {
		read_setup(conn);
	} else if (pg_pipe_read(conn, &err) == -1) {
		pg_conn_lose(conn, &err);
		return;
	}
	if (conn->pq != NULL)
		pg_conn_flush(conn);
}

static void
socket_cb(evutil_socket_t fd, short what, void *arg)
{
	struct pg_conn *conn = arg;

	if (conn->state == PG_CONNECTING)
		go_on_connecting(conn);
	else if ((what & EV_READ) != 0)
		read_some(conn);
	else
		pg_conn_flush(conn);
}

static void
follow_socket(struct pg_conn *conn)
{
	int fd = PQsocket(conn->pq);

	/* The number may be the same and the socket another. */
	drop_events(conn);
	conn->fd = fd;
	conn->read_event =
	    event_new(conn->config.base, fd, EV_READ, socket_cb, conn);
	conn->write_event =
	    event_new(conn->config.base, fd, EV_WRITE, socket_cb, conn);
	if (conn->read_event == NULL || conn->write_event == NULL)
		fatalx("out of memory");
}

void
pg_conn_flush(struct pg_conn *conn)
{
	int rc = PQflush(conn->pq);

	if (rc == -1) {
		lose_by_libpq(conn);
		return;
	}
	if (conn->fd != PQsocket(conn->pq))
		follow_socket(conn);
	if (rc == 1)
		event_add(conn->write_event, NULL);
	event_add(conn->read_event, NULL);
	/* Whoever does not answer is as good as gone. */
	if (conn->state != PG_READY)
		return;
	if (STAILQ_EMPTY(&conn->commands))
		event_del(conn->timer);
	else
		arm(conn, ANSWER_MS);
}

static void
begin_to_connect(struct pg_conn *conn)
{
	struct database_params params;
	struct err err = {""};

	if (database_params_init(&params, conn->config.conninfo,
		conn->config.password_file, "belfryd", &err) == -1) {
		pg_conn_lose(conn, &err);
		return;
	}
	conn->pq = PQconnectStartParams(params.keywords, params.values, 1);
	database_params_fini(&params);
	if (conn->pq == NULL)
		fatalx("out of memory");
	if (PQstatus(conn->pq) == CONNECTION_BAD) {
		lose_by_libpq(conn);
		return;
	}
	conn->state = PG_CONNECTING;
	arm(conn, CONNECT_MS);
	follow_socket(conn);
	event_add(conn->write_event, NULL);
}

static void
timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct pg_conn *conn = arg;
	struct err err = {""};

	if (conn->state == PG_DOWN) {
		begin_to_connect(conn);
		return;
	}
	err_set(&err, "no answer for %d seconds",
	    (conn->state == PG_READY ? ANSWER_MS : CONNECT_MS) / 1000);
	pg_conn_lose(conn, &err);
}

struct pg_conn *
pg_conn_new(const struct pg_conn_config *config)
{
	struct pg_conn *conn = xcalloc(1, sizeof(*conn));

	conn->config = *config;
	conn->fd = -1;
	conn->wait_ms = WAIT_MIN_MS;
	STAILQ_INIT(&conn->commands);
	err_set(&conn->why, "not connected yet");
	snprintf(conn->name, sizeof(conn->name), "PostgreSQL");
	conn->timer = evtimer_new(config->base, timer_cb, conn);
	if (conn->timer == NULL)
		fatalx("out of memory");
	arm(conn, 0);
	return conn;
}

void
pg_conn_free(struct pg_conn *conn)
{
	const struct err err = {"the daemon ends"};

	if (conn == NULL)
		return;
	close_pq(conn);
	pg_pipe_fail(conn, &err);
	event_free(conn->timer);
	free(conn);
}

bool
pg_conn_is_ready(const struct pg_conn *conn)
{
	return conn->state == PG_READY;
}

const struct err *
pg_conn_why(const struct pg_conn *conn)
{
	return &conn->why;
}

bool
pg_conn_is_refused(const struct pg_conn *conn)
{
	return conn->state == PG_DOWN && conn->setup.refused;
}

const char *
pg_conn_name(const struct pg_conn *conn)
{
	return conn->name;
}
