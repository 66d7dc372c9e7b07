/* Answers "metrics": the recorder's part of /metrics. */
#include "recorder/query/query.h"

void
numbers_answer(struct query_env *env, const struct ask *ask)
{
	struct strbuf b = STRBUF_INIT;

	intake_add_metrics(env->intake, &b);
	env->store->ops->metrics(env->store, &b);
	answer_begin(ask->channel, ask->id, 200, "text/plain");
	answer_data(ask->channel, ask->id, strbuf_str(&b), b.len);
	answer_end(ask->channel, ask->id, NULL);
	strbuf_fini(&b);
}
