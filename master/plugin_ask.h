/*
 * Asks a plugin what it is by running belfry-worker-lib, and waits for it: for
 * commands that need no daemon.
 */
#ifndef BELFRY_PLUGIN_ASK_H
#define BELFRY_PLUGIN_ASK_H

#include "plugin_book.h"

/*
 * Writes the answer, or that there is none, into the entry. library: a
 * descriptor of the program. As that user and group when uid is not -1.
 */
void plugin_ask(struct plugin_entry *entry, int library, uid_t uid, gid_t gid);

#endif
