/* What the files of letters share: one letter, and how it is sent. */
#ifndef BELFRY_SCHEDULER_MEMBER_LETTERS_LETTER_H
#define BELFRY_SCHEDULER_MEMBER_LETTERS_LETTER_H

#include <jansson.h>

#include "scheduler/member/internal.h"

/* A letter as it is read. */
struct letter {
	struct member *member;
	const char *from; /* a node */
	json_t *json;
};

/* What a letter says: "" and 0 for what is not there. */
const char *letter_text(const struct letter *letter, const char *key);
int64_t letter_number(const struct letter *letter, const char *key);

/* Sends json, which it takes, to a node. 0; -1: nobody can be told. */
int letter_post(struct member *member, const char *node, json_t *json);

/* orders.c */
void letter_take_run(const struct letter *letter);
void letter_take_kill(const struct letter *letter);
void letter_take_done(const struct letter *letter);
void letter_take_refused(const struct letter *letter);
void member_orders_free(struct member *member);

/* ends.c: a parent has ended; that is written down there. */
void letter_take_end(const struct letter *letter);
void letter_take_kept(const struct letter *letter);
void member_arrivals_free(struct member *member);

/* survey.c: what another host's ledger says. */
void letter_take_told(const struct letter *letter);
void member_surveys_free(struct member *member);

/* witness.c: another host asks what the ledger here says. */
void letter_take_ask(const struct letter *letter);
void member_witness_free(struct member *member);

#endif
