/* GET /v1/notifications. */
#ifndef BELFRY_MASTER_RECORDER_NOTICE_QUERY_H
#define BELFRY_MASTER_RECORDER_NOTICE_QUERY_H

#include "recorder/query.h"

void notice_query_answer(struct query_env *env, const struct ask *ask);

#endif
