#include "cluster/protocol/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * A claim that is given back is another's to take. Where a later slot was
 * claimed meanwhile nobody can: then the slot is this host's to record, as is
 * what stands on a server from the daemon before.
 */

/* What a server is told of a slot that was given back. */
struct given {
	int64_t slot_ms;
	bool was_held; /* it was granted for sure */
	char id[CLUSTER_ID_MAX + 8];
	char job[];
};

/*
 * To be recorded here, though no run of this daemon is behind it: in a line of
 * the server it stands until cluster_finish().
 */
static void
owe(struct protocol *p, char letter, const char *id,
    const struct cluster_owed *owed)
{
	const struct claim_ask ask = {
	    .job = owed->job,
	    .id = id,
	    .slot_ms = owed->slot_ms,
	    .only_recorded = true,
	};
	struct claim *claim;

	if (p->mute || claims_find(p, id) != NULL)
		return;
	claim = claim_new(p, &ask);
	snprintf(claim->id, sizeof(claim->id), "%s", id);
	claim->before_ms = owed->before_ms;
	claim->owes = letter;
	claim_set_state(p, claim, CLAIM_HELD);
	if (p->events.owed != NULL)
		p->events.owed(claim, owed, p->events_arg);
}

/* To be recorded as a slot that does not run. */
static void
owe_given(struct protocol *p, const struct given *given, int64_t before_ms)
{
	owe(p, 'M', given->id,
	    &(const struct cluster_owed){
		.fate = CLUSTER_FATE_MISSED,
		.job = given->job,
		.slot_ms = given->slot_ms,
		.before_ms = before_ms,
	    });
}

/*
 * A server that does not get to hear it tells the claim at restating. A lone
 * one that has forgotten will not give the slot to anybody.
 */
static void
reopened(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct given *given = request->arg;
	bool good = protocol_is_ok(p, request, reply, now_ms);

	if (good && reply->n > 1 && strncmp(reply->s[1], "PASSED ", 7) == 0)
		owe_given(p, given, strtoll(reply->s[1] + 7, NULL, 10));
	else if (!good && reply != NULL && given->was_held &&
	    p->settings.nservers == 1 && strncmp(reply->s[0], "BLANK ", 6) == 0)
		owe_given(p, given, 0);
	free(given);
}

static struct given *
given_new(const char *job, int64_t slot_ms, const char *id)
{
	struct given *given = xcalloc(1, sizeof(*given) + strlen(job) + 1);

	given->slot_ms = slot_ms;
	snprintf(given->id, sizeof(given->id), "%s", id);
	memcpy(given->job, job, strlen(job) + 1);
	return given;
}

/* It is the request's from now on. */
static void
send_reopen(struct protocol *p, unsigned server, struct given *given)
{
	struct args args = {0};

	protocol_head(p, server, &args);
	args_add_uint(&args, p->servers[server].connection);
	args_add(&args, given->job);
	args_add_int(&args, given->slot_ms);
	args_add(&args, given->id);
	protocol_send(
	    p, server, SCRIPTS_REOPEN, &args, request_new(reopened, given));
	args_fini(&args);
}

static void
finished(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	protocol_is_ok(p, request, reply, now_ms);
}

static void
send_finish(struct protocol *p, unsigned server, const char *job,
    int64_t slot_ms, const char *id)
{
	struct args args = {0};

	protocol_head(p, server, &args);
	args_add(&args, job);
	args_add_int(&args, slot_ms);
	args_add(&args, id);
	args_add(&args, "");
	protocol_send(
	    p, server, SCRIPTS_FINISH, &args, request_new(finished, NULL));
	args_fini(&args);
}

static void
reopen_on(struct protocol *p, const struct claim *claim, unsigned server)
{
	struct given *given = given_new(claim->job, claim->slot_ms, claim->id);

	given->was_held = claim->state == CLAIM_HELD;
	send_reopen(p, server, given);
}

void
claims_reopen(struct protocol *p, struct claim *claim)
{
	if (claim->asked_on == 0)
		return;
	snprintf(p->given[p->ngiven++ % nitems(p->given)], sizeof(p->given[0]),
	    "%s", claim->id);
	for (unsigned i = 0; i < p->settings.nservers; i++)
		if (server_is_ready(&p->servers[i]) &&
		    (claim->asked_on & UINT32_C(1) << i) != 0)
			reopen_on(p, claim, i);
}

static bool
was_given(const struct protocol *p, const char *id)
{
	for (size_t i = 0; i < nitems(p->given); i++)
		if (strcmp(p->given[i], id) == 0)
			return true;
	return false;
}

/* Under an earlier or later try: of the daemon before this one. */
static bool
is_asked_for(const struct protocol *p, const char *id)
{
	const struct claim *claim;
	size_t n = strcspn(id, ".");

	TAILQ_FOREACH(claim, &p->undecided, open_link)
	if (strncmp(claim->base, id, n) == 0 && claim->base[n] == '\0')
		return true;
	return false;
}

void
claims_end_lost(struct protocol *p, unsigned server, const char *line)
{
	int64_t slot_ms = strtoll(line_skip(line, 3), NULL, 10);
	const char *job = line_skip(line, 4);
	char id[CLUSTER_ID_MAX + 8];

	line_word(line, 2, id, sizeof(id));
	if (line_skip(line, 1)[0] == 'C' || was_given(p, id) ||
	    is_asked_for(p, id))
		send_reopen(p, server, given_new(job, slot_ms, id));
	else
		send_finish(p, server, job, slot_ms, id);
}

void
claims_take_owed(struct protocol *p, const char *line)
{
	char letter = line_skip(line, 1)[0];
	const struct cluster_owed owed = {
	    .fate = letter == 'S' ? CLUSTER_FATE_SKIPPED : CLUSTER_FATE_MISSED,
	    .job = line_skip(line, 5),
	    .slot_ms = strtoll(line_skip(line, 3), NULL, 10),
	    .before_ms = strtoll(line_skip(line, 4), NULL, 10),
	};
	char id[CLUSTER_ID_MAX + 8];

	line_word(line, 2, id, sizeof(id));
	owe(p, letter, id, &owed);
}
