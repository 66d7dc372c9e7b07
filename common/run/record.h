/*
 * What the master tells the recorder, and what it gets back at start: the
 * payloads of RECORD_* and STATE_*. All are idempotent: sent again after a
 * crash of either side they change nothing.
 */
#ifndef BELFRY_RUN_RECORD_H
#define BELFRY_RUN_RECORD_H

#include "run/result.h"
#include "run/runfile.h"

/*
 * A job's memory over restarts. Strings are borrowed. hwm_ms, last_* and
 * failures are the store's own from runs and slots it has seen: in RECORD_JOB
 * only job, memo and hwm_ms count (hwm_ms never moves back unless memo
 * changed; see also record_slot_rewinds()).
 */
struct record_job {
	const char *job;
	const char *memo;     /* the master's own text, kept as it is */
	int64_t hwm_ms;       /* the last slot that was decided; 0 none */
	int64_t last_end_ms;  /* end of the last run, 0 none */
	const char *last_run; /* "" none */
	enum outcome last_outcome;
	int64_t last_success_ms; /* start of the last run that succeeded */
	int64_t failures;        /* in a row, 0 after a success */
	uint64_t joined; /* ends of parents up to this mark are used up */
};

/*
 * A parent's run ended, and a job that comes after it has not used that up
 * yet. Strings are borrowed. Marks count ends on this host, those of all jobs,
 * and never go back. A record without an id of a run only takes back: the end
 * that has the mark replaces, and all up to used.
 */
struct record_after {
	const char *job;    /* that comes after it */
	uint64_t mark;      /* of the end; 0 when there is no run */
	const char *parent; /* the job that ended */
	const char *run;
	enum outcome outcome;
	int32_t exit_code; /* -1 none */
	int64_t end_ms;
	const char *chain;   /* run_begin_chain() of the run */
	const char *params;  /* JSON, "" none */
	uint64_t replaces;   /* 0 none */
	uint64_t used;       /* 0 none */
	const char *results; /* JSON: what the run left, "" nothing */
	bool moved;          /* another host has told it; not recorded */
};

/* In run_begin.copy: each of the hosts has one, and it is this one's. */
#define COPY_OF_HOST UINT32_MAX

/* Which of the slot's copies a run is: "" the only one, a number, @HOST. */
#define RUN_COPY_SIZE 258
void run_begin_copy(const struct run_begin *begin, char copy_r[RUN_COPY_SIZE]);

/* A run that failed and is to be tried again. */
struct record_retry {
	const char *run; /* the one that failed */
	const char *job;
	int64_t slot_ms;
	int32_t attempt; /* the coming one */
	int64_t due_ms;
	const char *chain;   /* of the run that failed, never "" */
	const char *parent;  /* "" none */
	const char *params;  /* JSON, "" none */
	const char *parents; /* JSON, "" none; see params.h */
};

/* A run ended. */
struct record_end {
	struct run_begin begin; /* again, for a store that never saw it begin */
	struct run_result result;
	int64_t retry_ms; /* when the next attempt is due; 0: there is none */
	bool has_file;    /* output is in the run file, which may then go */
};

/*
 * Slots of a job that did not run: from slot_ms to until_ms (the same for
 * one); count of them, 0 when nobody counted.
 */
struct record_slot {
	const char *job;
	int64_t slot_ms;
	int64_t until_ms;
	int64_t count;
	/*
	 * OUTCOME_SKIPPED or OUTCOME_MISSED. OUTCOME_NONE: what was told of
	 * slots while Redis was away is not so; those rows go. The same with
	 * the reason RECORD_REWIND: the clock was far ahead; nothing later
	 * than slot_ms is decided yet, and rows without a run end there.
	 */
	enum outcome outcome;
	const char *reason; /* a word of INTERFACE.md: "overlap", "late" */
	const char *detail; /* a sentence, or "" */
	const char *host;
	uint64_t joined; /* as in struct run_begin */
};

#define RECORD_REWIND "clock"

/* Is it no slot, but says that the clock was far ahead? */
bool record_slot_rewinds(const struct record_slot *r);

/* Somebody paused a job, or ended that. Strings are borrowed. */
struct record_pause {
	const char *job;    /* or PAUSE_ALL */
	bool on;            /* false: it has ended; the rest does not count */
	const char *who;    /* "uid 0" */
	const char *reason; /* "" none */
	int64_t since_ms;
	int64_t until_ms; /* 0: until it is ended */
};

/* Sorts before any job's name, and is none. */
#define PAUSE_ALL "*"

/*
 * Somebody changed something by hand. Strings are borrowed; was and became
 * are JSON, "" nothing.
 */
struct record_audit {
	const char *id; /* of its own, as those of runs */
	int64_t at_ms;
	const char *host;
	const char *who;    /* "uid 0 (root)", "token ci" */
	const char *from;   /* an address; "socket" */
	const char *action; /* "pause" */
	const char *object; /* a job, run, token ...; "" the daemon */
	const char *was, *became;
	const char *forget; /* what was before this id goes; "" nothing does */
};

void record_audit_encode(const struct record_audit *r, struct wire_writer *w);
int record_audit_decode(struct record_audit *r, struct wire_reader *in);

/* How a notification stands; numbers are on the wire, and in no store. */
enum notice_state {
	NOTICE_WAITING = 0,
	NOTICE_DELIVERED = 1,
	NOTICE_FAILED = 2, /* given up */
};
#define NOTICE_STATES 3

/* "waiting", "sent" or "failed"; and back, -1 when it is none. */
const char *notice_state_name(enum notice_state state);
int notice_state_parse(const char *name);

/* 16 digits and NUL. */
#define NOTICE_ID_SIZE 17

/*
 * One notification for one receiver. Strings are borrowed. What it is of
 * decides its id, so that what is told again after a crash is the same one.
 * Later records of it change state, tries, next_ms, done_ms and error; one
 * that is not waiting any more stays as it is.
 */
struct record_notice {
	const char *id;
	const char *receiver; /* [notify NAME], or "ping" */
	const char *event;    /* "failure", "node-down" */
	const char *job;      /* "" none */
	const char *run;      /* "" none */
	const char *host;     /* that sends it */
	int64_t created_ms;
	enum notice_state state;
	int32_t tries;
	int64_t next_ms;   /* of the next try; 0 at once */
	int64_t done_ms;   /* sent or given up; 0 not yet */
	const char *error; /* of the last try; "" none */
	const char *facts; /* a JSON object of strings, see notify/facts.h */
};

void record_notice_encode(const struct record_notice *r, struct wire_writer *w);
int record_notice_decode(struct record_notice *r, struct wire_reader *in);
void record_pause_encode(const struct record_pause *r, struct wire_writer *w);
int record_pause_decode(struct record_pause *r, struct wire_reader *in);
void record_after_encode(const struct record_after *r, struct wire_writer *w);
int record_after_decode(struct record_after *r, struct wire_reader *in);
void record_job_encode(const struct record_job *r, struct wire_writer *w);
int record_job_decode(struct record_job *r, struct wire_reader *in);
void record_retry_encode(const struct record_retry *r, struct wire_writer *w);
int record_retry_decode(struct record_retry *r, struct wire_reader *in);
void record_end_encode(const struct record_end *r, struct wire_writer *w);
int record_end_decode(struct record_end *r, struct wire_reader *in);
void record_slot_encode(const struct record_slot *r, struct wire_writer *w);
int record_slot_decode(struct record_slot *r, struct wire_reader *in);

#endif
