/* What the master asks of the recorder, but for its state and its queues. */
#include "recorder/intake/intake_internal.h"
#include "recorder/query/usual.h"

static void
tell_usual(void *arg, const char *run, int64_t ms)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct intake *in = arg;

	wire_put_str(&w, run);
	wire_put_i64(&w, ms);
	if (in->master != NULL)
		channel_send(in->master, MSG_USUAL, 0, &w, -1);
	wire_writer_fini(&w);
}

int
intake_usual_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct intake *in = arg;
	const char *run = wire_get_str(&message->body);
	const char *job = wire_get_str(&message->body);

	if (!wire_ok(&message->body))
		return err_set(err, "malformed");
	usual_ask(in->config.store, run, job, tell_usual, in);
	return 0;
}

static void
guard_answered(void *arg, const struct guard_answer *answer)
{
	struct wire_writer w = WIRE_WRITER_INIT;
	struct intake *in = arg;

	/* A master that has come back asks again. */
	if (in->master == NULL)
		return;
	guard_answer_encode(answer, &w);
	channel_send(in->master, MSG_GUARD_ANSWER, 0, &w, -1);
	wire_writer_fini(&w);
}

int
intake_guard_ask(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct intake *in = arg;
	struct guard_ask ask;

	if (guard_ask_decode(&ask, &message->body) == -1 || in->guard == NULL)
		return err_set(err, "malformed");
	guard_request(in->guard, &ask);
	return 0;
}

int
intake_other(struct channel *channel, struct message *message, void *arg,
    struct err *err)
{
	struct intake *in = arg;

	if (message->type == MSG_ASK && in->retry_ms == 0)
		batch_flush(in->batch);
	return in->config.other_cb(in->config.arg, channel, message, err);
}

void
intake_make_guard(struct intake *in)
{
	const struct config *config = in->config.role->config;
	const struct guard_config guard = {
	    .base = in->config.role->base,
	    .conninfo = config->store_conninfo,
	    .password_file = config->store_password_file,
	    .host = config->node_name,
	    .answer_cb = guard_answered,
	    .arg = in,
	};

	if (config->cluster.redis != NULL &&
	    config->cluster.guard != CLUSTER_GUARD_OFF)
		in->guard = guard_new(&guard);
}
