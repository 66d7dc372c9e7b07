/* Notifications and how they stand. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdio.h>

#include "base/mem.h"

#define COLUMNS                                                                \
	"id, receiver, event, job, run, host, created, state, tries, next, "   \
	"done, error, facts"

/* Rows that a list looks at for one page. */
#define SCAN_MAX 2000

/* Told again after a crash, one that is sent must not wait once more. */
static const char notice_sql[] =
    "INSERT INTO notifications (" COLUMNS ") "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
    "ON CONFLICT (id) DO UPDATE SET state = excluded.state, "
    "tries = excluded.tries, next = excluded.next, done = excluded.done, "
    "error = excluded.error "
    "WHERE notifications.state = 'waiting' "
    "AND excluded.tries >= notifications.tries";

static const char notices_sql[] =
    "SELECT " COLUMNS " FROM notifications "
    "INDEXED BY notifications_by_created WHERE (created, id) < (?1, ?2) "
    "ORDER BY created DESC, id DESC";

static const char waiting_sql[] =
    "SELECT " COLUMNS " FROM notifications INDEXED BY notifications_waiting "
    "WHERE state = 'waiting' AND id > ?1 ORDER BY id LIMIT ?2";

static const char sweep_sql[] =
    "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications "
    "INDEXED BY notifications_by_created WHERE created < ?1 "
    "AND state <> 'waiting' ORDER BY created LIMIT 200)";

void
sqlite_notice(struct store *store, const struct record_notice *notice)
{
	const struct sqlite_value values[] = {
	    value_text(notice->id),
	    value_text(notice->receiver),
	    value_text(notice->event),
	    value_text_or_null(notice->job),
	    value_text_or_null(notice->run),
	    value_text(notice->host),
	    value_int(notice->created_ms),
	    value_text(notice_state_name(notice->state)),
	    value_int(notice->tries),
	    value_int(notice->next_ms),
	    value_int_or_null(notice->done_ms, 0),
	    value_text_or_null(notice->error),
	    value_text(notice->facts),
	};

	sqlite_run(sqlite_store(store), SQL_NOTICE, notice_sql, values,
	    nitems(values));
}

static void
read_notice(sqlite3_stmt *st, struct record_notice *notice)
{
	int state = notice_state_parse(sqlite_text(st, 7));

	notice->id = sqlite_text(st, 0);
	notice->receiver = sqlite_text(st, 1);
	notice->event = sqlite_text(st, 2);
	notice->job = sqlite_text(st, 3);
	notice->run = sqlite_text(st, 4);
	notice->host = sqlite_text(st, 5);
	notice->created_ms = sqlite3_column_int64(st, 6);
	notice->state = state == -1 ? NOTICE_FAILED : (enum notice_state)state;
	notice->tries = sqlite3_column_int(st, 8);
	notice->next_ms = sqlite3_column_int64(st, 9);
	notice->done_ms = sqlite3_column_int64(st, 10);
	notice->error = sqlite_text(st, 11);
	notice->facts = sqlite_text(st, 12);
}

void
sqlite_notices(struct store *store, const struct store_notice_filter *filter,
    store_notice_cb *row, store_list_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct store_cursor *before = &filter->before;
	bool all = before->key[0] == '\0', more = false;
	const struct sqlite_value values[] = {
	    value_int(all ? INT64_MAX : before->slot_ms),
	    value_text(before->key),
	};
	struct store_cursor next = {0};
	struct record_notice notice;
	int matched = 0, scanned = 0;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(s, SQL_NOTICES, notices_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		read_notice(st, &notice);
		more = matched == filter->limit || scanned++ == SCAN_MAX;
		if (more) {
			sqlite_end(st);
			break;
		}
		next.slot_ms = notice.created_ms;
		snprintf(next.key, sizeof(next.key), "%s", notice.id);
		if (!store_notice_matches(filter, &notice))
			continue;
		matched++;
		row(arg, &notice);
	}
	done(arg, more ? &next : NULL, sqlite_failure(s));
}

void
sqlite_waiting_notices(struct store *store, const char *after, int limit,
    store_notice_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	const struct sqlite_value values[] = {
	    value_text(after),
	    value_int(limit),
	};
	struct record_notice notice;
	sqlite3_stmt *st;

	sqlite_forgive(s);
	st = sqlite_bind(
	    s, SQL_NOTICES_WAITING, waiting_sql, values, nitems(values));
	while (sqlite_step(s, st)) {
		read_notice(st, &notice);
		row(arg, &notice);
	}
	done(arg, sqlite_failure(s));
}

void
sqlite_sweep_notices(struct sqlite_store *s, int64_t before_ms)
{
	const struct sqlite_value value = value_int(before_ms);

	sqlite_run(s, SQL_SWEEP_NOTICES, sweep_sql, &value, 1);
}
