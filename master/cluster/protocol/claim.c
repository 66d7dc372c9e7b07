#include "cluster/protocol/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void
make_flags(const struct claim_ask *ask, char flags_r[FLAGS_SIZE])
{
	char *f = flags_r;

	*f++ = 'c'; /* never empty: it is a word of a line */
	if (ask->extra)
		*f++ = 'x';
	if (ask->lost_id != NULL)
		*f++ = 'z';
	if (ask->at_least_once)
		*f++ = 'l';
	if (ask->interval)
		*f++ = 'i';
	if (ask->overlap == CLAIM_SKIP_BUSY)
		*f++ = 's';
	if (ask->overlap == CLAIM_WAIT_BUSY)
		*f++ = 'w';
	if (ask->only_recorded)
		*f++ = 'm';
	if (ask->tells)
		*f++ = 't';
	*f = '\0';
}

static char *
make_from(const struct claim_ask *ask)
{
	if (ask->lost_id != NULL)
		return xasprintf("%s %s", ask->lost_incarnation, ask->lost_id);
	if (ask->extra)
		return xasprintf(
		    "%d", ask->attempt > 0 ? (int)ask->attempt : 1);
	return xstrdup("");
}

/* The id is asked for anew, and may yet be granted. */
static void
forget_given(struct protocol *p, const char *id)
{
	for (size_t i = 0; i < nitems(p->given) && i < p->ngiven; i++)
		if (strcmp(p->given[i], id) == 0)
			p->given[i][0] = '\0';
}

struct claim *
claim_new(struct protocol *p, const struct claim_ask *ask)
{
	struct claim *claim = xcalloc(1, sizeof(*claim));

	claim->job = xstrdup(ask->job);
	claim->from = make_from(ask);
	snprintf(claim->base, sizeof(claim->base), "%s", ask->id);
	snprintf(claim->id, sizeof(claim->id), "%s", ask->id);
	claim->slot_ms = ask->slot_ms;
	claim->deadline_ms = ask->deadline_ms;
	claim->due_ms = ask->due_ms;
	claim->patience_ms = ask->patience_ms;
	claim->arg = ask->arg;
	claim->only_recorded = ask->only_recorded;
	make_flags(ask, claim->flags);
	claim->view = p->view;
	TAILQ_INSERT_TAIL(&p->claims, claim, link);
	TAILQ_INSERT_TAIL(&p->undecided, claim, open_link);
	p->nundecided++;
	return claim;
}

static bool
is_undecided(enum claim_state state)
{
	return state == CLAIM_ASKING || state == CLAIM_STARTING ||
	    state == CLAIM_PAUSING;
}

static void
move_lists(struct protocol *p, struct claim *claim, enum claim_state state)
{
	bool was = is_undecided(claim->state), is = is_undecided(state);

	p->nundecided -= was;
	p->nundecided += is;
	if (was && !is)
		TAILQ_REMOVE(&p->undecided, claim, open_link);
	else if (is && !was)
		TAILQ_INSERT_TAIL(&p->undecided, claim, open_link);
	if (state != CLAIM_OVER)
		return;
	TAILQ_REMOVE(&p->claims, claim, link);
	TAILQ_INSERT_TAIL(&p->over, claim, link);
	p->wanted = true;
}

void
claim_set_state(struct protocol *p, struct claim *claim, enum claim_state state)
{
	if (claim->state == state)
		return;
	move_lists(p, claim, state);
	p->nheld -= claim->state == CLAIM_HELD;
	claim->state = state;
	p->nheld += state == CLAIM_HELD;
}

void
claim_mark_dirty(struct protocol *p, struct claim *claim)
{
	if (claim->dirty)
		return;
	claim->dirty = true;
	TAILQ_INSERT_TAIL(&p->dirty, claim, dirty_link);
}

static void
claim_free(struct protocol *p, struct claim *claim)
{
	if (claim->dirty)
		TAILQ_REMOVE(&p->dirty, claim, dirty_link);
	free(claim->job);
	free(claim->from);
	free(claim);
}

static void
sweep(struct protocol *p)
{
	struct claim *claim, *next;

	for (claim = TAILQ_FIRST(&p->over); claim != NULL; claim = next) {
		next = TAILQ_NEXT(claim, link);
		if (claim->refs > 0)
			continue;
		TAILQ_REMOVE(&p->over, claim, link);
		claim_free(p, claim);
	}
}

void
claims_free(struct protocol *p)
{
	struct claim *claim;

	TAILQ_CONCAT(&p->over, &p->claims, link);
	while ((claim = TAILQ_FIRST(&p->over)) != NULL) {
		TAILQ_REMOVE(&p->over, claim, link);
		claim_free(p, claim);
	}
}

struct claim *
claims_find(struct protocol *p, const char *id)
{
	struct claim *claim;

	TAILQ_FOREACH(claim, &p->claims, link)
	if (strcmp(claim->id, id) == 0)
		return claim;
	return NULL;
}

/* Nothing that was answered so far counts. */
void
claim_new_round(struct protocol *p, struct claim *claim)
{
	claim->round++;
	claim->view = p->view;
	memset(claim->ballots, 0, sizeof(claim->ballots));
	claim_mark_dirty(p, claim);
}

struct claim *
protocol_claim(struct protocol *p, const struct claim_ask *ask, claim_cb *cb)
{
	struct claim *claim = claim_new(p, ask);

	forget_given(p, claim->id);
	claim->cb = cb;
	claim_new_round(p, claim);
	p->wanted = true;
	return claim;
}

struct claim *
protocol_hold(struct protocol *p, const struct claim_ask *ask, uint64_t fence,
    int32_t attempt)
{
	struct claim *claim = claim_new(p, ask);

	claim->fence = fence;
	claim->attempt = attempt;
	claim->before_ms = ask->before_ms;
	claim_set_state(p, claim, CLAIM_HELD);
	if (fence > p->fence)
		p->fence = fence;
	return claim;
}

void
claim_give_back(struct protocol *p, struct claim *claim)
{
	claims_reopen(p, claim);
	claim->asked_on = 0;
}

bool
claim_is_kept(enum claim_verdict verdict)
{
	return verdict == CLAIM_WON || verdict == CLAIM_SKIPPED ||
	    verdict == CLAIM_LAPSED;
}

char
claim_letter(const struct claim *claim)
{
	return claim->owes != '\0' ? claim->owes : 'R';
}

/* Those that refused it have it all the same, as a slot to be recorded. */
static void
keep_owed(struct claim *claim, enum claim_verdict verdict)
{
	if (verdict != CLAIM_WON || claim->only_recorded)
		claim->owes = verdict == CLAIM_SKIPPED ? 'S' : 'M';
	for (size_t i = 0; i < nitems(claim->ballots); i++) {
		struct ballot *b = &claim->ballots[i];

		if (b->vote == VOTE_NO &&
		    (b->refusal == REFUSED_SKIP ||
			b->refusal == REFUSED_LAPSED))
			b->vote = VOTE_YES;
	}
}

void
claim_answer(
    struct protocol *p, struct claim *claim, const struct claim_answer *answer)
{
	bool kept = claim_is_kept(answer->verdict);

	if (kept && claim->abandoned) {
		claim_give_back(p, claim);
		kept = false;
	}
	if (kept)
		keep_owed(claim, answer->verdict);
	claim_set_state(p, claim, kept ? CLAIM_HELD : CLAIM_OVER);
	if (kept)
		claim_mark_dirty(p, claim);
	if (!claim->abandoned)
		claim->cb(claim, answer, claim->arg);
}

size_t
protocol_claims_open(const struct protocol *p)
{
	return p->nundecided;
}

void
protocol_abandon(struct protocol *p, struct claim *claim)
{
	claim->abandoned = true;
	claim->give_up_ms = p->now_ms > 0 ? p->now_ms : 1;
	claim_mark_dirty(p, claim);
	p->wanted = true;
}

void
protocol_finish(struct protocol *p, struct claim *claim, int64_t delay_ms,
    claim_finished_cb *cb, void *arg)
{
	claim->delay_ms = delay_ms;
	claim->finished_cb = cb;
	claim->finished_arg = arg;
	claim->end = CLAIM_ENDED;
	claim_set_state(p, claim, CLAIM_ENDING);
	claim_new_round(p, claim);
	p->wanted = true;
}

void
protocol_reopen(struct protocol *p, struct claim *claim)
{
	claim_give_back(p, claim);
	claim_set_state(p, claim, CLAIM_OVER);
}

void
protocol_settle(struct protocol *p, struct claim *claim)
{
	claim->before_ms = 0;
	for (size_t i = 0; i < nitems(claim->ballots); i++)
		if (claim->ballots[i].vote == VOTE_YES)
			claim->ballots[i].vote = VOTE_NONE;
	claim_mark_dirty(p, claim);
	p->wanted = true;
}

/* ------------------------------------------------------------- servers */

void
claims_server_ready(struct protocol *p, unsigned server)
{
	struct claim *claim;

	TAILQ_FOREACH(claim, &p->claims, link)
	{
		struct ballot *ballot = &claim->ballots[server];

		/* HELD: restating placed it there. */
		if (claim->state == CLAIM_PAUSING)
			continue;
		if (claim->state == CLAIM_HELD) {
			ballot->vote = VOTE_YES;
			claim->asked_on |= UINT32_C(1) << server;
		} else if (ballot->vote == VOTE_ASKED) {
			ballot->vote = VOTE_NONE;
		}
		if (ballot->vote == VOTE_NONE)
			claim_mark_dirty(p, claim);
	}
}

/*
 * A server forgot, or was read for one that had: what was granted before does
 * not add up with what will be.
 */
void
claims_new_view(struct protocol *p)
{
	struct claim *claim;

	TAILQ_FOREACH(claim, &p->claims, link)
	{
		if (claim->state == CLAIM_STARTING)
			claim_set_state(p, claim, CLAIM_ASKING);
		if (claim->state == CLAIM_ASKING)
			claim_new_round(p, claim);
	}
}

/* ---------------------------------------------------------------- time */

static void
gave_up(struct protocol *p, struct claim *claim)
{
	struct claim_answer answer = {
	    .verdict = CLAIM_DOWN,
	    .owner = "-",
	    .id = "-",
	    .in_doubt =
		(unsigned)__builtin_popcount(claim->asked_on) >= p->quorum,
	};

	claim_give_back(p, claim);
	claim_answer(p, claim, &answer);
}

static void
ask_again(struct protocol *p, struct claim *claim)
{
	claim->try++;
	claim->round_ms = p->now_ms;
	claim->fence = 0;
	snprintf(claim->id, sizeof(claim->id), "%s.%u", claim->base,
	    (unsigned)claim->try);
	claim_set_state(p, claim, CLAIM_ASKING);
	claim_new_round(p, claim);
}

static void
claim_tick(struct protocol *p, struct claim *claim, int64_t now_ms)
{
	if (claim->give_up_ms == 0)
		claim->give_up_ms = now_ms + claim->patience_ms;
	if (claim->round_ms == 0)
		claim->round_ms = now_ms;
	if (now_ms >= claim->give_up_ms)
		gave_up(p, claim);
	else if (claim->state == CLAIM_PAUSING && now_ms >= claim->retry_ms)
		ask_again(p, claim);
	else if (claim->state != CLAIM_PAUSING)
		claim_judge(p, claim, now_ms);
}

void
claims_tick(struct protocol *p, int64_t now_ms)
{
	struct claim *claim, *next;

	for (claim = TAILQ_FIRST(&p->undecided); claim != NULL; claim = next) {
		next = TAILQ_NEXT(claim, open_link);
		claim_tick(p, claim, now_ms);
	}
	sweep(p);
}

int64_t
claims_next_ms(const struct protocol *p)
{
	const struct claim *claim;
	int64_t next = INT64_MAX;

	TAILQ_FOREACH(claim, &p->undecided, open_link)
	{
		next = earlier_ms(next, claim->give_up_ms);
		if (claim->state == CLAIM_PAUSING)
			next = earlier_ms(next, claim->retry_ms);
		else if (claim->round_ms + ROUND_MS > p->now_ms)
			next = earlier_ms(next, claim->round_ms + ROUND_MS);
	}
	return next;
}

void *
claim_arg(const struct claim *claim)
{
	return claim->arg;
}

uint64_t
claim_fence(const struct claim *claim)
{
	return claim->fence;
}

int32_t
claim_attempt(const struct claim *claim)
{
	return claim->attempt;
}
