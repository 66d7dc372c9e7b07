/*
 * What belfry-worker-lib knows: jobs that are done by a library, which is
 * loaded and set up once, before the first fork.
 */
#include "kinds/kind.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

static const struct kind *const kinds[] = {
    [KIND_COMMAND] = &kind_command,
    [KIND_HTTP] = &kind_http,
    [KIND_SQL] = &kind_sql,
    [KIND_PLUGIN] = &kind_plugin,
    [KIND_WATCH] = &kind_watch,
};
_Static_assert(nitems(kinds) == KIND_COUNT, "a kind is missing");

const struct kind *
kind_of(enum job_kind kind)
{
	return (unsigned)kind < nitems(kinds) ? kinds[kind] : NULL;
}

/* Libraries look for settings in the environment, and no job inherits ours. */
void
kind_init(void)
{
	CURLcode rc;

	clearenv();
	rc = curl_global_init(CURL_GLOBAL_DEFAULT);
	if (rc != CURLE_OK)
		fatalx("libcurl: %s", curl_easy_strerror(rc));
}
