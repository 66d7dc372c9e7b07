/*
 * This daemon as one host of a cluster: between a slot that is due and a run
 * that may start stands a claim that all hosts agree on. Without [cluster]
 * m->member is NULL and none of this is called.
 *
 *   member.c    start, end, what the cluster tells
 *   session.c   what of a session outlives the process, and its lease
 *   stage.c     slots on their way to a claim, in the order of the hosts
 *   asks.c      what is asked of Redis for a run
 *   claims.c    the asking, and what becomes of the answers
 *   wave.c      many claims at once, and the launches behind them
 *   holds.c     runs that have their claim
 *   hosts.c     the hosts there are, as ranks and people see them
 *   lost.c      runs of hosts that died
 *   owed.c      slots that are this host's to record
 *   told.c      slots that were recorded as missed, in doubt of that
 *   tokens.c    semaphores
 *   letters/    what hosts ask of each other: run, kill, offer, pause, and what
 *               their ledgers say
 *   numbers.c   metrics
 *   report.c    answers to "nodes" and "status"
 *
 * A slot is staged as a run in state RUN_STAGED, unknown to the recorder. When
 * the claim is won it goes on as any other run, or is recorded as a slot that
 * did not run; when another host has it, it vanishes without a trace.
 */
#ifndef BELFRY_SCHEDULER_MEMBER_H
#define BELFRY_SCHEDULER_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "ask.h"
#include "base/err.h"
#include "cluster/protocol/types.h"
#include "ipc/packet.h"
#include "run/record.h"
#include "run/result.h"

struct member;
struct job;
struct master;
struct run;
struct spec_source;
struct strbuf;

/* With [cluster] in the configuration: makes m->member. 0 or -1 with err. */
int member_init(struct master *m, struct err *err);

/* Ends the session at once; what runs here goes on. */
void member_free(struct master *m);

/* Recovery is over: runs that live on were told. */
void member_start(struct master *m);

/*
 * True once it is known which slots are decided, or that nobody can be asked:
 * before that nothing is fired.
 */
bool member_is_ready(const struct master *m);

/* Draining, jobs were loaded: the others are told at once. */
void member_changed(struct master *m);

/* stage.c: a due slot, to be claimed and run. */
void member_stage_slot(
    struct master *m, struct job *job, int64_t slot_ms, enum trigger trigger);

/*
 * Slots that do not run: row is recorded by the one host that claims the last
 * of them, row->until_ms. Its strings are copied.
 */
void member_stage_row(
    struct master *m, struct job *job, const struct record_slot *row);

/* The timer of a staged run went off. */
void member_turn(struct run *run);

/* While draining: what is claimed and did not start goes to others. */
void member_hand_over(struct master *m);

/*
 * claims.c: a run that is no slot of the schedule (by hand, repetition) waits
 * for room: it needs a claim, too. Nothing when it has one.
 */
void member_claim_extra(struct run *run);

/*
 * wave.c: many slots are due at once. While their claims are on their way
 * nothing is launched, for a moment at most: a claim takes microseconds, and a
 * launch would take the processor from it. False without a cluster.
 */
bool member_claims_first(const struct master *m);

/* holds.c: may it be launched now? */
bool member_may_launch(const struct run *run);

/*
 * guard.c: has the guard let it start, if there is one? Asks it once; what it
 * says starts the run, or ends it.
 */
bool member_is_guarded(struct run *run);

/* The timer of a waiting run: false when it is not the guard's. */
bool member_guard_due(struct run *run);

/*
 * A run that was to start is a row instead, and gone: its slot was skipped or
 * missed.
 */
void member_give_up(struct run *run, enum outcome outcome, const char *reason,
    const char *detail);

/* The recorder's GUARD_ANSWER. 0, or -1 when malformed. */
int member_guard_answer(struct master *m, struct message *message);

/* What a worker is told of the lease that its run needs. */
void member_fill_lease(const struct run *run, struct spec_source *source);

/*
 * The run is over: its claim ends. Adds to the result what others made of it
 * meanwhile.
 */
void member_ended(struct run *run, struct run_result *result);

/*
 * The run's claim is being ended, as run->ending says: wait, which it takes, is
 * settled when it is known whether others have taken the run for lost.
 */
struct after_wait;
void member_await(struct run *run, struct after_wait *wait);

/* Recovery: a run that lives, or has a claim that was answered. */
void member_hold(struct run *run);

/* Recovery: a claim that was asked for and never answered is asked again. */
void member_resume(struct run *run);

/* lost.c: the recorder has confirmed all up to seq. */
void member_confirmed(struct master *m, uint64_t seq);

/*
 * letters/orders.c: asks another host to run a job, or to end a run that is not
 * here. The question is answered when the host does, or by a time-out. False:
 * it is this host's own.
 */
bool member_run_elsewhere(struct master *m, struct ask *ask, const char *node,
    const char *job, const char *params);
bool member_kill_elsewhere(struct master *m, struct ask *ask, const char *run);
void member_cancel_ask(struct master *m, uint64_t ask);

/*
 * letters/survey.c: a question of the recorder to those of the other hosts,
 * which share no ledger with this one; ask.h.
 */
void member_ask_others(struct master *m, struct ask *ask);

/*
 * letters/witness.c: ANSWER_* of the recorder to what another host has asked. 0,
 * or -1 when malformed.
 */
int member_recorder_says(struct master *m, struct message *message);

/* Its channel is closed: nothing that was asked will be answered. */
void member_recorder_gone(struct master *m);

/*
 * letters/ends.c: the ends that a job waits for go where they are gathered, if
 * that is another host. And one that does not count, to take back another.
 */
void member_move_ends(struct master *m, struct job *job);
void member_tell_undone(
    struct master *m, const struct job *job, const struct record_after *end);

/* The same for the job's first fire: true if it is another host's now. */
bool member_move_fire(struct master *m, struct job *job);

/* Draining: slots or ends are on their way to other hosts, which do live. */
bool member_holds_drain(const struct master *m);

/* A pause began or ended here by hand: it does on all hosts. */
void member_pause_all_hosts(struct master *m, const struct record_pause *pause);

/*
 * How a job is now, for those who are told when that changes: said to a host,
 * or to all (NULL).
 */
void
member_tell_health(struct master *m, const struct job *job, const char *node);

/* tokens.c: see cluster_take() and cluster_give(). */
void member_take(struct master *m, const char *name, uint32_t limit,
    const char *run, cluster_take_cb *cb, void *arg);
void member_give(struct master *m, const char *name, const char *run);

/* report.c */
void member_answer_nodes(struct master *m, struct ask *ask);

/* numbers.c: its part of /metrics. */
void member_add_metrics(const struct master *m, struct strbuf *b);

/* The tags of a host, as far as they are known; "" none. */
const char *member_tags_of(const struct master *m, const char *name);

/* For the status; null without a cluster. */
json_t *member_status(const struct master *m);

#endif
