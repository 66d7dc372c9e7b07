/*
 * Slots that are this host's to record, and what stands for them until that is
 * on disk: their claims, for others, and their run files, for the next start.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/member/internal.h"

enum owed_what {
	OWED_END,    /* the claim, and the run file */
	OWED_BEFORE, /* a run's slots before it */
};

/* What follows once rows are on disk. */
struct owed {
	struct owed *next;
	uint64_t seq; /* the recorder's, once it has confirmed that */
	enum owed_what what;
	char run[RUN_ID_SIZE]; /* END: "" there is no run file */
	int place;             /* of that, -1 */
	struct claim *claim;   /* END: NULL none */
};

static void
end(struct member *member, struct owed *owed)
{
	struct master *m = member->master;

	if (owed->claim != NULL)
		cluster_finish(member->cluster, owed->claim, 0, NULL, NULL);
	if (owed->run[0] != '\0' && runfile_free(m->runs_dir, owed->run) == -1)
		log_warn("cannot free the run file of %s: %s", owed->run,
		    strerror(errno));
	places_give(&m->places, owed->place);
}

/* If it is over, its file goes with the record of that. */
static void
settle(struct member *member, const char *id)
{
	struct run *run = runs_find(&member->master->runs, id);

	if (run == NULL || run->claim == NULL)
		return;
	run->begin.before_ms = 0;
	if (runfile_settle(member->master->runs_dir, id) == -1)
		log_warn(
		    "cannot write the run file of %s: %s", id, strerror(errno));
	cluster_settle(member->cluster, run->claim);
}

static void
settle_owed(struct member *member, struct owed *owed)
{
	if (owed->what == OWED_END)
		end(member, owed);
	else
		settle(member, owed->run);
	free(owed);
}

/* In the order of what was recorded. */
static void
add(struct member *member, const struct owed *what)
{
	const struct outbox *box = &member->master->outbox;
	struct owed *owed = xmalloc(sizeof(*owed));

	*owed = *what;
	owed->next = NULL;
	owed->seq = box->seq;
	if (box->n == 0) {
		settle_owed(member, owed);
		return;
	}
	if (member->owed == NULL)
		member->owed = owed;
	else
		member->owed_last->next = owed;
	member->owed_last = owed;
}

void
member_owe(struct member *member, struct claim *claim)
{
	add(member, &(const struct owed){.claim = claim, .place = -1});
}

void
member_owe_before(struct run *run)
{
	struct owed owed = {.what = OWED_BEFORE};

	memcpy(owed.run, run->begin.id, sizeof(owed.run));
	add(run->master->member, &owed);
}

/* From now on the file stands for a row: no start makes a run of it. */
static void
turn_file(struct run *run)
{
	if (run->begin.fence == 0 && run->begin.before_ms == 0)
		return;
	run->begin.fence = 0;
	run->begin.attempt = 0;
	if (run_make_files(run) == -1)
		log_warn("cannot write the run file of %s: %s", run->begin.id,
		    strerror(errno));
}

void
member_end_recorded(struct run *run)
{
	struct owed owed = {.claim = run->claim, .place = run->place};

	turn_file(run);
	memcpy(owed.run, run->begin.id, sizeof(owed.run));
	/* These are the row's now. */
	run->claim = NULL;
	run->place = -1;
	run->asked = false;
	add(run->master->member, &owed);
	member_vanish(run);
}

void
member_owed_confirmed(struct member *member, uint64_t seq)
{
	struct owed *owed;

	while ((owed = member->owed) != NULL && owed->seq <= seq) {
		member->owed = owed->next;
		settle_owed(member, owed);
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
