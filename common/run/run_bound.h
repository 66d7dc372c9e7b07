/* Run ids as times: they begin with the moment they were made. */
#ifndef BELFRY_RUN_RUN_BOUND_H
#define BELFRY_RUN_RUN_BOUND_H

#include <stdint.h>

#include "run/spec.h"

/* "0" to "z": digits of base 32 that sort by value, as Crockford's. */
#define RUN_ID_DIGITS "0123456789abcdefghjkmnpqrstvwxyz"

/* Digits of an id that are milliseconds since 1970. */
#define RUN_ID_TIME 9

/*
 * The beginning of all ids that were made at ms: those made before sort before
 * it, the others behind. Times before 1970 are 1970.
 */
void run_bound(int64_t ms, char bound_r[RUN_ID_SIZE]);

#endif
