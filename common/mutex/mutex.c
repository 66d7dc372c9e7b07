#include "mutex/mutex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/fd.h"
#include "base/mem.h"
#include "mutex/internal.h"

#define EXPIRY_MS        8000
#define TRIES            32
#define DELAY_LEAST_MS   50
#define DELAY_MOST_MS    250
#define DRIFT            0.01
#define TIMEOUT          0.05
/* What a clock may be read wrong by, besides the drift. */
#define DRIFT_LEAST_MS   2
/* A server on another continent is not down. */
#define TIMEOUT_LEAST_MS 50

int64_t
mutex_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *
mutex_result_name(enum mutex_result result)
{
	static const char *const names[] = {
	    [MUTEX_GOOD] = "good",
	    [MUTEX_TAKEN] = "taken",
	    [MUTEX_DOWN] = "down",
	    [MUTEX_LOST] = "lost",
	};

	return names[result];
}

static uint64_t
random_bits(void)
{
	uint64_t bits;

	while (getrandom(&bits, sizeof(bits), 0) != sizeof(bits))
		;
	return bits;
}

/* ---------------------------------------------------------------- making */

static void
complete(struct mutex_options *o)
{
	if (o->expiry_ms == 0)
		o->expiry_ms = EXPIRY_MS;
	if (o->tries == 0)
		o->tries = TRIES;
	if (o->delay_least_ms == 0)
		o->delay_least_ms = DELAY_LEAST_MS;
	if (o->delay_most_ms == 0)
		o->delay_most_ms = DELAY_MOST_MS;
	if (o->delay_most_ms < o->delay_least_ms)
		o->delay_most_ms = o->delay_least_ms;
	if (o->drift == 0)
		o->drift = DRIFT;
	if (o->timeout == 0)
		o->timeout = TIMEOUT;
	if (o->quorum == 0)
		o->quorum = (unsigned)o->nservers / 2 + 1;
}

static int
check(const struct mutex_options *o, struct err *err)
{
	if (o->nservers == 0 || o->nservers > MUTEX_SERVERS_MAX)
		return err_set(err, "a mutex needs 1 to %d Redis servers",
		    MUTEX_SERVERS_MAX);
	if (o->name == NULL || o->name[0] == '\0')
		return err_set(err, "a mutex needs a name");
	if (o->value != NULL && strlen(o->value) >= MUTEX_VALUE_MAX)
		return err_set(err, "the value of a mutex has at most %d bytes",
		    MUTEX_VALUE_MAX - 1);
	if (o->expiry_ms < 10)
		return err_set(err, "a mutex lasts at least 10ms");
	/* Two majorities must have a server in common. */
	if (o->quorum > o->nservers || o->quorum * 2 <= o->nservers)
		return err_set(err,
		    "the quorum must be more than half of %zu servers",
		    o->nservers);
	return 0;
}

struct mutex *
mutex_new(const struct mutex_options *options, struct err *err)
{
	struct mutex *m = xcalloc(1, sizeof(*m));
	const char *cluster =
	    options->cluster != NULL ? options->cluster : "belfry";

	m->options = *options;
	complete(&m->options);
	if (check(&m->options, err) == -1) {
		free(m);
		return NULL;
	}
	m->options.name = m->name = xstrdup(options->name);
	m->nservers = options->nservers;
	for (size_t i = 0; i < m->nservers; i++)
		m->servers[i].url = options->servers[i];
	m->key = xasprintf("belfry:{%s}:m:%s", cluster, options->name);
	m->fence_key = xasprintf("belfry:{%s}:f:%s", cluster, options->name);
	if (options->value != NULL)
		snprintf(m->value, sizeof(m->value), "%s", options->value);
	else
		snprintf(m->value, sizeof(m->value),
		    "%016" PRIx64 "%016" PRIx64, random_bits(), random_bits());
	pthread_mutex_init(&m->guard, NULL);
	m->lost_fd = m->unwatch_fd = -1;
	return m;
}

void
mutex_free(struct mutex *m)
{
	if (m == NULL)
		return;
	mutex_unwatch(m);
	for (size_t i = 0; i < m->nservers; i++)
		mutex_server_close(&m->servers[i]);
	pthread_mutex_destroy(&m->guard);
	fd_close(&m->lost_fd);
	free(m->name);
	free(m->key);
	free(m->fence_key);
	free(m);
}

/* ---------------------------------------------------------------- asking */

struct count {
	unsigned yes;
	unsigned no; /* taken, or lost */
	uint64_t fence;
	const char *why; /* of one that did not answer; "" */
};

static void
count_answer(struct count *count, const char *answer)
{
	uint64_t fence;

	if (strncmp(answer, "TAKEN", 5) == 0 || strcmp(answer, "LOST") == 0) {
		count->no++;
		return;
	}
	count->yes++;
	fence = strtoull(answer, NULL, 10);
	if (fence > count->fence)
		count->fence = fence;
}

static bool
is_decided(const struct mutex *m, const struct count *count)
{
	return count->yes >= m->options.quorum ||
	    count->no > m->nservers - m->options.quorum;
}

static void
fill_ask(const struct mutex *m, enum mutex_script script, uint64_t argument,
    struct mutex_ask *ask_r)
{
	*ask_r = (struct mutex_ask){
	    .script = script,
	    .key = m->key,
	    .fence_key = m->fence_key,
	    .value = m->value,
	};
	if (argument != 0)
		snprintf(ask_r->argument, sizeof(ask_r->argument), "%" PRIu64,
		    argument);
}

/*
 * Asks all servers at once, then gathers. argument 0: the script has none.
 * Whom a decision does not wait for is heard no more on that connection.
 */
static void
ask_all(struct mutex *m, enum mutex_script script, uint64_t argument,
    struct count *count_r)
{
	int64_t timeout =
	    (int64_t)((double)m->options.expiry_ms * m->options.timeout);
	struct mutex_ask ask;
	int64_t deadline;

	if (timeout < TIMEOUT_LEAST_MS)
		timeout = TIMEOUT_LEAST_MS;
	*count_r = (struct count){.why = ""};
	fill_ask(m, script, argument, &ask);
	for (size_t i = 0; i < m->nservers; i++)
		mutex_server_ask(&m->servers[i], &ask, timeout);
	deadline = mutex_now_ms() + timeout;
	for (size_t i = 0; i < m->nservers; i++) {
		struct mutex_server *s = &m->servers[i];

		if (m->options.fail_fast && is_decided(m, count_r))
			mutex_server_close(s);
		else if (mutex_server_wait(s, &ask, deadline))
			count_answer(count_r, s->answer);
		else
			count_r->why = s->why;
	}
}

/* --------------------------------------------------------------- locking */

/* Counted from before it was asked for: no server let it begin earlier. */
static int64_t
valid_until(const struct mutex *m, int64_t asked_ms)
{
	return asked_ms + m->options.expiry_ms -
	    (int64_t)((double)m->options.expiry_ms * m->options.drift) -
	    DRIFT_LEAST_MS;
}

/* Every later majority must know the fence: several servers are told. */
static bool
raise_fence(struct mutex *m, uint64_t fence)
{
	struct count count;

	if (m->nservers == 1)
		return true;
	ask_all(m, MUTEX_SCRIPTS_RAISE, fence, &count);
	return count.yes >= m->options.quorum;
}

static enum mutex_result
not_locked(struct mutex *m, const struct count *count, struct err *err)
{
	struct count ignored;

	ask_all(m, MUTEX_SCRIPTS_UNLOCK, 0, &ignored);
	if (count->yes + count->no >= m->options.quorum) {
		err_set(err, "mutex %s is taken", m->options.name);
		return MUTEX_TAKEN;
	}
	err_set(
	    err, "no majority of the Redis servers answers: %s", count->why);
	return MUTEX_DOWN;
}

static enum mutex_result
try_lock(struct mutex *m, struct err *err)
{
	int64_t asked_ms = mutex_now_ms();
	int64_t until_ms = valid_until(m, asked_ms);
	struct count count;

	ask_all(m, MUTEX_SCRIPTS_LOCK, (uint64_t)m->options.expiry_ms, &count);
	if (count.yes < m->options.quorum || !raise_fence(m, count.fence) ||
	    mutex_now_ms() >= until_ms)
		return not_locked(m, &count, err);
	m->fence = count.fence;
	m->until_ms = until_ms;
	return MUTEX_GOOD;
}

enum mutex_result
mutex_try_lock(struct mutex *m, struct err *err)
{
	enum mutex_result result;

	pthread_mutex_lock(&m->guard);
	result = try_lock(m, err);
	pthread_mutex_unlock(&m->guard);
	return result;
}

void
mutex_pause(const struct mutex *m)
{
	const struct mutex_options *o = &m->options;
	uint64_t spread = (uint64_t)(o->delay_most_ms - o->delay_least_ms + 1);
	int64_t ms = o->delay_least_ms + (int64_t)(random_bits() % spread);
	struct timespec ts = {
	    .tv_sec = ms / 1000,
	    .tv_nsec = ms % 1000 * 1000000,
	};

	nanosleep(&ts, NULL);
}

enum mutex_result
mutex_lock(struct mutex *m, struct err *err)
{
	enum mutex_result result = mutex_try_lock(m, err);

	for (unsigned i = 1; i < m->options.tries && result != MUTEX_GOOD;
	     i++) {
		mutex_pause(m);
		result = mutex_try_lock(m, err);
	}
	return result;
}

/* -------------------------------------------------------- while it is held */

static enum mutex_result
lose(struct mutex *m, struct err *err)
{
	m->until_ms = 0;
	err_set(err, "mutex %s is not ours any more", m->options.name);
	return MUTEX_LOST;
}

static enum mutex_result
extend(struct mutex *m, struct err *err)
{
	int64_t asked_ms = mutex_now_ms();
	struct count count;

	ask_all(
	    m, MUTEX_SCRIPTS_EXTEND, (uint64_t)m->options.expiry_ms, &count);
	if (count.yes >= m->options.quorum) {
		m->until_ms = valid_until(m, asked_ms);
		return MUTEX_GOOD;
	}
	if (count.no > m->nservers - m->options.quorum ||
	    mutex_now_ms() >= m->until_ms)
		return lose(m, err);
	err_set(err, "no majority of the Redis servers answers: %s", count.why);
	return MUTEX_DOWN;
}

enum mutex_result
mutex_extend(struct mutex *m, struct err *err)
{
	enum mutex_result result;

	pthread_mutex_lock(&m->guard);
	result = extend(m, err);
	pthread_mutex_unlock(&m->guard);
	return result;
}

enum mutex_result
mutex_unlock(struct mutex *m, struct err *err)
{
	struct count count;

	mutex_unwatch(m);
	ask_all(m, MUTEX_SCRIPTS_UNLOCK, 0, &count);
	m->until_ms = 0;
	if (count.yes >= m->options.quorum)
		return MUTEX_GOOD;
	if (count.no > m->nservers - m->options.quorum)
		return lose(m, err);
	err_set(err, "no majority of the Redis servers answers: %s", count.why);
	return MUTEX_DOWN;
}

int64_t
mutex_until_ms(struct mutex *m)
{
	int64_t until;

	pthread_mutex_lock(&m->guard);
	until = m->until_ms;
	pthread_mutex_unlock(&m->guard);
	return until;
}

uint64_t
mutex_fence(const struct mutex *m)
{
	return m->fence;
}

const char *
mutex_value(const struct mutex *m)
{
	return m->value;
}
