#include "recorder/postgres/pg_setup.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* "belfry" in ASCII: nobody else's advisory lock. */
#define LOCK "108187749872249"

/* conf/schema/postgres, in order. Files that were released never change. */
static const struct {
	const char *name;
	const char *text;
} migrations[] = {
    {
	"001-store",
#include "postgres_001-store.h"
    },
    {
	"002-views",
#include "postgres_002-views.h"
    },
    {
	"003-results",
#include "postgres_003-results.h"
    },
    {
	"004-guards",
#include "postgres_004-guards.h"
    },
    {
	"005-copies",
#include "postgres_005-copies.h"
    },
    {
	"006-hours",
#include "postgres_006-hours.h"
    },
    {
	"007-queues",
#include "postgres_007-queues.h"
    },
    {
	"008-audit",
#include "postgres_008-audit.h"
    },
    {
	"009-notifications",
#include "postgres_009-notifications.h"
    },
};

void
pg_setup_init(struct pg_setup *setup, const char *session, bool look)
{
	memset(setup, 0, sizeof(*setup));
	setup->session = session;
	setup->look = look;
}

int
pg_setup_version(void)
{
	return (int)nitems(migrations);
}

/* Each file and the mark that it was applied. */
static void
add_migrations(const struct pg_setup *setup, struct strbuf *b)
{
	size_t v = (size_t)setup->version;

	strbuf_adds(b, "SELECT 1;");
	for (; v < nitems(migrations) && !setup->look; v++)
		strbuf_addf(b,
		    "%s; INSERT INTO belfry.migrations (version, name) "
		    "VALUES (%zu, '%s');",
		    migrations[v].text, v + 1, migrations[v].name);
}

bool
pg_setup_text(const struct pg_setup *setup, struct strbuf *b)
{
	switch (setup->step) {
	case SETUP_LOCK:
		/* The lock goes with the transaction, whatever happens. */
		strbuf_addf(b,
		    "SET client_min_messages = warning; %s; BEGIN; "
		    "SELECT pg_advisory_xact_lock(" LOCK "); "
		    "SELECT to_regclass('belfry.migrations') IS NOT NULL, "
		    "to_regnamespace('belfry') IS NOT NULL, "
		    "current_setting('server_encoding'), "
		    "current_setting('server_version_num')::int, "
		    "current_setting('transaction_read_only')",
		    setup->session);
		return true;
	case SETUP_VERSION:
		strbuf_adds(b,
		    "SELECT coalesce(max(version), 0) FROM belfry.migrations");
		return true;
	case SETUP_MIGRATE:
		add_migrations(setup, b);
		return true;
	case SETUP_END:
		strbuf_adds(b, "COMMIT; SET search_path = belfry");
		return true;
	case SETUP_DONE:
		break;
	}
	return false;
}

static int
refuse(struct pg_setup *setup, struct err *err, const char *why)
{
	setup->refused = true;
	return err_set(err, "%s", why);
}

static bool
is_true(const PGresult *result, int column)
{
	return PQgetvalue(result, 0, column)[0] == 't';
}

static int
check_server(struct pg_setup *setup, const PGresult *result, struct err *err)
{
	const char *encoding = PQgetvalue(result, 0, 2);

	if (atol(PQgetvalue(result, 0, 3)) < 120000)
		return refuse(setup, err,
		    "the server is older than PostgreSQL 12; belfry needs 12 "
		    "or later");
	if (strcmp(encoding, "UTF8") != 0 && strcmp(encoding, "SQL_ASCII") != 0)
		return refuse(setup, err,
		    "the database's encoding is not UTF8; create it with "
		    "ENCODING 'UTF8' TEMPLATE template0");
	if (strcmp(PQgetvalue(result, 0, 4), "on") == 0)
		return err_set(err,
		    "the server is read only, a standby perhaps; "
		    "target_session_attrs=read-write in conninfo finds the "
		    "primary among several hosts");
	if (is_true(result, 1) && !is_true(result, 0))
		return refuse(setup, err,
		    "the database has a schema belfry of another program; "
		    "give belfry a database of its own");
	setup->step = is_true(result, 0) ? SETUP_VERSION : SETUP_MIGRATE;
	return 0;
}

static int
check_version(struct pg_setup *setup, const PGresult *result, struct err *err)
{
	setup->version = (int)strtol(PQgetvalue(result, 0, 0), NULL, 10);
	setup->step = SETUP_MIGRATE;
	if (setup->version <= pg_setup_version())
		return 0;
	setup->refused = true;
	return err_set(err,
	    "the store was written by a newer belfryd: its schema has version "
	    "%d, this belfryd knows up to %d; start the newer one, or give "
	    "this one another database",
	    setup->version, pg_setup_version());
}

int
pg_setup_take(struct pg_setup *setup, const PGresult *result, struct err *err)
{
	bool rows = result != NULL && PQntuples(result) == 1;

	switch (setup->step) {
	case SETUP_LOCK:
		return rows && PQnfields(result) == 5 ?
		    check_server(setup, result, err) :
		    err_set(err, "the server gives strange answers");
	case SETUP_VERSION:
		return rows ? check_version(setup, result, err) :
			      err_set(err, "the server gives strange answers");
	case SETUP_MIGRATE:
		setup->step = SETUP_END;
		break;
	case SETUP_END:
		setup->step = SETUP_DONE;
		break;
	case SETUP_DONE:
		break;
	}
	return 0;
}
