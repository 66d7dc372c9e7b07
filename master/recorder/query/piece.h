/*
 * The output of a run that another host has: read there a piece at a time, as
 * from a store. A piece travels as JSON, {"start": POSITION, "hex": BYTES}; no
 * bytes: there are no more.
 */
#ifndef BELFRY_RECORDER_QUERY_PIECE_H
#define BELFRY_RECORDER_QUERY_PIECE_H

#include "recorder/query/query.h"

/* Of all hosts, which answer a second question only after the first. */
#define PIECE_BYTES_MAX 16384

/* Answers "piece", to another host. */
void piece_answer(struct query_env *env, const struct ask *ask);

/*
 * Asks host for the piece of a run that holds position pos, or the first after
 * it: as the store's output() does.
 */
void piece_ask(struct others *others, const char *host, const char *run,
    uint64_t pos, store_piece_cb *piece, store_done *done, void *arg);

#endif
