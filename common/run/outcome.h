/* The words of the ledger. Numbers are on the wire and in run files. */
#ifndef BELFRY_RUN_OUTCOME_H
#define BELFRY_RUN_OUTCOME_H

enum outcome {
	OUTCOME_NONE = 0, /* it runs, or nothing is known yet */
	/* of a run */
	OUTCOME_SUCCESS = 1,
	OUTCOME_FAILURE = 2,
	OUTCOME_TIMEOUT = 3,
	OUTCOME_KILLED = 4,
	OUTCOME_LOST = 5,
	OUTCOME_LAUNCH_FAILED = 6,
	/* of a slot without a run */
	OUTCOME_SKIPPED = 7,
	OUTCOME_MISSED = 8,
	OUTCOME_COUNT = 9,
};

enum trigger {
	TRIGGER_SCHEDULE = 0,
	TRIGGER_MANUAL = 1,
	TRIGGER_RETRY = 2,
	TRIGGER_AFTER = 3,
	TRIGGER_CATCH_UP = 4,
	TRIGGER_QUEUE = 5,
	TRIGGER_COUNT = 6,
};

/* "success", "launch-failed" ...; "running" for OUTCOME_NONE. */
const char *outcome_name(enum outcome outcome);

/* Back; -1 when it is none of them. */
int outcome_parse(const char *name);

/* "schedule", "catch-up" ... */
const char *trigger_name(enum trigger trigger);
int trigger_parse(const char *name);

/* "TERM" for 15; "?" for what is none. */
const char *signal_name(int signal);

/* "TERM", "SIGTERM" or "15" (any case) -> 15; -1 when it is none. */
int signal_parse(const char *name);

#endif
