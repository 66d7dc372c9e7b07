/* The store's part of /metrics. */
#include "recorder/sqlite/store_sqlite.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "prom.h"

/* Of a queue that is longer so many are counted. */
static const char waiting_sql[] =
    "SELECT queue, count(*) FROM (SELECT queue FROM submissions "
    "WHERE state = 'waiting' LIMIT 100000) GROUP BY queue";

/* With what waits beside it to be put in. */
static double
file_bytes(const struct sqlite_store *s)
{
	char *wal = xasprintf("%s-wal", s->path);
	struct stat st;
	double n = 0;

	if (stat(s->path, &st) == 0)
		n += (double)st.st_size;
	if (stat(wal, &st) == 0)
		n += (double)st.st_size;
	free(wal);
	return n;
}

void
sqlite_waiting(
    struct store *store, store_waiting_cb *row, store_done *done, void *arg)
{
	struct sqlite_store *s = sqlite_store(store);
	sqlite3_stmt *st = sqlite_bind(s, SQL_WAITING, waiting_sql, NULL, 0);

	while (sqlite_step(s, st))
		row(arg, sqlite_text(st, 0), sqlite3_column_int64(st, 1));
	done(arg, sqlite_failure(s));
}

void
sqlite_metrics(struct store *store, struct strbuf *b)
{
	prom_one(b, "belfry_store_size_bytes", "gauge",
	    "Of the file of SQLite.", file_bytes(sqlite_store(store)));
}
