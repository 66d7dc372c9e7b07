/* What an explanation is made of; for explain*.c alone. */
#ifndef BELFRY_MASTER_RECORDER_EXPLAIN_INTERNAL_H
#define BELFRY_MASTER_RECORDER_EXPLAIN_INTERNAL_H

#include <jansson.h>

#include "recorder/explain/plan.h"
#include "recorder/query/query.h"

#define EXPLAIN_RUNS 32 /* attempts that are told one by one */

enum verdict {
	VERDICT_RAN,
	VERDICT_RUNNING,
	VERDICT_SKIPPED,
	VERDICT_MISSED,
	VERDICT_PENDING,   /* due a moment ago, not decided yet */
	VERDICT_NO_RECORD, /* due, and the ledger has no row */
	VERDICT_FUTURE,
	VERDICT_NOT_DUE,
	VERDICT_BEFORE, /* before the job was first seen */
	VERDICT_GONE,   /* the job was in no file then */
	VERDICT_NONE,   /* nothing was due yet at all */
};

/* A row of the ledger that outlives its callback. */
struct explain_row {
	bool found;
	int64_t slot_ms, until_ms, count;
	int attempts;
	enum outcome outcome;
	char *job, *reason, *detail, *run, *host;
};

struct explain {
	struct query_env *env;
	uint64_t id;
	uint64_t connection;
	int64_t now_ms;
	bool exact;      /* this very time, not the last slot until then */
	int64_t at_ms;   /* as asked */
	int64_t slot_ms; /* what is explained */
	enum verdict verdict;
	struct plans plans;
	struct explain_row row;    /* of the slot */
	struct explain_row before; /* missed: what was recorded before it */
	bool known;                /* the ledger has the job */
	bool wants_slot;           /* slot_ms is one of the schedule */
	struct store_run runs[EXPLAIN_RUNS]; /* its attempts, newest first */
	size_t nruns;
	struct store_run other; /* overlap: the run that was in the way */
	bool has_other;
};

/* The plan that decided about the slot; NULL unknown. */
static inline const struct plan *
explain_plan(const struct explain *x)
{
	const struct plan *plan = plans_at(&x->plans, x->slot_ms);

	return plan == NULL && x->plans.n > 0 ? &x->plans.all[0] : plan;
}

/* An array of sentences. */
json_t *explain_words(const struct explain *x);

/* The answer, as far as this host knows. */
json_t *explain_json(const struct explain *x);

/* Does an answer tell of a row of the ledger? */
bool explain_is_recorded(const json_t *json);

/*
 * own, which it takes, with what the ledgers of other hosts say (others.h): the
 * latest attempt of all is the answer, what the others add is told behind it,
 * and who was silent.
 */
json_t *explain_merge(json_t *own, const json_t *answers, const json_t *silent);

#endif
