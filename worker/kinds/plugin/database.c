/* The database that the job of a plugin names. */
#include "host.h"

#include <string.h>

#include "kinds/sql/session.h"

struct pg_conn *
belfry_database(struct belfry_run *run)
{
	char doing[INSIDE_DOING_MAX];

	if (run->conn != NULL)
		return run->conn;
	if (run->database == NULL) {
		belfry_fail(
		    run, "the job names no database; write database = NAME");
		return NULL;
	}
	memcpy(doing, run->note->doing, sizeof(doing));
	run->conn = session_open(run->database, run->spec, run->note);
	if (run->conn == NULL)
		return NULL;
	inside_doing(run->note, doing);
	run->cancel = PQgetCancel(run->conn);
	return run->conn;
}

void
plugin_disconnect(struct belfry_run *run)
{
	PGcancel *cancel = run->cancel;

	run->cancel = NULL; /* the handler must not find it freed */
	PQfreeCancel(cancel);
	PQfinish(run->conn);
	run->conn = NULL;
}
