#include "cluster/protocol/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
note_owner(struct claim *claim, const char *line, unsigned word)
{
	line_word(line, word, claim->owner, sizeof(claim->owner));
	line_word(line, word + 1, claim->owner_id, sizeof(claim->owner_id));
}

/* Of this claim, under this or another id; the number of the try, or -1. */
static int64_t
try_of(const struct claim *claim, const char *id)
{
	size_t n = strlen(claim->base);

	if (strncmp(id, claim->base, n) != 0)
		return -1;
	if (id[n] == '\0')
		return 0;
	return id[n] == '.' ? strtoll(id + n + 1, NULL, 10) : -1;
}

static void
set_edge(struct claim *claim, unsigned server, const char *number)
{
	int64_t edge_ms = strtoll(number, NULL, 10);

	if (edge_ms > claim->edges_ms[server])
		claim->edges_ms[server] = edge_ms;
}

static int
by_lateness(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

/*
 * What is not later than the edges of so many servers that no majority is left
 * could not be claimed any more. Of a server that was not heard nothing is
 * known: rather is a slot recorded twice than never.
 */
static int64_t
edge_of_majority(const struct protocol *p, const struct claim *claim)
{
	int64_t edges[CLUSTER_SERVERS_MAX];

	memcpy(edges, claim->edges_ms, sizeof(edges));
	qsort(edges, p->settings.nservers, sizeof(*edges), by_lateness);
	return edges[p->settings.nservers - p->quorum];
}

static enum refusal
parse_refusal(
    struct claim *claim, unsigned server, const char *line, int64_t *number_r)
{
	*number_r = strtoll(line_skip(line, 1), NULL, 10);
	if (strncmp(line, "EARLY", 5) == 0)
		return REFUSED_EARLY;
	if (strcmp(line, "LATE") == 0)
		return REFUSED_LATE;
	if (strncmp(line, "STALE", 5) == 0) {
		set_edge(claim, server, line_skip(line, 2));
		claim->forgotten |= strcmp(line_skip(line, 3), "mine") == 0;
		return REFUSED_STALE;
	}
	if (strncmp(line, "BUSY", 4) == 0) {
		note_owner(claim, line, 1);
		return REFUSED_BUSY;
	}
	if (strncmp(line, "SKIP", 4) == 0)
		return REFUSED_SKIP;
	if (strncmp(line, "LAPSED", 6) == 0)
		return REFUSED_LAPSED;
	if (strncmp(line, "TAKEN ", 6) == 0) {
		note_owner(claim, line, 2);
		set_edge(claim, server, line_skip(line, 4));
		/* Skipped by us, in a round that came to nothing. */
		if (line[6] == 'S' && try_of(claim, claim->owner_id) >= 0)
			return REFUSED_SKIP;
		return line[6] == 'C' || line[6] == 'O' ? REFUSED_CONTEST :
							  REFUSED_TAKEN;
	}
	return REFUSED_GONE;
}

/*
 * The slot is ours, under a later id: this daemon asked before it was
 * restarted, and had come to another round.
 */
static bool
is_ours(const struct claim *claim)
{
	return try_of(claim, claim->owner_id) > (int64_t)claim->try;
}

static void
adopt_id(struct protocol *p, struct claim *claim)
{
	claim->try = (uint32_t)strtoul(
	    claim->owner_id + strlen(claim->base) + 1, NULL, 10);
	snprintf(claim->id, sizeof(claim->id), "%s", claim->owner_id);
	claim_new_round(p, claim);
}

/* The highest of all servers: the others have not heard of it yet. */
static void
set_before(struct claim *claim, int64_t before_ms)
{
	if (before_ms > claim->before_ms)
		claim->before_ms = before_ms;
}

static void
granted(
    struct protocol *p, struct claim *claim, unsigned server, const char *line)
{
	uint64_t fence = strtoull(line_skip(line, 1), NULL, 10);
	int32_t attempt = (int32_t)strtol(line_skip(line, 2), NULL, 10);
	int64_t before = strtoll(line_skip(line, 4), NULL, 10);

	if (fence > claim->fence)
		claim->fence = fence;
	if (claim->fence > p->fence)
		p->fence = claim->fence;
	if (attempt > claim->attempt)
		claim->attempt = attempt;
	set_before(claim, before);
	set_edge(claim, server, line_skip(line, 5));
}

/* Such an answer says that the claim does not stand there. */
static bool
is_not_there(enum refusal refusal)
{
	return refusal != REFUSED_SKIP && refusal != REFUSED_LAPSED;
}

static void
vote_on_end(struct claim *claim, struct ballot *ballot, const char *line)
{
	int64_t due = strtoll(line_skip(line, 1), NULL, 10);

	ballot->vote = VOTE_YES;
	if (strncmp(line, "LATE", 4) == 0)
		claim->end = CLAIM_ENDED_LATE;
	else if (strncmp(line, "SUPERSEDED", 10) == 0)
		claim->end = CLAIM_SUPERSEDED;
	if (due > claim->end_due_ms)
		claim->end_due_ms = due;
}

void
claim_vote(
    struct protocol *p, struct claim *claim, unsigned server, const char *line)
{
	struct ballot *ballot = &claim->ballots[server];

	if (claim->state == CLAIM_ENDING) {
		vote_on_end(claim, ballot, line);
	} else if (strncmp(line, "OK", 2) == 0) {
		ballot->vote = VOTE_YES;
		if (claim->state == CLAIM_ASKING)
			granted(p, claim, server, line);
	} else {
		if (strncmp(line, "SKIP ", 5) == 0 ||
		    strncmp(line, "LAPSED ", 7) == 0) {
			set_before(
			    claim, strtoll(line_skip(line, 1), NULL, 10));
			set_edge(claim, server, line_skip(line, 2));
		}
		ballot->vote = VOTE_NO;
		ballot->refusal =
		    parse_refusal(claim, server, line, &ballot->number);
		/* Where it was only not started it stands all the same. */
		if (claim->state == CLAIM_ASKING &&
		    is_not_there(ballot->refusal))
			claim->asked_on &= ~(UINT32_C(1) << server);
		if (claim->state == CLAIM_ASKING &&
		    ballot->refusal <= REFUSED_CONTEST && is_ours(claim))
			adopt_id(p, claim);
	}
}

struct count {
	unsigned yes;
	unsigned no;
	unsigned open; /* may still answer */
	unsigned refused[REFUSED_COUNT];
	int64_t number[REFUSED_COUNT]; /* the highest */
};

static void
count_votes(
    const struct protocol *p, const struct claim *claim, struct count *count)
{
	*count = (struct count){0};
	for (unsigned i = 0; i < p->settings.nservers; i++) {
		const struct ballot *b = &claim->ballots[i];

		count->yes += b->vote == VOTE_YES;
		count->open += b->vote == VOTE_ASKED;
		if (b->vote != VOTE_NO)
			continue;
		count->no++;
		count->refused[b->refusal]++;
		if (b->number > count->number[b->refusal])
			count->number[b->refusal] = b->number;
	}
}

static void
pause_claim(struct protocol *p, struct claim *claim, int64_t now_ms)
{
	claim_give_back(p, claim);
	claim->round++;
	claim->retry_ms = now_ms + 50 + protocol_random(p, 200);
	claim_set_state(p, claim, CLAIM_PAUSING);
}

static void
finish_with(struct protocol *p, struct claim *claim, enum claim_verdict verdict,
    int64_t number)
{
	int64_t edge_ms = edge_of_majority(p, claim);
	struct claim_answer answer = {
	    .verdict = verdict,
	    .fence = claim->fence,
	    .attempt = claim->attempt,
	    .before_ms =
		edge_ms > claim->before_ms ? edge_ms : claim->before_ms,
	    .edge_ms = edge_ms,
	    .forgotten = verdict == CLAIM_STALE && claim->forgotten,
	    .wait_ms = verdict == CLAIM_EARLY ? number : 0,
	    .mark_ms = verdict == CLAIM_STALE ? number : 0,
	    .owner = claim->owner[0] != '\0' ? claim->owner : "-",
	    .id = claim->owner_id[0] != '\0' ? claim->owner_id : "-",
	};

	if (!claim_is_kept(verdict))
		claim_give_back(p, claim);
	claim_answer(p, claim, &answer);
}

/* The most frequent of the refusals that will not change. */
static enum refusal
most_frequent(const struct count *count)
{
	enum refusal most = REFUSED_TAKEN;

	if (count->refused[REFUSED_STALE] > count->refused[most])
		most = REFUSED_STALE;
	if (count->refused[REFUSED_LATE] > count->refused[most])
		most = REFUSED_LATE;
	return most;
}

/*
 * The claim cannot be won this time. It is lost for good if so many servers
 * say what will not change that there is no majority without them; if they
 * say so together with those where it is busy or early, it is that.
 */
static void
refuse_claim(struct protocol *p, struct claim *claim, const struct count *count,
    int64_t now_ms)
{
	static const enum claim_verdict verdicts[] = {
	    [REFUSED_EARLY] = CLAIM_EARLY,
	    [REFUSED_LATE] = CLAIM_LATE,
	    [REFUSED_STALE] = CLAIM_STALE,
	    [REFUSED_TAKEN] = CLAIM_TAKEN,
	    [REFUSED_CONTEST] = CLAIM_BUSY,
	    [REFUSED_BUSY] = CLAIM_BUSY,
	};
	const unsigned *n = count->refused;
	unsigned enough = p->settings.nservers - p->quorum + 1;
	unsigned final = n[REFUSED_TAKEN] + n[REFUSED_STALE] + n[REFUSED_LATE] +
	    n[REFUSED_LAPSED];
	unsigned later = n[REFUSED_BUSY] + n[REFUSED_EARLY];
	enum refusal why = REFUSED_CONTEST;

	if (n[REFUSED_SKIP] >= p->quorum)
		return finish_with(p, claim, CLAIM_SKIPPED, 0);
	if (n[REFUSED_LAPSED] >= p->quorum)
		return finish_with(p, claim, CLAIM_LAPSED, 0);
	if (final >= enough)
		why = most_frequent(count);
	else if (final + later >= enough && n[REFUSED_SKIP] == 0)
		why = n[REFUSED_BUSY] > 0 ? REFUSED_BUSY : REFUSED_EARLY;
	if (why != REFUSED_CONTEST)
		finish_with(p, claim, verdicts[why], count->number[why]);
	else if (count->open == 0 || now_ms - claim->round_ms >= ROUND_MS)
		pause_claim(p, claim, now_ms);
}

static void
judge_asking(struct protocol *p, struct claim *claim, int64_t now_ms)
{
	struct count count;

	count_votes(p, claim, &count);
	if (count.yes >= p->quorum && p->settings.nservers == 1) {
		finish_with(p, claim, CLAIM_WON, 0);
	} else if (count.yes >= p->quorum) {
		claim_set_state(p, claim, CLAIM_STARTING);
		claim_new_round(p, claim);
	} else if (count.no > p->settings.nservers - p->quorum) {
		refuse_claim(p, claim, &count, now_ms);
	} else if (p->settings.nservers > 1 &&
	    now_ms - claim->round_ms >= ROUND_MS && count.no > 0) {
		pause_claim(p, claim, now_ms);
	}
}

static void
judge_starting(struct protocol *p, struct claim *claim, int64_t now_ms)
{
	struct count count;

	count_votes(p, claim, &count);
	if (count.yes >= p->quorum)
		finish_with(p, claim, CLAIM_WON, 0);
	else if (count.no > p->settings.nservers - p->quorum)
		pause_claim(p, claim, now_ms);
}

static void
judge_ending(struct protocol *p, struct claim *claim)
{
	struct count count;

	count_votes(p, claim, &count);
	if (count.yes < p->quorum)
		return;
	if (claim->finished_cb != NULL)
		claim->finished_cb(
		    claim->end, claim->end_due_ms, claim->finished_arg);
	claim_set_state(p, claim, CLAIM_OVER);
}

void
claim_judge(struct protocol *p, struct claim *claim, int64_t now_ms)
{
	if (claim->state == CLAIM_ASKING)
		judge_asking(p, claim, now_ms);
	else if (claim->state == CLAIM_STARTING)
		judge_starting(p, claim, now_ms);
	else if (claim->state == CLAIM_ENDING)
		judge_ending(p, claim);
}
