/* What the files of the membership share. */
#ifndef BELFRY_SCHEDULER_MEMBER_INTERNAL_H
#define BELFRY_SCHEDULER_MEMBER_INTERNAL_H

#include <sys/queue.h>

#include "cluster/cluster.h"
#include "placement/rank.h"
#include "scheduler/master.h"
#include "scheduler/member/member.h"

/* "JOB", "JOB#2" or "JOB@NODE". */
#define KEY_SIZE (JOB_NAME_MAX + 256 + 2)

/* One live host; the same index as in member->ranked. */
struct member_host {
	char name[CLUSTER_NAME_MAX + 1];
	char incarnation[CLUSTER_INCARNATION_MAX];
	char tags[512];
	int64_t changed_ms; /* BOOTTIME when it was last heard of */
	char version[32];
	uint64_t jobs;   /* digest */
	uint64_t tzdata; /* digest */
	int64_t skew_ms;
	int64_t max_running; /* 0: it did not say */
	bool draining;
	bool full;
};

struct arrival;   /* letters/ends.c */
struct pending;   /* letters/orders.c */
struct survey;    /* letters/survey.c */
struct testimony; /* letters/witness.c */
struct buried;    /* lost.c */
struct owed;      /* owed.c */

struct member {
	struct master *master;
	struct cluster *cluster;
	struct event *pulse;   /* every PULSE_MS */
	struct event *arrival; /* of marks, at the start */
	uint64_t epoch;        /* of the lease */
	int64_t lease_us;      /* as it was written last */
	int64_t full_ms;       /* BOOTTIME: since when it is full; 0 */
	int64_t wave_ms;       /* BOOTTIME: since when claims go first; 0 */
	bool hands_over;       /* what is claimed, while draining */
	bool joined;           /* a majority has our session */
	bool ready;
	bool told_down; /* the log has been told */
	bool told_skew;
	int64_t down_ms;   /* wall clock: no Redis since then; 0: there is */
	int64_t back_ms;   /* when the last such time was over */
	int64_t began_ms;  /* it was, once before: since then */
	size_t marks_left; /* jobs whose marks are awaited */
	char refused[256]; /* why this host may not take part; "" */
	char *words;       /* as they were told last; owned */
	uint64_t tzdata;   /* digest of ours */
	struct rank_host *ranked; /* of all live hosts; the first is this */
	struct member_host *hosts;
	size_t nhosts, ranked_cap, hosts_cap;
	uint64_t told_differ; /* hash of what was said about differences */
	struct pending *pending;
	struct survey *surveys;
	struct testimony *testimonies;
	uint64_t tickets;
	struct buried *buried;
	struct owed *owed, *owed_last;
	LIST_HEAD(, ending) endings; /* holds.c */
	struct arrival *arrivals;
	uint64_t heard[256]; /* hashes of ends that were told; a ring */
	size_t nheard;
	uint64_t homes;  /* hash of the hosts that can be one; letters/ends.c */
	int64_t move_ms; /* BOOTTIME to look for homes again; 0: no need to */
};

/* Milliseconds of CLOCK_BOOTTIME. */
int64_t member_boot_ms(void);

/*
 * session.c: incarnations of this host before this one, separated by blanks; ""
 * none. The caller frees it.
 */
char *member_read_former(int dirfd);

/*
 * Writes the present one down, before it is used: the next start must know it.
 * alone: those before it are taken over.
 */
void member_keep_incarnation(struct member *member, bool alone);

/* Tells the workers until when the session holds, if that has changed. */
void member_write_lease(struct member *member);

/* The session was lost: workers of the epoch before keep what they know. */
void member_new_epoch(struct member *member);
void member_read_epoch(struct member *member);

/* How long before the end of a lease its runs begin to end. */
int64_t member_grace_ms(const struct member *member);

/* hosts.c: the runs of this host that have not ended, and how many it may have. */
size_t member_own_load(const struct master *m);
unsigned member_own_share(const struct config *config);

/* As many runs as it may have: in progress, waiting, or asked for. */
bool member_is_full(const struct master *m);

/* What the others are told of this host; allocated. */
char *member_make_words(const struct master *m);

/* Reads the sessions again, into member->ranked and member->hosts: now and then. */
void member_read_hosts(struct member *member);

/*
 * What this host has to do with a slot of job that is for the hosts of an
 * expression, the job's own or another. since_ms: only a host that was heard of after
 * that (BOOTTIME) is sure to look after its copy; 0: any that lives. How many
 * hosts may run it now; 0: none.
 */
size_t
member_part(struct member *member, const struct job *job, const char *hosts,
    int64_t slot_ms, int64_t since_ms, struct rank_part *part_r);

/* The first host of that order but this one; NULL: none. */
const char *
member_next_host(struct member *member, const struct job *job, int64_t slot_ms);

/*
 * The host where what a job waits for is gathered, the same for all that see the
 * same hosts; NULL: none of those that may run it lives.
 */
const char *member_home(struct member *member, const struct job *job);

/* The name of an incarnation's node; NULL when it is not known. */
const char *
member_node_of(const struct member *member, const char *incarnation);

/* The index of a live node; -1: none. */
int member_find_host(const struct member *member, const char *node);

/* What a staged run is, where it is no run: struct run has a pointer. */
struct member_row {
	struct record_slot slot; /* strings are the row's */
	char reason[32];
	char detail[512];
	/*
	 * While Redis was away it was recorded already, and others before it,
	 * since then: whoever claims them may prove that wrong. 0: it was not.
	 */
	int64_t told_ms;
	bool has_gaps; /* other hosts were the first for some since told_ms */
	bool in_doubt; /* a claim of it was asked for, and may be granted */
};

/* The run of a dead host that a staged one is to replace. */
struct member_lost {
	char incarnation[CLUSTER_INCARNATION_MAX];
	char id[CLUSTER_ID_MAX + 8];
};

/* stage.c: a staged run whose turn is now. */
struct run *member_stage_now(struct master *m, struct job *job, int64_t slot_ms,
    uint32_t copy, enum trigger trigger, int32_t attempt);

/* The run of a slot becomes a row about it. */
void member_make_row(struct run *run, const struct record_slot *slot);

/* Goes without a trace: file, place, memory. */
void member_vanish(struct run *run);

/* claims.c: asks for a staged run's slot. */
void member_ask(struct run *run);

/*
 * owed.c: what was recorded last settles the claim, which ends when that is on
 * disk: until then others would have to record it if this host were lost.
 */
void member_owe(struct member *member, struct claim *claim);

/*
 * A row was recorded in place of the run, which is gone now. Its claim, if it
 * has one, and its run file stay until the row is on disk.
 */
void member_end_recorded(struct run *run);

/*
 * Slots before that of the run, from begin.before_ms on, were recorded: its
 * claim and its run file tell of them until they are on disk. If it ends before
 * that, its file goes on to.
 */
void member_owe_before(struct run *run);

void member_owed_confirmed(struct member *member, uint64_t seq);
void member_owed_free(struct member *member);

/*
 * Records a slot that does not run though it was granted, and those before it,
 * back to before_ms (0: none), that nobody claimed. key is as member_key() has it.
 */
void member_record_fate(
    struct member *member, const char *key, const struct cluster_owed *fate);

/* "JOB", "JOB#2", "JOB@NODE" to a job's name and a copy. */
uint32_t member_split_key(const char *key, char name_r[JOB_NAME_MAX + 1]);

/* Of several copies of a slot the first one tells of it. */
bool member_is_teller(uint32_t copy);

/*
 * told.c: slots that were recorded as missed while Redis could not be reached,
 * and are claimed all the same, to find out whether that is true.
 *
 * Who would have claimed it first records it so.
 */
void member_tell_down(struct run *run, bool in_doubt);

/*
 * The slot of the run, which was told of, is this host's: the first one after
 * before_ms that need not be accounted for, because it was told. What it told
 * between slots of other hosts is taken back, to be accounted for with those,
 * since the others take theirs back.
 */
int64_t member_told_from(struct run *run, int64_t before_ms);

/* Nobody can say any more whether it was claimed: it does not run, and is gone. */
void member_tell_forgotten(struct run *run);

/*
 * Takes back what was told of slots up to last_ms: others have claimed them,
 * but for those of which Redis knows nothing. Nothing if run has told nothing.
 */
void member_told_until(
    struct run *run, const struct claim_answer *answer, int64_t last_ms);

/*
 * run is claimed, and sees to the slots from after_ms on. What other runs of
 * its job have told of them is its own now, those before until_ms to be
 * recorded anew.
 */
void member_told_merge(struct run *run, int64_t after_ms, int64_t until_ms);

/*
 * claims.c: slots that nobody claimed, since before_ms (0: none) and until the
 * run's, are this host's to record. True: there are; begin.before_ms says so.
 */
bool member_account(struct run *run, int64_t before_ms);

/* asks.c: longer than anything is late. */
#define MEMBER_NEVER_LATE_MS (INT64_MAX / 4)

/* How late Redis may find the slot, ms. */
int64_t member_deadline_ms(const struct run *run);

/* Is it a slot of the schedule? Anything else is bound to no mark. */
bool member_is_slot(const struct run *run);
void member_key(const struct run *run, char key_r[KEY_SIZE]);

/* What is asked for a run; ask_r borrows from both. */
void
member_fill_ask(struct run *run, struct claim_ask *ask_r, char key_r[KEY_SIZE]);

/* All its schedules are @after. */
bool member_is_delay(const struct job *job);

/* The cluster's events. */
void member_taken(struct claim *claim, void *arg);
void member_reaped(const struct cluster_lost *lost, void *arg);
void
member_owed(struct claim *claim, const struct cluster_owed *owed, void *arg);
void member_message(const char *from, const char *text, void *arg);

/* tokens.c: what runs of this host have of semaphores, to all servers. */
void member_tell_tokens(struct member *member);

/* holds.c */
void member_endings_free(struct member *member);

/* letters/letters.c: asks a node to claim what this host gives up; node may be NULL. */
void
member_offer(struct member *member, const char *node, const struct run *run);

/* The same for a run of a dead host. */
void member_offer_lost(
    struct member *member, const char *node, const struct cluster_lost *lost);

/* A run there, of this claim, makes place for a newer one. */
void member_replace(struct member *member, const char *node, const char *id);

void member_letters_free(struct member *member);

/* letters/ends.c: sends what is gathered elsewhere now, if hosts have changed. */
void member_look_for_homes(struct member *member);

/* The recorder has confirmed all up to seq. */
void member_ends_confirmed(struct member *member, uint64_t seq);

/* lost.c: the run in the place of a lost one is claimed, or another has it. */
void member_rerun_over(struct master *m, const char *id);

/* Another host has recorded it and leaves it to this one to run it again. */
void member_run_lost(struct member *member, const struct cluster_lost *lost);

void member_buried_free(struct member *member);

#endif
