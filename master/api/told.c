/*
 * What the api process changes by itself, for the audit log: the master has
 * that. Runs in the api process.
 */
#include "api/told.h"

#include <stdlib.h>
#include <time.h>

#include "json_text.h"
#include "run/record.h"

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* "" for NULL; takes json over. The caller frees it. */
static char *
text_of(json_t *json)
{
	return json != NULL ? json_take_dump(json) : NULL;
}

void
told_change(const struct api *api, const struct api_caller *caller,
    const char *action, const char *object, json_t *was, json_t *became)
{
	char *before = text_of(was), *after = text_of(became);
	const struct record_audit audit = {
	    .at_ms = now_ms(),
	    .who = caller->who,
	    .from = caller->from,
	    .action = action,
	    .object = object,
	    .was = before,
	    .became = after,
	};

	ask_table_tell(api->asks, &audit);
	free(before);
	free(after);
}

/* Never its hash. */
static json_t *
describe(const struct token *token)
{
	if (token == NULL)
		return NULL;
	return json_pack("{s:s, s:o}", "role", token_role_name(token->role),
	    "expires",
	    token->expires_ms != 0 ? json_time(token->expires_ms) :
				     json_null());
}

void
told_token(
    void *arg, const void *who, const struct token *was, const struct token *is)
{
	static const struct api_caller nobody = {
	    .who = "unknown", .from = "file"};
	const char *action = was == NULL ? "token-add" :
	    is == NULL                   ? "token-revoke" :
					   "token-change";

	told_change(arg, who != NULL ? who : &nobody, action,
	    is != NULL ? is->name : was->name, describe(was), describe(is));
}
