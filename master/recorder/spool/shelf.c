#include "recorder/spool/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * Statements live for one use: the file may be closed and opened again between
 * two, and a transaction needs few.
 */
static sqlite3_stmt *
prepare(struct shelf *shelf, const char *text)
{
	sqlite3_stmt *st = NULL;

	if (shelf->file->db != NULL)
		sqlite3_prepare_v2(shelf->file->db, text, -1, &st, NULL);
	return st;
}

/* The first column of the only row; 0 for NULL. */
static int64_t
get_number(struct shelf *shelf, const char *text)
{
	sqlite3_stmt *st = prepare(shelf, text);
	int64_t n = 0;

	if (st != NULL && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* Numbers go on, whatever file they are in. */
static int
make_table(struct shelf *shelf)
{
	int64_t first, last;

	if (sqlite3_exec(shelf->file->db,
		"CREATE TABLE IF NOT EXISTS outbox "
		"(seq INTEGER PRIMARY KEY, records BLOB NOT NULL)",
		NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	last = get_number(shelf, "SELECT max(seq) FROM outbox");
	first = get_number(shelf, "SELECT min(seq) FROM outbox");
	if (last > shelf->last)
		shelf->last = last;
	shelf->first = first > 0 ? first : shelf->last + 1;
	shelf->renewed = shelf->file->store.renewed;
	return 0;
}

int
shelf_init(struct shelf *shelf, struct sqlite_store *file, struct err *err)
{
	memset(shelf, 0, sizeof(*shelf));
	shelf->file = file;
	if (make_table(shelf) == 0)
		return 0;
	return err_set(err, "%s: %s", file->path, sqlite3_errmsg(file->db));
}

void
shelf_fini(struct shelf *shelf)
{
	wire_writer_fini(&shelf->records);
	free(shelf->row);
}

bool
shelf_begin(struct shelf *shelf)
{
	wire_writer_reset(&shelf->records);
	if (shelf->file->failed || shelf->renewed == shelf->file->store.renewed)
		return false;
	if (make_table(shelf) == -1) {
		sqlite_fail(shelf->file);
		return false;
	}
	return true;
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
	sqlite3_stmt *st;
	int rc = SQLITE_ERROR;

	if (shelf->records.len == 0)
		return 0;
	st =
	    prepare(shelf, "INSERT INTO outbox (seq, records) VALUES (?1, ?2)");
	if (st != NULL) {
		sqlite3_bind_int64(st, 1, shelf->last + 1);
		sqlite3_bind_blob64(
		    st, 2, shelf->records.p, shelf->records.len, SQLITE_STATIC);
		rc = sqlite3_step(st);
		sqlite3_finalize(st);
	}
	if (rc != SQLITE_DONE)
		return -1;
	shelf->last++;
	return 0;
}

int64_t
shelf_get(struct shelf *shelf, int64_t seq, struct wire_reader *r)
{
	sqlite3_stmt *st = prepare(shelf,
	    "SELECT seq, records FROM outbox WHERE seq >= ?1 "
	    "ORDER BY seq LIMIT 1");
	int64_t found = 0;
	size_t n;

	if (st == NULL)
		return 0;
	sqlite3_bind_int64(st, 1, seq);
	if (sqlite3_step(st) == SQLITE_ROW) {
		found = sqlite3_column_int64(st, 0);
		n = (size_t)sqlite3_column_bytes(st, 1);
		array_reserve(&shelf->row, &shelf->row_cap, n, 1);
		memcpy(shelf->row, sqlite3_column_blob(st, 1), n);
		wire_reader_init(r, shelf->row, n);
	}
	sqlite3_finalize(st);
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
	sqlite3_stmt *st;

	if (seq <= shelf->first)
		return;
	st = prepare(shelf, "DELETE FROM outbox WHERE seq < ?1");
	if (st == NULL)
		return;
	sqlite3_bind_int64(st, 1, seq);
	if (sqlite3_step(st) == SQLITE_DONE)
		shelf->first = seq;
	sqlite3_finalize(st);
}

int64_t
shelf_copy_pieces(struct shelf *shelf, const char *run, int64_t from,
    size_t max, struct store *to)
{
	sqlite3_stmt *st = prepare(shelf,
	    "SELECT start, data FROM output WHERE run = ?1 AND start >= ?2 "
	    "ORDER BY start");
	int64_t next = -1;
	size_t sent = 0, n;

	if (st == NULL)
		return -1;
	sqlite3_bind_text(st, 1, run, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, from);
	while (sqlite3_step(st) == SQLITE_ROW) {
		if (sent >= max) {
			next = sqlite3_column_int64(st, 0);
			break;
		}
		n = (size_t)sqlite3_column_bytes(st, 1);
		to->ops->piece(to, run, (uint64_t)sqlite3_column_int64(st, 0),
		    sqlite3_column_blob(st, 1), n);
		sent += n;
	}
	sqlite3_finalize(st);
	return next;
}

int64_t
shelf_file_bytes(struct shelf *shelf)
{
	return (get_number(shelf, "PRAGMA page_count") -
		   get_number(shelf, "PRAGMA freelist_count")) *
	    get_number(shelf, "PRAGMA page_size");
}
