/* Semaphores of the cluster, for runs/uses.c. */
#include <stdlib.h>

#include "scheduler/crew/internal.h"
#include "scheduler/runs/uses.h"

void
crew_take(struct master *m, const char *name, uint32_t limit, const char *run,
    void (*cb)(bool taken, bool down, void *arg), void *arg)
{
	cluster_take(m->crew->cluster, name, limit, 1, run, cb, arg);
}

void
crew_give(struct master *m, const char *name, const char *run)
{
	cluster_give(m->crew->cluster, name, run);
}

void
crew_tell_tokens(struct crew *crew)
{
	size_t n;
	const char **list = uses_list(crew->master, &n);

	cluster_keep(crew->cluster, list, n);
	free(list);
}
