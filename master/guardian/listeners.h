/*
 * The listening sockets of the daemon. The guardian opens them once, holds
 * them for as long as it lives, and hands them to the roles.
 */
#ifndef BELFRY_GUARDIAN_LISTENERS_H
#define BELFRY_GUARDIAN_LISTENERS_H

#include "config/config.h"
#include "priv.h"

/* Owned descriptors, -1 when there is none. */
struct listeners {
	int workers_fd;                 /* run-dir/worker.sock */
	int api_fd;                     /* the command's unix socket */
	int tcp_fds[CONFIG_LISTEN_MAX]; /* of the configuration's listen */
};

void listeners_init(struct listeners *l);

/* Opens all of them. 0, or -1 with err. */
int listeners_open(struct listeners *l, const struct config *config,
    const struct priv_ids *ids, struct err *err);

/* Closes them; what is on a disk stays. */
void listeners_close(struct listeners *l);

/* Removes what the unix sockets have on a disk. */
void listeners_unlink(const struct listeners *l, const struct config *config);

#endif
