/* Answers about queues: queue, queued, cancel; see ask.h. */
#ifndef BELFRY_RECORDER_QUERY_QUERY_QUEUE_H
#define BELFRY_RECORDER_QUERY_QUERY_QUEUE_H

#include "recorder/query/query.h"

void queue_answer_list(struct query_env *env, const struct ask *ask);
void queue_answer_show(struct query_env *env, const struct ask *ask);
void queue_answer_cancel(struct query_env *env, const struct ask *ask);

#endif
