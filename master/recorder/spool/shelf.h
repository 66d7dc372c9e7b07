/*
 * Records on their way to PostgreSQL: a table in the spool's file, a row for
 * each transaction of the recorder, in order.
 */
#ifndef BELFRY_MASTER_RECORDER_SHELF_H
#define BELFRY_MASTER_RECORDER_SHELF_H

#include "base/err.h"
#include "ipc/wire.h"
#include "recorder/sqlite/store_sqlite.h"

struct shelf {
	struct sqlite_store *file;  /* borrowed; its db comes and goes */
	unsigned renewed;           /* of the file, when its table was made */
	struct wire_writer records; /* of the transaction that is open */
	int64_t last;               /* number of the newest row; 0 none yet */
	int64_t first;              /* of the oldest that may be there */
	uint8_t *row;               /* what was got last */
	size_t row_cap;
};

/* Makes the table. 0, or -1 with err. */
int shelf_init(struct shelf *shelf, struct sqlite_store *file, struct err *err);
void shelf_fini(struct shelf *shelf);

/*
 * A transaction of the file has begun: forgets the records of the one before.
 * True when the file is another one since; what was in the old one is gone.
 */
bool shelf_begin(struct shelf *shelf);

/* Records of the transaction: added, written. w is finished. */
void shelf_add(struct shelf *shelf, uint16_t type, struct wire_writer *w);
/* 0, or -1: SQLite's error. */
int shelf_write(struct shelf *shelf);

/*
 * The row with number seq or the next one: its number, and its records, valid
 * until the next call. 0: there is none, or it cannot be read now.
 */
int64_t shelf_get(struct shelf *shelf, int64_t seq, struct wire_reader *r);

/* The next record of a row. False: that was all. */
bool shelf_next(
    struct wire_reader *row, uint16_t *type_r, struct wire_reader *record_r);

/* Rows before seq are in PostgreSQL. */
void shelf_remove(struct shelf *shelf, int64_t seq);

/*
 * Hands the run's pieces from a position on to the store, of about max bytes.
 * Returns where to go on, -1 when that was all.
 */
int64_t shelf_copy_pieces(struct shelf *shelf, const char *run, int64_t from,
    size_t max, struct store *to);

/* Bytes that are used in the file. */
int64_t shelf_file_bytes(struct shelf *shelf);

#endif
