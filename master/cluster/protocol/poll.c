#include "cluster/protocol/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct poll *
poll_new(const struct poll_ops *ops, void *arg)
{
	struct poll *poll = xcalloc(1, sizeof(*poll));

	poll->ops = ops;
	poll->arg = arg;
	return poll;
}

static void
one_less(struct protocol *p, struct poll *poll)
{
	if (--poll->out > 0)
		return;
	poll->ops->done(p, poll);
	free(poll);
}

static void
answered(struct protocol *p, struct request *request,
    const struct protocol_reply *reply, int64_t now_ms)
{
	struct poll *poll = request->arg;

	if (protocol_is_ok(p, request, reply, now_ms)) {
		poll->yes++;
		if (poll->ops->yes != NULL)
			poll->ops->yes(poll, request->server, reply);
	} else if (reply != NULL) {
		poll->full += strcmp(reply->s[0], "FULL") == 0;
		poll->gone += strcmp(reply->s[0], "GONE") == 0;
	}
	one_less(p, poll);
}

void
poll_send(struct protocol *p, struct poll *poll, enum script_id script,
    void (*fill)(
	struct protocol *p, unsigned server, struct args *args, void *arg))
{
	struct args args = {0};

	/* One for ourselves, so that it is not done before all are asked. */
	poll->out = 1;
	for (unsigned i = 0; i < p->settings.nservers; i++) {
		if (!server_is_ready(&p->servers[i]))
			continue;
		args_reset(&args);
		fill(p, i, &args, poll->arg);
		poll->out++;
		protocol_send(p, i, script, &args, request_new(answered, poll));
	}
	args_fini(&args);
	if (poll->out > 1)
		return one_less(p, poll);
	/* The caller is not to be called back from inside its call. */
	TAILQ_INSERT_TAIL(&p->unasked, poll, link);
	p->wanted = true;
}

void
polls_tick(struct protocol *p)
{
	struct poll *poll;

	while ((poll = TAILQ_FIRST(&p->unasked)) != NULL) {
		TAILQ_REMOVE(&p->unasked, poll, link);
		one_less(p, poll);
	}
}
