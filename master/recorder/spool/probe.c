/*
 * Whether a server is one for this belfryd, in a loop of its own, before
 * anything is begun that needs it.
 */
#include "base/log.h"
#include "recorder/postgres/pg_conn.h"
#include "recorder/spool/spool.h"

/* One that does not answer so soon may be one, as one that is not there. */
#define PROBE_MS 3000

static void
stop(void *arg)
{
	event_base_loopbreak(arg);
}

static void
lost(void *arg, const struct err *err)
{
	stop(arg);
}

static void
stop_waiting(evutil_socket_t fd, short what, void *arg)
{
	stop(arg);
}

int
spool_knows_server(
    const char *conninfo, const char *password_file, struct err *err)
{
	static const char *const no_statements[] = {NULL};
	const struct timeval wait = {PROBE_MS / 1000, 0};
	struct pg_conn_config config = {
	    .conninfo = conninfo,
	    .password_file = password_file,
	    .session = "SET lock_timeout = '2s'",
	    .look = true,
	    .statements = no_statements,
	    .ready_cb = stop,
	    .lost_cb = lost,
	};
	struct pg_conn *conn;
	int rc = 0;

	config.base = event_base_new();
	if (config.base == NULL)
		fatalx("out of memory");
	config.arg = config.base;
	conn = pg_conn_new(&config);
	event_base_once(
	    config.base, -1, EV_TIMEOUT, stop_waiting, config.base, &wait);
	event_base_dispatch(config.base);
	if (pg_conn_is_refused(conn))
		rc = err_set(
		    err, "[store] conninfo: %s", pg_conn_why(conn)->text);
	pg_conn_free(conn);
	event_base_free(config.base);
	return rc;
}
