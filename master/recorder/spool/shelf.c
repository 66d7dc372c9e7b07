#include "recorder/spool/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int
prepare(
    struct shelf *shelf, sqlite3_stmt **st, const char *text, struct err *err)
{
	if (sqlite3_prepare_v3(shelf->db, text, -1, SQLITE_PREPARE_PERSISTENT,
		st, NULL) == SQLITE_OK)
		return 0;
	return err_set(err, "%s", sqlite3_errmsg(shelf->db));
}

/* The first column of the only row. */
static int64_t
get_number(struct shelf *shelf, const char *text)
{
	sqlite3_stmt *st = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(shelf->db, text, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

int
shelf_init(struct shelf *shelf, sqlite3 *db, struct err *err)
{
	memset(shelf, 0, sizeof(*shelf));
	shelf->db = db;
	if (sqlite3_exec(db,
		"CREATE TABLE IF NOT EXISTS outbox "
		"(seq INTEGER PRIMARY KEY, records BLOB NOT NULL)",
		NULL, NULL, NULL) != SQLITE_OK)
		return err_set(err, "%s", sqlite3_errmsg(db));
	if (prepare(shelf, &shelf->insert,
		"INSERT INTO outbox (seq, records) VALUES (?1, ?2)",
		err) == -1 ||
	    prepare(shelf, &shelf->get,
		"SELECT seq, records FROM outbox WHERE seq >= ?1 "
		"ORDER BY seq LIMIT 1",
		err) == -1 ||
	    prepare(shelf, &shelf->remove, "DELETE FROM outbox WHERE seq < ?1",
		err) == -1 ||
	    prepare(shelf, &shelf->pieces,
		"SELECT start, data FROM output WHERE run = ?1 AND "
		"start >= ?2 ORDER BY start",
		err) == -1)
		return -1;
	shelf->last = get_number(shelf, "SELECT max(seq) FROM outbox");
	shelf->first = get_number(shelf, "SELECT min(seq) FROM outbox");
	if (shelf->first == 0)
		shelf->first = 1;
	return 0;
}

void
shelf_fini(struct shelf *shelf)
{
	sqlite3_finalize(shelf->insert);
	sqlite3_finalize(shelf->get);
	sqlite3_finalize(shelf->remove);
	sqlite3_finalize(shelf->pieces);
	wire_writer_fini(&shelf->records);
	free(shelf->row);
}

void
shelf_begin(struct shelf *shelf)
{
	wire_writer_reset(&shelf->records);
}

void
shelf_add(struct shelf *shelf, uint16_t type, struct wire_writer *w)
{
	wire_put_u16(&shelf->records, type);
	wire_put_bytes(&shelf->records, w->p, w->len);
	wire_writer_fini(w);
}

int
shelf_write(struct shelf *shelf)
{
	int rc;

	if (shelf->records.len == 0)
		return 0;
	sqlite3_bind_int64(shelf->insert, 1, shelf->last + 1);
	sqlite3_bind_blob64(shelf->insert, 2, shelf->records.p,
	    shelf->records.len, SQLITE_STATIC);
	rc = sqlite3_step(shelf->insert);
	sqlite3_reset(shelf->insert);
	sqlite3_clear_bindings(shelf->insert);
	if (rc != SQLITE_DONE)
		return -1;
	shelf->last++;
	return 0;
}

int64_t
shelf_get(struct shelf *shelf, int64_t seq, struct wire_reader *r)
{
	int64_t found = 0;
	size_t n;

	sqlite3_bind_int64(shelf->get, 1, seq);
	if (sqlite3_step(shelf->get) == SQLITE_ROW) {
		found = sqlite3_column_int64(shelf->get, 0);
		n = (size_t)sqlite3_column_bytes(shelf->get, 1);
		array_reserve(&shelf->row, &shelf->row_cap, n, 1);
		memcpy(shelf->row, sqlite3_column_blob(shelf->get, 1), n);
		wire_reader_init(r, shelf->row, n);
	}
	/* An open statement would keep the file's log from being used again. */
	sqlite3_reset(shelf->get);
	return found;
}

bool
shelf_next(
    struct wire_reader *row, uint16_t *type_r, struct wire_reader *record_r)
{
	const void *p;
	size_t n;

	if (row->pos == row->len)
		return false;
	*type_r = wire_get_u16(row);
	p = wire_get_bytes(row, &n);
	if (!wire_ok(row))
		return false;
	wire_reader_init(record_r, p, n);
	return true;
}

void
shelf_remove(struct shelf *shelf, int64_t seq)
{
	if (seq <= shelf->first)
		return;
	sqlite3_bind_int64(shelf->remove, 1, seq);
	if (sqlite3_step(shelf->remove) == SQLITE_DONE)
		shelf->first = seq;
	sqlite3_reset(shelf->remove);
}

int64_t
shelf_copy_pieces(struct shelf *shelf, const char *run, int64_t from,
    size_t max, struct store *to)
{
	int64_t next = -1;
	size_t sent = 0, n;

	sqlite3_bind_text(shelf->pieces, 1, run, -1, SQLITE_STATIC);
	sqlite3_bind_int64(shelf->pieces, 2, from);
	while (sqlite3_step(shelf->pieces) == SQLITE_ROW) {
		if (sent >= max) {
			next = sqlite3_column_int64(shelf->pieces, 0);
			break;
		}
		n = (size_t)sqlite3_column_bytes(shelf->pieces, 1);
		to->ops->piece(to, run,
		    (uint64_t)sqlite3_column_int64(shelf->pieces, 0),
		    sqlite3_column_blob(shelf->pieces, 1), n);
		sent += n;
	}
	sqlite3_reset(shelf->pieces);
	sqlite3_clear_bindings(shelf->pieces);
	return next;
}

int64_t
shelf_file_bytes(struct shelf *shelf)
{
	return (get_number(shelf, "PRAGMA page_count") -
		   get_number(shelf, "PRAGMA freelist_count")) *
	    get_number(shelf, "PRAGMA page_size");
}
