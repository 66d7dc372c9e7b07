/* Who changed what by hand. */
#include "recorder/sqlite/store_sqlite.h"

#include "base/mem.h"

static const char audit_sql[] =
    "INSERT INTO audit (id, at, host, who, origin, action, object, was, "
    "became) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
    "ON CONFLICT (id) DO NOTHING";

static const char forget_sql[] = "DELETE FROM audit WHERE id < ?1";

static const char audits_sql[] =
    "SELECT id, at, host, who, origin, action, object, was, became "
    "FROM audit WHERE (?1 = '' OR id < ?1) AND id >= ?2 "
    "AND (?3 = '' OR who = ?3) AND (?4 = '' OR action = ?4) "
    "AND (?5 = '' OR object = ?5) ORDER BY id DESC LIMIT ?6";

void
sqlite_audit(struct store *store, const struct record_audit *audit)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(audit->id),
	    value_int(audit->at_ms),
	    value_text(audit->host),
	    value_text(audit->who),
	    value_text(audit->from),
	    value_text(audit->action),
	    value_text(audit->object),
	    value_text(audit->was),
	    value_text(audit->became),
	};
	const struct sqlite_value forget[] = {value_text(audit->forget)};

	sqlite_run(s, SQL_AUDIT, audit_sql, values, nitems(values));
	sqlite_run(s, SQL_AUDIT_FORGET, forget_sql, forget, nitems(forget));
}

void
sqlite_audits(struct store *store, const struct store_audit *which,
    store_audit_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(which->before),
	    value_text(which->since),
	    value_text(which->who),
	    value_text(which->action),
	    value_text(which->object),
	    value_int(which->limit),
	};
	struct record_audit audit = {.forget = ""};
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_AUDITS, audits_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		audit.id = sqlite_text(st, 0);
		audit.at_ms = sqlite3_column_int64(st, 1);
		audit.host = sqlite_text(st, 2);
		audit.who = sqlite_text(st, 3);
		audit.from = sqlite_text(st, 4);
		audit.action = sqlite_text(st, 5);
		audit.object = sqlite_text(st, 6);
		audit.was = sqlite_text(st, 7);
		audit.became = sqlite_text(st, 8);
		row(arg, &audit);
	}
	done(arg, sqlite_failure(s));
}
