/* The recorder, for who is not it. */
#ifndef BELFRY_MASTER_RECORDER_RECORDER_H
#define BELFRY_MASTER_RECORDER_RECORDER_H

#include "base/err.h"
#include "config/config.h"

/*
 * Could a recorder of this version work with the store that the configuration
 * names? 0, or -1 with err. Nothing is changed.
 */
int recorder_knows_store(const struct config *config, struct err *err);

#endif
