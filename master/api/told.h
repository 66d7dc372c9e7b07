/*
 * What the api process changes by itself, for the audit log: sessions, and
 * tokens, when it sees that their file is another.
 */
#ifndef BELFRY_API_TOLD_H
#define BELFRY_API_TOLD_H

#include <jansson.h>

#include "api/api.h"
#include "api/who/auth.h"

/*
 * caller did action with object ("" the daemon). Takes was and became over;
 * NULL where there is nothing.
 */
void told_change(const struct api *api, const struct api_caller *caller,
    const char *action, const char *object, json_t *was, json_t *became);

/*
 * For tokens_new(): arg is a struct api, who a struct api_caller; NULL: nobody
 * said so, the file just was another.
 */
void told_token(void *arg, const void *who, const struct token *was,
    const struct token *is);

#endif
