/* Which belfry this is. */
#ifndef BELFRY_BASE_VERSION_H
#define BELFRY_BASE_VERSION_H

/*
 * "0.1.0". A file of its own in the library, so that a program can be linked
 * with another one.
 */
const char *belfry_version(void);

#endif
