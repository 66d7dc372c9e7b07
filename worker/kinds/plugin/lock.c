#include "lock.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host.h"
#include "redis/url.h"

int
plugin_lock_init(
    struct plugin_lock *lock, const struct run_spec *spec, struct err *err)
{
	const char *redis = run_spec_setting(spec, SPEC_REDIS);

	memset(lock, 0, sizeof(*lock));
	lock->lost = -1;
	if (redis == NULL)
		return 0;
	lock->cluster = run_spec_setting(spec, SPEC_CLUSTER);
	lock->nurls =
	    redis_urls_parse(redis, run_spec_setting(spec, SPEC_REDIS_PASSWORD),
		lock->urls, MUTEX_SERVERS_MAX, err);
	if (err->text[0] == '\0')
		return 0;
	plugin_lock_fini(lock);
	return -1;
}

void
plugin_lock_release(struct plugin_lock *lock)
{
	if (lock->mutex == NULL)
		return;
	/* Not unlocked, it expires by itself. */
	mutex_unlock(lock->mutex, NULL);
	mutex_free(lock->mutex);
	lock->mutex = NULL;
	lock->lost = -1;
}

void
plugin_lock_fini(struct plugin_lock *lock)
{
	for (size_t i = 0; i < lock->nurls; i++)
		redis_url_free(lock->urls[i]);
	lock->nurls = 0;
}

/* Until it is ours, or it was waited for long enough. */
static enum mutex_result
await(struct belfry_run *run, int64_t wait_ms, struct err *err)
{
	struct mutex *mutex = run->lock->mutex;
	int64_t end = mutex_now_ms() + wait_ms;
	enum mutex_result result = mutex_try_lock(mutex, err);

	while (
	    result != MUTEX_GOOD && mutex_now_ms() < end && !run->cancelled) {
		mutex_pause(mutex);
		result = mutex_try_lock(mutex, err);
	}
	return result;
}

int
belfry_lock(struct belfry_run *run, const char *name, int64_t wait_ms)
{
	struct plugin_lock *lock = run->lock;
	struct mutex_options options = {
	    .servers = (const struct redis_url *const *)lock->urls,
	    .nservers = lock->nurls,
	    .cluster = lock->cluster,
	    .name = name,
	};
	enum mutex_result result = MUTEX_DOWN;
	struct err err = {""};

	plugin_lock_release(lock);
	if (lock->nurls == 0)
		err_set(&err, "belfry.conf has no [cluster]");
	else
		lock->mutex = mutex_new(&options, &err);
	if (lock->mutex != NULL)
		result = await(run, wait_ms, &err);
	if (result == MUTEX_GOOD) {
		lock->lost = mutex_watch(lock->mutex, &err);
		if (lock->lost != -1)
			return 0;
		result = MUTEX_DOWN;
	}
	plugin_lock_release(lock);
	belfry_fail(run, "mutex %s: %s", name, err.text);
	return result == MUTEX_TAKEN ? 1 : -1;
}

void
belfry_unlock(struct belfry_run *run)
{
	plugin_lock_release(run->lock);
}

int
belfry_lock_lost(const struct belfry_run *run)
{
	struct pollfd p = {.fd = run->lock->lost, .events = POLLIN};

	return run->lock->mutex == NULL || poll(&p, 1, 0) != 0;
}
