/* What a watch job says, as it was checked when its file was read. */
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "kinds/watch/watch.h"

static int
number(const struct run_spec *spec, const char *key)
{
	const char *text = run_spec_setting(spec, key);

	return text != NULL ? (int)strtol(text, NULL, 10) : 0;
}

/* 0 for none. */
static int
duration(const struct run_spec *spec, const char *key, int64_t *ms_r,
    struct err *err)
{
	const char *text = run_spec_setting(spec, key);

	*ms_r = 0;
	if (text == NULL || strcmp(text, "none") == 0)
		return 0;
	return duration_parse_ms(text, ms_r, err);
}

static int
script(struct sql_script *s, const struct run_spec *spec, const char *key,
    struct err *err)
{
	const char *text = run_spec_setting(spec, key);

	if (text == NULL)
		return 0;
	if (sql_script_parse(s, text, err) == -1)
		return err_prefix(err, "%s", key);
	return 0;
}

int
watch_settings_init(
    struct watch_settings *s, const struct run_spec *spec, struct err *err)
{
	memset(s, 0, sizeof(*s));
	s->key = run_spec_setting(spec, "watch-key");
	s->channel = run_spec_setting(spec, "watch-notify");
	s->parallel = number(spec, "watch-parallel");
	s->attempts = number(spec, "watch-attempts");
	s->limit = number(spec, "watch-limit");
	if (script(&s->query, spec, "watch", err) == -1 ||
	    script(&s->done, spec, "watch-done", err) == -1 ||
	    script(&s->failed, spec, "watch-failed", err) == -1 ||
	    duration(spec, "watch-retry", &s->retry_ms, err) == -1 ||
	    duration(spec, "watch-lease", &s->lease_ms, err) == -1 ||
	    duration(spec, "watch-wait", &s->wait_ms, err) == -1)
		return -1;
	if (s->channel == NULL)
		s->wait_ms = 0;
	/* A master of another version may think otherwise. */
	if (s->query.n != 1 || s->done.n != 1 || s->parallel < 1 ||
	    s->parallel > WATCH_PARALLEL_MAX || s->lease_ms < 1)
		return err_set(err, "settings of watch are missing");
	return 0;
}
