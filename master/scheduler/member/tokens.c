/* Semaphores of the cluster, for runs/uses.c. */
#include <stdlib.h>

#include "scheduler/member/internal.h"
#include "scheduler/runs/uses.h"

void
member_take(struct master *m, const char *name, uint32_t limit, const char *run,
    cluster_take_cb *cb, void *arg)
{
	cluster_take(m->member->cluster, name, limit, 1, run, cb, arg);
}

void
member_give(struct master *m, const char *name, const char *run)
{
	cluster_give(m->member->cluster, name, run);
}

void
member_tell_tokens(struct member *member)
{
	size_t n;
	const char **list = uses_list(member->master, &n);

	cluster_keep(member->cluster, list, n);
	free(list);
}
