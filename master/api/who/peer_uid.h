/*
 * Whose program is at the other end of a TCP connection within this machine:
 * the kernel tells, as it does for unix sockets (sock_diag(7)).
 */
#ifndef BELFRY_API_WHO_PEER_UID_H
#define BELFRY_API_WHO_PEER_UID_H

#include <sys/types.h>

#include "base/address.h"

/* A socket to ask the kernel by; -1 with errno. Before the sandbox. */
int peer_uid_open(void);

/*
 * Who has the socket at address remote that is connected with local; -1 when
 * nobody has it any more, or it is not known. asker is of peer_uid_open().
 */
uid_t peer_uid_find(
    int asker, const struct address *local, const struct address *remote);

#endif
