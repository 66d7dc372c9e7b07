/*
 * What a new connection does before it can be used: session settings, and the
 * schema's migrations under an advisory lock. A chain of steps; the caller
 * sends the text of each and hands its last result back.
 */
#ifndef BELFRY_MASTER_RECORDER_PG_SETUP_H
#define BELFRY_MASTER_RECORDER_PG_SETUP_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

enum pg_setup_step {
	SETUP_LOCK,
	SETUP_VERSION,
	SETUP_MIGRATE,
	SETUP_END,
	SETUP_DONE,
};

struct pg_setup {
	enum pg_setup_step step;
	const char *session; /* borrowed */
	bool look;           /* and change nothing */
	int version;         /* of the database */
	bool refused;        /* it is none for this belfryd */
};

void pg_setup_init(struct pg_setup *setup, const char *session, bool look);

/* The text of the step, appended. False: all is done. */
bool pg_setup_text(const struct pg_setup *setup, struct strbuf *b);

/* The step's result. 0, or -1 with err. */
int
pg_setup_take(struct pg_setup *setup, const PGresult *result, struct err *err);

/* The version of this belfryd's schema. */
int pg_setup_version(void);

#endif
