/* GET /v1/notifications. */
#ifndef BELFRY_RECORDER_QUERY_NOTICE_QUERY_H
#define BELFRY_RECORDER_QUERY_NOTICE_QUERY_H

#include "recorder/query/query.h"

void notice_query_answer(struct query_env *env, const struct ask *ask);

#endif
