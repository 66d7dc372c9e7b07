/*
 * Ends of parents on their way to the host where they count. A job runs where
 * its parents end, if it may; but
 *
 *   - one that waits for several, which may end on several hosts, gathers them
 *     at its home: the first in the order of the hosts that it may run on,
 *   - one that may not run where they ended is begun at its home.
 *
 * An end is kept, and sent again now and then, until the other host says that
 * it has written it down. A letter is for one incarnation of that host: should
 * that die first, the end goes to whoever is the home then. When the home
 * changes, what it has of an open round goes to the next one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/job.h"
#include "placement/hosts.h"
#include "schedule/hash.h"
#include "scheduler/jobs/decide.h"
#include "scheduler/jobs/join.h"
#include "scheduler/jobs/policy.h"
#include "scheduler/member/letters/letter.h"
#include "scheduler/runs/outbox.h"

/* What was sent, or hosts may differ about, is looked at again. */
#define AGAIN_MS 5000

/* Of parameters and results: as text in a letter both may double. */
#define LETTER_TEXT_MAX 3500

/* How many parents it has, and whether all of them run on every host. */
static unsigned
count_parents(const struct master *m, const struct job *job, bool *everywhere_r)
{
	const char *p = job->def->options->after, *word;
	char name[JOB_NAME_MAX + 1];
	const struct job *parent;
	unsigned n = 0;
	size_t len;

	*everywhere_r = true;
	for (; (word = job_next_word(&p, &len)) != NULL; n++) {
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		parent = jobs_find(&m->jobs, name);
		*everywhere_r = *everywhere_r && parent != NULL &&
		    parent->def != NULL &&
		    hosts_count(parent->def->options->hosts) == HOSTS_ALL;
	}
	return n;
}

/*
 * Is one round that of all hosts? What runs on every host waits for its own
 * parents there.
 */
static bool
is_gathered(const struct master *m, const struct job *job)
{
	const struct job_options *o = job->def->options;
	bool everywhere;

	return o->after_join == JOB_AFTER_ALL &&
	    hosts_count(o->hosts) != HOSTS_ALL &&
	    count_parents(m, job, &everywhere) > 1 && !everywhere;
}

/* Its index among the hosts: 0 is this one; -1: there is none. */
static int
home_of(const struct master *m, const struct job *job)
{
	const char *home = member_home(m->member, job);

	return home != NULL ? member_find_host(m->member, home) : -1;
}

static void
look_again(struct member *member)
{
	if (member->move_ms == 0)
		member->move_ms = member_boot_ms() + AGAIN_MS;
}

static void
post_record(struct member *member, const struct member_host *home,
    const char *job, const struct record_after *end)
{
	const char *params = end->params;

	if (strlen(params) + strlen(end->results) > LETTER_TEXT_MAX) {
		log_warn("job %s: the parameters of run %s are too many to be "
			 "told to host %s, and are left out",
		    job, end->run, home->name);
		params = "";
	}
	letter_post(member, home->name,
	    json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:s, s:s, s:s}",
		"do", "end", "to", home->incarnation, "job", job, "parent",
		end->parent, "run", end->run, "outcome", (int)end->outcome,
		"exit", (int)end->exit_code, "at", (json_int_t)end->end_ms,
		"chain", end->chain, "params", params, "results",
		end->results));
}

/* A host that may run it is waited for, as for that of a slot. */
static bool
is_too_late(const struct job *job, const struct join_end *end)
{
	return clock_ms() - end->end_ms >
	    policy_deadline_ms(job->def->options, 0);
}

/* This host is the home now, or none came: it is decided here. */
static void
keep_sent(struct master *m, struct job *job)
{
	struct join_end *end = job->join->sent;
	struct record_after record;

	job->join->sent = NULL;
	for (; end != NULL; end = join_end_free(end)) {
		record = join_end_record(end);
		after_told(m, job, &record);
		after_take_back(m, job, end->mark);
	}
	master_arm(m);
}

/* What was not sent yet, or not lately, or to another home than it is now. */
static void
post_sent(struct master *m, struct job *job, bool anew)
{
	int64_t now_ms = member_boot_ms();
	int home = home_of(m, job);
	struct record_after record;

	if (home == 0 || (home == -1 && is_too_late(job, job->join->sent)))
		keep_sent(m, job);
	if (job->join->sent != NULL)
		look_again(m->member);
	if (home <= 0)
		return;
	for (struct join_end *end = job->join->sent; end != NULL;
	     end = end->next) {
		if (!anew && end->sent_ms != 0 &&
		    end->sent_ms + AGAIN_MS > now_ms)
			continue;
		record = join_end_record(end);
		end->sent_ms = now_ms;
		post_record(
		    m->member, &m->member->hosts[home], job->name, &record);
	}
}

/* What a host that drains does not begin. */
static void
move_fires(struct master *m, struct job *job)
{
	while (m->phase == MASTER_DRAINING && job->join->fires != NULL &&
	    member_move_fire(m, job))
		;
}

void
member_move_ends(struct master *m, struct job *job)
{
	if (m->member == NULL || m->phase < MASTER_RUNNING ||
	    job->def == NULL || job->join == NULL)
		return;
	move_fires(m, job);
	if (job->join->ends == NULL || !is_gathered(m, job) ||
	    home_of(m, job) <= 0)
		return;
	join_send_round(job->join);
	post_sent(m, job, false);
}

void
member_tell_undone(
    struct master *m, const struct job *job, const struct record_after *end)
{
	int home;

	if (m->member == NULL || m->phase < MASTER_RUNNING ||
	    !is_gathered(m, job))
		return;
	home = home_of(m, job);
	if (home > 0)
		post_record(m->member, &m->member->hosts[home], job->name, end);
}

bool
member_move_fire(struct master *m, struct job *job)
{
	const struct join_end *last = job->join->fires->last;
	bool stays =
	    last->moved || (decide_is_for_us(m, job) && !is_gathered(m, job));
	int home;

	if (m->member == NULL || (stays && m->phase != MASTER_DRAINING))
		return false;
	home = home_of(m, job);
	if (home == 0 || (home == -1 && (stays || is_too_late(job, last))))
		return false;
	if (home > 0)
		log_info("job %s: to be run by %s after run %s of %s",
		    job->name, m->member->hosts[home].name, last->run,
		    last->parent);
	join_send_fire(job->join);
	post_sent(m, job, false);
	return true;
}

bool
member_holds_drain(const struct master *m)
{
	const struct member *member = m->member;

	if (member == NULL || member->nhosts < 2 ||
	    !cluster_is_reachable(member->cluster))
		return false;
	if (member->hands_over || !LIST_EMPTY(&member->endings))
		return true;
	for (size_t i = 0; i < m->jobs.n; i++)
		if (m->jobs.all[i]->join != NULL &&
		    m->jobs.all[i]->join->sent != NULL &&
		    home_of(m, m->jobs.all[i]) > 0)
			return true;
	return false;
}

/* The hosts that could be a home. */
static uint64_t
hash_homes(const struct member *member)
{
	uint64_t hash = HASH_INIT;

	for (size_t i = 0; i < member->nhosts; i++)
		if (!member->hosts[i].draining)
			hash = hash_add(hash, member->hosts[i].incarnation,
			    strlen(member->hosts[i].incarnation) + 1);
	return hash;
}

void
member_look_for_homes(struct member *member)
{
	struct master *m = member->master;
	uint64_t homes = hash_homes(member);
	bool anew = homes != member->homes;
	struct job *job;

	if (m->phase < MASTER_RUNNING ||
	    (!anew &&
		(member->move_ms == 0 || member_boot_ms() < member->move_ms)))
		return;
	member->homes = homes;
	member->move_ms = 0;
	for (size_t i = 0; i < m->jobs.n; i++) {
		job = m->jobs.all[i];
		member_move_ends(m, job);
		if (job->join != NULL && job->join->sent != NULL)
			post_sent(m, job, anew);
	}
}

/* --- what others tell --- */

/* An end that was told, and is not on disk yet. */
struct arrival {
	struct arrival *next;
	uint64_t seq;
	char node[CLUSTER_NAME_MAX + 1];
	char job[JOB_NAME_MAX + 1];
	char run[RUN_ID_SIZE];
};

void
member_arrivals_free(struct member *member)
{
	struct arrival *a;

	while ((a = member->arrivals) != NULL) {
		member->arrivals = a->next;
		free(a);
	}
}

void
member_ends_confirmed(struct member *member, uint64_t seq)
{
	struct arrival **p = &member->arrivals, *a;

	while ((a = *p) != NULL) {
		if (a->seq > seq) {
			p = &a->next;
			continue;
		}
		*p = a->next;
		letter_post(member, a->node,
		    json_pack("{s:s, s:s, s:s}", "do", "kept", "job", a->job,
			"run", a->run));
		free(a);
	}
}

static void
confirm_later(const struct letter *letter, const char *job, const char *run)
{
	struct member *member = letter->member;
	const struct outbox *box = &member->master->outbox;
	struct arrival *a = xcalloc(1, sizeof(*a));

	a->seq = box->seq;
	snprintf(a->node, sizeof(a->node), "%s", letter->from);
	snprintf(a->job, sizeof(a->job), "%s", job);
	snprintf(a->run, sizeof(a->run), "%s", run);
	a->next = member->arrivals;
	member->arrivals = a;
	if (box->n == 0)
		member_ends_confirmed(member, box->seq);
}

/* Its confirmation may not have arrived. */
static bool
is_repeated(struct member *member, const char *job, const char *run)
{
	uint64_t hash = hash_add(HASH_INIT, job, strlen(job) + 1);

	hash = hash_add(hash, run, strlen(run));
	for (size_t i = 0; i < nitems(member->heard); i++)
		if (member->heard[i] == hash)
			return true;
	member->heard[member->nheard++ % nitems(member->heard)] = hash;
	return false;
}

static void
hear(const struct letter *letter, struct job *job, struct record_after *end)
{
	struct member *member = letter->member;
	int64_t now_ms = clock_ms();

	if (end->end_ms > now_ms)
		end->end_ms = now_ms; /* the clock there is ahead */
	if (!is_repeated(member, job->name, end->run))
		after_told(member->master, job, end);
	confirm_later(letter, job->name, end->run);
	/* Hosts may differ about where it is to go. */
	look_again(member);
	master_arm(member->master);
}

void
letter_take_end(const struct letter *letter)
{
	struct master *m = letter->member->master;
	struct job *job = jobs_find(&m->jobs, letter_text(letter, "job"));
	int64_t outcome = letter_number(letter, "outcome");
	struct record_after end = {
	    .parent = letter_text(letter, "parent"),
	    .run = letter_text(letter, "run"),
	    .outcome = (enum outcome)outcome,
	    .exit_code = (int32_t)letter_number(letter, "exit"),
	    .end_ms = letter_number(letter, "at"),
	    .chain = letter_text(letter, "chain"),
	    .params = letter_text(letter, "params"),
	    .results = letter_text(letter, "results"),
	    .moved = true,
	};

	if (strcmp(letter_text(letter, "to"),
		cluster_incarnation(letter->member->cluster)) != 0)
		return; /* to a predecessor: it is sent again */
	if (job == NULL || outcome <= OUTCOME_NONE ||
	    outcome > OUTCOME_LAUNCH_FAILED)
		log_warn("%s tells of the end of run %s for job %s, which this "
			 "host does not have",
		    letter->from, end.run, letter_text(letter, "job"));
	else
		hear(letter, job, &end);
}

void
letter_take_kept(const struct letter *letter)
{
	struct master *m = letter->member->master;
	struct job *job = jobs_find(&m->jobs, letter_text(letter, "job"));

	if (job != NULL)
		after_has_arrived(m, job, letter_text(letter, "run"));
	master_check_drained(m);
}
