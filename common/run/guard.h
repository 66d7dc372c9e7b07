/*
 * What the master asks the recorder before it starts a run of a slot, with a
 * guard: the payloads of GUARD_ASK and GUARD_ANSWER. The same run may ask
 * again, and hears the same.
 */
#ifndef BELFRY_RUN_GUARD_H
#define BELFRY_RUN_GUARD_H

#include <stdint.h>

#include "ipc/wire.h"

/* Strings are borrowed. */
struct guard_ask {
	const char *run; /* its id */
	const char *job;
	const char *copy; /* "" the slot has one; a number; @HOST */
	int64_t slot_ms;
	int32_t attempt;
};

/* Numbers are on the wire. */
enum guard_verdict {
	GUARD_YES = 1,   /* nobody else can have it now */
	GUARD_TAKEN = 2, /* another run has it, or had it */
	GUARD_DOWN = 3,  /* nobody knows: ask again */
};

struct guard_answer {
	const char *run;
	enum guard_verdict verdict;
	const char *text; /* "run ID on host H" that has it; or why not */
};

void guard_ask_encode(const struct guard_ask *ask, struct wire_writer *w);
void
guard_answer_encode(const struct guard_answer *answer, struct wire_writer *w);

/* 0, or -1 when malformed. */
int guard_ask_decode(struct guard_ask *ask_r, struct wire_reader *in);
int guard_answer_decode(struct guard_answer *answer_r, struct wire_reader *in);

#endif
