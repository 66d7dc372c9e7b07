/* Slots that are this host's to record, and the claims behind them. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scheduler/member/internal.h"

/* A claim whose slot is recorded, until that is on disk. */
struct owed {
	struct owed *next;
	struct claim *claim;
	uint64_t seq; /* the recorder's, once it has confirmed that */
};

void
member_owe(struct member *member, struct claim *claim)
{
	const struct outbox *box = &member->master->outbox;
	struct owed *owed;

	if (box->n == 0) {
		cluster_finish(member->cluster, claim, 0, NULL, NULL);
		return;
	}
	owed = xcalloc(1, sizeof(*owed));
	owed->claim = claim;
	owed->seq = box->seq;
	owed->next = member->owed;
	member->owed = owed;
}

void
member_owed_confirmed(struct member *member, uint64_t seq)
{
	struct owed **p = &member->owed, *owed;

	while ((owed = *p) != NULL) {
		if (owed->seq > seq) {
			p = &owed->next;
			continue;
		}
		*p = owed->next;
		cluster_finish(member->cluster, owed->claim, 0, NULL, NULL);
		free(owed);
	}
}

void
member_owed_free(struct member *member)
{
	struct owed *owed;

	while ((owed = member->owed) != NULL) {
		member->owed = owed->next;
		free(owed);
	}
}

uint32_t
member_split_key(const char *key, char name_r[JOB_NAME_MAX + 1])
{
	size_t len = strcspn(key, "#@");

	snprintf(name_r, JOB_NAME_MAX + 1, "%.*s", (int)len, key);
	if (key[len] == '@')
		return COPY_OF_HOST;
	return key[len] == '#' ? (uint32_t)strtoul(key + len + 1, NULL, 10) : 0;
}

bool
member_is_teller(uint32_t copy)
{
	return copy <= 1 || copy == COPY_OF_HOST;
}

static void
record(struct member *member, const char *job, const struct cluster_owed *fate)
{
	bool skipped = fate->fate == CLUSTER_FATE_SKIPPED;
	const struct record_slot slot = {
	    .job = job,
	    .slot_ms = fate->slot_ms,
	    .until_ms = fate->slot_ms,
	    .count = 1,
	    .outcome = skipped ? OUTCOME_SKIPPED : OUTCOME_MISSED,
	    .reason = skipped ? "overlap" : "in-doubt",
	    .detail = skipped ?
		"the run before it was not over" :
		"it was claimed, and a later slot before it was started",
	    .host = member->master->config->node_name,
	};

	outbox_slot(member->master, &slot);
}

void
member_record_fate(
    struct member *member, const char *key, const struct cluster_owed *fate)
{
	char name[JOB_NAME_MAX + 1];
	struct job *job;

	if (!member_is_teller(member_split_key(key, name)))
		return;
	job = jobs_find(&member->master->jobs, name);
	if (job != NULL && job->def != NULL && fate->before_ms != 0)
		fire_passed(member->master, job, fate->before_ms, fate->slot_ms,
		    "late");
	if (fate->fate != CLUSTER_FATE_STARTED)
		record(member, name, fate);
}

void
member_owed(struct claim *claim, const struct cluster_owed *owed, void *arg)
{
	struct member *member = arg;

	member_record_fate(member, owed->job, owed);
	member_owe(member, claim);
}
