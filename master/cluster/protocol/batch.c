#include "cluster/protocol/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* One request that is being filled. */
struct batch {
	unsigned server;
	enum script_id script;
	struct args args;
	struct request *request;
};

static bool
counts(const struct claim *claim, const struct request_item *item,
    enum script_id script)
{
	static const enum script_id asks[] = {
	    [CLAIM_ASKING] = SCRIPTS_CLAIM,
	    [CLAIM_STARTING] = SCRIPTS_START,
	    [CLAIM_HELD] = SCRIPTS_RESTATE,
	    [CLAIM_PAUSING] = SCRIPTS_COUNT,
	    [CLAIM_ENDING] = SCRIPTS_FINISH,
	    [CLAIM_OVER] = SCRIPTS_COUNT,
	};

	if (item->round != claim->round)
		return false;
	/* Won already, and this is a server that was slower. */
	if (claim->state == CLAIM_HELD && script == SCRIPTS_START)
		return true;
	return asks[claim->state] == script;
}

/* No word on these: they are to be asked again. */
static void
unanswered(struct protocol *p, struct request *request)
{
	for (size_t i = 0; i < request->nitems; i++) {
		struct claim *claim = request->items[i].claim;
		struct ballot *ballot = &claim->ballots[request->server];

		if (!counts(claim, &request->items[i], request->script) ||
		    ballot->vote != VOTE_ASKED)
			continue;
		ballot->vote = VOTE_NONE;
		claim_mark_dirty(p, claim);
	}
}

static void
answered(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	if (!protocol_is_ok(p, request, reply, now_ms) ||
	    reply->n != request->nitems + 1)
		return unanswered(p, request);
	for (size_t i = 0; i < request->nitems; i++) {
		struct claim *claim = request->items[i].claim;

		if (!counts(claim, &request->items[i], request->script))
			continue;
		claim_vote(p, claim, request->server, reply->s[i + 1]);
		claim_judge(p, claim, now_ms);
		if (claim->state == CLAIM_HELD)
			claim_mark_dirty(p, claim);
	}
}

/* A claim was placed where it had been refused: nothing depends on it. */
static void
placed(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	if (!protocol_is_ok(p, request, reply, now_ms))
		unanswered(p, request);
}

static request_cb *
batch_cb(enum script_id script)
{
	return script == SCRIPTS_RESTATE ? placed : answered;
}

static void
batch_send(struct protocol *p, struct batch *batch)
{
	struct request *request = batch->request;

	if (request == NULL)
		return;
	batch->request = NULL;
	protocol_send(p, batch->server, batch->script, &batch->args, request);
	args_reset(&batch->args);
}

static void
batch_begin(struct protocol *p, struct batch *batch)
{
	batch->request = request_new(batch_cb(batch->script), NULL);
	batch->request->items =
	    xcalloc(BATCH_MAX, sizeof(*batch->request->items));
	protocol_head(p, batch->server, &batch->args);
	if (batch->script == SCRIPTS_CLAIM) {
		args_add_int(&batch->args, CLUSTER_EARLY_MS);
		args_add_int(&batch->args, CLUSTER_OVERRIDE_MS);
		args_add(&batch->args, p->settings.nservers == 1 ? "R" : "C");
	} else if (batch->script == SCRIPTS_RESTATE) {
		args_add_uint(
		    &batch->args, p->servers[batch->server].connection);
		args_add(&batch->args, "some");
	}
}

static void
add_words(struct batch *batch, const struct claim *claim)
{
	struct args *args = &batch->args;

	if (batch->script == SCRIPTS_RESTATE)
		args_add(args, claim->id);
	args_add(args, claim->job);
	args_add_int(args, claim->slot_ms);
	if (batch->script == SCRIPTS_RESTATE) {
		args_add_int(args, claim->attempt);
		args_add_uint(args, claim->fence);
		args_add_int(args, claim->before_ms);
		args_add(args, claim->flags);
		args_add(args, (const char[]){claim_letter(claim), '\0'});
		return;
	}
	args_add(args, claim->id);
	if (batch->script == SCRIPTS_FINISH) {
		if (claim->delay_ms > 0)
			args_add_int(args, claim->delay_ms);
		else
			args_add(args, "");
		return;
	}
	args_add(args, claim->flags);
	if (batch->script == SCRIPTS_START) {
		args_add_uint(args, claim->fence);
		return;
	}
	args_add_int(args, claim->deadline_ms);
	if (claim->due_ms > 0)
		args_add_int(args, claim->due_ms);
	else
		args_add(args, "");
	args_add(args, claim->from);
}

static void
batch_add(struct protocol *p, struct batch *batch, struct claim *claim)
{
	struct request *request;

	if (batch->request == NULL)
		batch_begin(p, batch);
	request = batch->request;
	add_words(batch, claim);
	request->items[request->nitems].claim = claim;
	request->items[request->nitems++].round = claim->round;
	claim->refs++;
	claim->ballots[batch->server].vote = VOTE_ASKED;
	if (batch->script == SCRIPTS_CLAIM || batch->script == SCRIPTS_RESTATE)
		claim->asked_on |= UINT32_C(1) << batch->server;
	if (request->nitems == BATCH_MAX)
		batch_send(p, batch);
}

static bool
wants(const struct claim *claim, unsigned server, enum script_id script)
{
	const struct ballot *ballot = &claim->ballots[server];

	switch (claim->state) {
	case CLAIM_ASKING:
		return script == SCRIPTS_CLAIM && ballot->vote == VOTE_NONE;
	case CLAIM_STARTING:
		return script == SCRIPTS_START && ballot->vote == VOTE_NONE;
	case CLAIM_ENDING:
		return script == SCRIPTS_FINISH && ballot->vote == VOTE_NONE;
	case CLAIM_HELD:
		/* Refused it, or was not asked: once is enough. */
		return script == SCRIPTS_RESTATE &&
		    (ballot->vote == VOTE_NO || ballot->vote == VOTE_NONE);
	case CLAIM_PAUSING:
	case CLAIM_OVER:
		break;
	}
	return false;
}

static void
flush_server(struct protocol *p, unsigned server, enum script_id script)
{
	struct batch batch = {.server = server, .script = script};
	struct claim *claim;

	TAILQ_FOREACH(claim, &p->dirty, dirty_link)
	if (wants(claim, server, script))
		batch_add(p, &batch, claim);
	batch_send(p, &batch);
	args_fini(&batch.args);
}

void
claims_flush(struct protocol *p)
{
	/* What frees others first. */
	static const enum script_id order[] = {
	    SCRIPTS_FINISH,
	    SCRIPTS_START,
	    SCRIPTS_CLAIM,
	    SCRIPTS_RESTATE,
	};
	struct claim *claim;

	if (TAILQ_EMPTY(&p->dirty))
		return;
	for (unsigned i = 0; i < p->settings.nservers; i++)
		for (size_t k = 0;
		     server_is_ready(&p->servers[i]) && k < nitems(order); k++)
			flush_server(p, i, order[k]);
	while ((claim = TAILQ_FIRST(&p->dirty)) != NULL) {
		TAILQ_REMOVE(&p->dirty, claim, dirty_link);
		claim->dirty = false;
	}
}
