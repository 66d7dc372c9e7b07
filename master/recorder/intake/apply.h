/* A record of the master, from its message to a store. */
#ifndef BELFRY_RECORDER_INTAKE_APPLY_H
#define BELFRY_RECORDER_INTAKE_APPLY_H

#include "ipc/packet.h"
#include "recorder/store.h"

/*
 * Writes the record of a RECORD_* message between the store's begin and
 * commit. end_r gets what a RECORD_END says. False: it is malformed, and
 * nothing was written.
 */
bool apply_record(struct store *store, uint16_t type, struct wire_reader *r,
    struct record_end *end_r);

#endif
