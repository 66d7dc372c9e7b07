#include "kinds/watch/claims.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kinds/sql/bind.h"
#include "kinds/sql/session.h"

/* Two may find that it is missing, and CREATE TABLE IF NOT EXISTS races. */
static const char make_table[] =
    "BEGIN; SELECT pg_advisory_xact_lock(hashtext('belfry_watch'));"
    "CREATE TABLE IF NOT EXISTS belfry_watch ("
    " job text, key text, attempts integer NOT NULL,"
    " run text, lease_until timestamptz, retry_at timestamptz, error text,"
    " PRIMARY KEY (job, key)); COMMIT";

/*
 * Rows that are locked are being claimed by somebody. The lock holds only for
 * the statement: it makes sure that the row is still what the query looks for,
 * and the insert that its claim is nobody's. What is committed here may be
 * forgotten by a server that crashes: the row is claimed once more then, and
 * the first to be done is the one that counts.
 */
static const char claim_format[] =
    "WITH belfry_rows AS MATERIALIZED ("
    "SELECT q.* FROM (%s) AS q WHERE NOT EXISTS ("
    "SELECT FROM belfry_watch w WHERE w.job = $%d AND w.key = q.%s::text "
    "AND (w.attempts >= $%d OR w.retry_at > clock_timestamp() "
    "OR w.lease_until > clock_timestamp())) "
    "LIMIT $%d::bigint FOR UPDATE OF q SKIP LOCKED), "
    "belfry_claims AS ("
    "INSERT INTO belfry_watch AS w (job, key, attempts, run, lease_until) "
    "SELECT $%d, r.%s::text, 1, $%d, "
    "clock_timestamp() + $%d * interval '1 ms' FROM belfry_rows r "
    "ON CONFLICT (job, key) DO UPDATE SET attempts = w.attempts + 1, "
    "run = excluded.run, lease_until = excluded.lease_until, "
    "retry_at = NULL WHERE w.lease_until IS NULL "
    "OR w.lease_until <= clock_timestamp() RETURNING w.key, w.attempts) "
    "SELECT r.*, c.attempts AS belfry_attempts "
    "FROM belfry_rows r JOIN belfry_claims c ON c.key = r.%s::text "
    "WHERE set_config('synchronous_commit', 'off', true) = 'off'";

/* How many rows it changed; -1 with err. */
static int
execute(struct watch *watch, const char *text, int n, const char *const *values,
    struct err *err)
{
	PGresult *result = session_query(watch->pq, text, n, values, NULL, err);
	int changed;

	if (result == NULL)
		return -1;
	changed = (int)strtol(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return changed;
}

static int
make(struct watch *watch, struct err *err)
{
	PGresult *result = session_query(watch->pq,
	    "SELECT to_regclass('belfry_watch') IS NULL", 0, NULL, NULL, err);
	bool missing;
	int rc = 0;

	if (result == NULL)
		return -1;
	missing = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
	PQclear(result);
	if (!missing)
		return 0;
	result = PQexec(watch->pq, make_table);
	if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		session_error(watch->pq, result, err);
		rc = err_prefix(err,
		    "cannot make the table belfry_watch, which tells whose "
		    "the rows are");
	}
	PQclear(result);
	return rc;
}

/* The number of the column that names a row; -1 with err. */
static int
find_key(struct watch *watch, const PGresult *columns, struct err *err)
{
	const char *key = watch->settings.key;

	for (int i = 0; i < PQnfields(columns); i++)
		if (key == NULL || strcmp(PQfname(columns, i), key) == 0)
			return i;
	return err_set(err, "watch-key: the query has no column \"%s\"",
	    key != NULL ? key : "");
}

static void
make_claim_text(struct watch *watch, const char *column)
{
	const struct sql_statement *query = watch->settings.query.statements;
	char *key = PQescapeIdentifier(watch->pq, column, strlen(column));
	int n = (int)query->nnames;

	watch->claim_text = xasprintf(claim_format, query->text, n + 1, key,
	    n + 2, n + 3, n + 1, key, n + 4, n + 5, key);
	PQfreemem(key);
}

/* The columns of the query; NULL with err. */
static PGresult *
describe(struct watch *watch, struct err *err)
{
	const char *text = watch->settings.query.statements->text;
	PGresult *result = PQprepare(watch->pq, "query", text, 0, NULL);

	if (PQresultStatus(result) == PGRES_COMMAND_OK) {
		PQclear(result);
		result = PQdescribePrepared(watch->pq, "query");
	}
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		return result;
	session_error(watch->pq, result, err);
	err_prefix(err, "watch");
	PQclear(result);
	return NULL;
}

int
claims_init(struct watch *watch, struct err *err)
{
	PGresult *columns;

	if (make(watch, err) == -1)
		return -1;
	columns = describe(watch, err);
	if (columns == NULL)
		return -1;
	watch->key = find_key(watch, columns, err);
	if (watch->key != -1)
		make_claim_text(watch, PQfname(columns, watch->key));
	PQclear(columns);
	return watch->key == -1 ? -1 : 0;
}

PGresult *
claims_take(struct watch *watch, int n, struct err *err)
{
	const struct watch_settings *s = &watch->settings;
	char attempts[16], limit[16], lease[24];
	PGresult *rows = NULL;
	struct bind bind;

	snprintf(attempts, sizeof(attempts), "%d", s->attempts);
	snprintf(limit, sizeof(limit), "%d", n);
	snprintf(lease, sizeof(lease), "%" PRId64, s->lease_ms);
	if (bind_statement(&bind, s->query.statements, NULL, 0, err) == 0) {
		bind.values[bind.n++] = watch->spec->job;
		bind.values[bind.n++] = attempts;
		bind.values[bind.n++] = limit;
		bind.values[bind.n++] = watch->spec->id;
		bind.values[bind.n++] = lease;
		rows = session_query(watch->pq, watch->claim_text, bind.n,
		    bind.values, NULL, err);
	}
	if (rows == NULL)
		err_prefix(err, "watch");
	if (rows == NULL || PQntuples(rows) > 0)
		return rows;
	PQclear(rows);
	return NULL;
}

/* A statement of the job about a row. 0, or -1 with err. */
static int
tell(struct watch *watch, const char *name, const struct sql_script *script,
    const struct watch_handler *handler, struct err *err)
{
	struct bind bind;

	if (script->n == 0)
		return 0;
	if (bind_statement(&bind, script->statements, handler->claim->rows,
		handler->row, err) == 0 &&
	    execute(watch, script->statements->text, bind.n, bind.values,
		err) != -1)
		return 0;
	return err_prefix(err, "%s", name);
}

static void
roll_back(struct watch *watch)
{
	PQclear(PQexec(watch->pq, "ROLLBACK"));
}

/* 0, 1: it is another's, or -1. */
static int
forget(
    struct watch *watch, const struct watch_handler *handler, struct err *err)
{
	const char *const values[] = {
	    watch->spec->job, handler->key, watch->spec->id};
	int n = execute(watch,
	    "DELETE FROM belfry_watch WHERE job = $1 AND key = $2 AND run = $3",
	    3, values, err);

	return n == -1 ? -1 : n == 0;
}

int
claims_done(
    struct watch *watch, const struct watch_handler *handler, struct err *err)
{
	int rc;

	if (execute(watch, "BEGIN", 0, NULL, err) == -1)
		return -1;
	rc = forget(watch, handler, err);
	if (rc == 0)
		rc = tell(
		    watch, "watch-done", &watch->settings.done, handler, err);
	if (rc == 0 && execute(watch, "COMMIT", 0, NULL, err) == -1)
		rc = -1;
	if (rc != 0)
		roll_back(watch);
	return rc;
}

/* 0, 1: it is another's, or -1. */
static int
put_off(struct watch *watch, const struct watch_handler *handler,
    const struct err *why, struct err *err)
{
	char retry[24];
	const char *const values[] = {
	    watch->spec->job, handler->key, watch->spec->id, retry, why->text};
	int n;

	snprintf(retry, sizeof(retry), "%" PRId64, watch->settings.retry_ms);
	n = execute(watch,
	    "UPDATE belfry_watch SET run = NULL, lease_until = NULL, "
	    "error = $5, retry_at = clock_timestamp() + $4 * interval '1 ms' "
	    "WHERE job = $1 AND key = $2 AND run = $3",
	    5, values, err);
	return n == -1 ? -1 : n == 0;
}

/* Both, or none. */
static int
put_off_and_tell(struct watch *watch, const struct watch_handler *handler,
    const struct err *why, struct err *err)
{
	int rc;

	if (execute(watch, "BEGIN", 0, NULL, err) == -1)
		return -1;
	rc = put_off(watch, handler, why, err);
	if (rc == 0)
		rc = tell(watch, "watch-failed", &watch->settings.failed,
		    handler, err);
	if (rc == 0 && execute(watch, "COMMIT", 0, NULL, err) == -1)
		rc = -1;
	if (rc != 0)
		roll_back(watch);
	return rc;
}

int
claims_failed(struct watch *watch, const struct watch_handler *handler,
    const struct err *why, struct err *err)
{
	struct err other = {""}, both;
	int rc;

	setenv("BELFRY_REASON", why->text, 1);
	rc = put_off_and_tell(watch, handler, why, &other);
	unsetenv("BELFRY_REASON");
	if (rc != -1)
		return rc;
	/* At least it must wait. */
	err_set(&both, "%.400s; %.400s", why->text, other.text);
	watch->last = both;
	return put_off(watch, handler, &both, err);
}

int
claims_renew(struct watch *watch, struct err *err)
{
	char lease[24];
	const char *const values[] = {watch->spec->job, watch->spec->id, lease};
	int n;

	snprintf(lease, sizeof(lease), "%" PRId64, watch->settings.lease_ms);
	n = execute(watch,
	    "UPDATE belfry_watch SET lease_until = clock_timestamp() + "
	    "$3 * interval '1 ms' WHERE job = $1 AND run = $2",
	    3, values, err);
	return n == -1 ? -1 : 0;
}

void
claims_return(struct watch *watch)
{
	const char *const values[] = {watch->spec->job, watch->spec->id};
	struct err err;

	/* When it cannot be done, the leases run out. */
	execute(watch,
	    "UPDATE belfry_watch SET attempts = attempts - 1, run = NULL, "
	    "lease_until = NULL WHERE job = $1 AND run = $2",
	    2, values, &err);
}

int64_t
claims_parked(struct watch *watch)
{
	char attempts[16];
	const char *const values[] = {watch->spec->job, attempts};
	struct err err;
	PGresult *result;
	int64_t n = -1;

	snprintf(attempts, sizeof(attempts), "%d", watch->settings.attempts);
	result = session_query(watch->pq,
	    "SELECT count(*) FROM belfry_watch WHERE job = $1 AND "
	    "attempts >= $2 AND coalesce(lease_until <= now(), true)",
	    2, values, NULL, &err);
	if (result != NULL)
		n = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return n;
}
