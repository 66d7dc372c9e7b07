/* Questions about the users' own crontabs: "belfry crontab". */
#ifndef BELFRY_SCHEDULER_CRONTAB_ANSWER_H
#define BELFRY_SCHEDULER_CRONTAB_ANSWER_H

#include "ask.h"

struct master;

/*
 * Root, and whom the daemon runs as, may have anybody's; everybody else only
 * their own, and all of them only where cron.allow and cron.deny let the user
 * have one. Who asks is the unix socket's peer.
 */
void answer_crontab(struct master *m, struct ask *ask);
void answer_crontab_install(struct master *m, struct ask *ask);
void answer_crontab_remove(struct master *m, struct ask *ask);

#endif
