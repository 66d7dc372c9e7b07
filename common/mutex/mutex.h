/*
 * A mutex over one or several independent Redis servers (the algorithm called
 * Redlock), for programs that may wait: workers, plugins, the belfry command.
 * Not for a slot's claim: a mutex is free again after its holder is done.
 *
 * It expires by itself, so a holder that is stopped for long may find it lost:
 * what it changes should check the fence, a number that grows with each time
 * that the mutex is taken. A single server that forgets its data forgets who
 * holds the mutex; its fences go on growing with its clock.
 *
 * "Taken" (another holds it), "down" (no majority of the servers answers) and
 * "lost" (we held it, and do not any more) are never the same result.
 *
 * A struct mutex may be used by one thread; the watchdog is the exception.
 */
#ifndef BELFRY_MUTEX_MUTEX_H
#define BELFRY_MUTEX_MUTEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "redis/url.h"

#define MUTEX_SERVERS_MAX 9
#define MUTEX_VALUE_MAX   64

enum mutex_result {
	MUTEX_GOOD,
	MUTEX_TAKEN,
	MUTEX_DOWN,
	MUTEX_LOST,
};

/* 0 and NULL stand for the defaults. Strings are copied. */
struct mutex_options {
	const struct redis_url *const *servers; /* borrowed */
	size_t nservers;
	const char *cluster; /* part of the key: clusters do not share any */
	const char *name;
	const char *value;      /* the holder's; random */
	int64_t expiry_ms;      /* 8000 */
	unsigned tries;         /* 32 */
	int64_t delay_least_ms; /* between tries, at random: 50 */
	int64_t delay_most_ms;  /* 250 */
	double drift;           /* of clocks, as part of the expiry: 0.01 */
	double timeout;         /* of one server, likewise: 0.05 */
	unsigned quorum;        /* more than half */
	/* Do not wait for the servers that a decision does not need. */
	bool fail_fast;
};

struct mutex;

/* Connects when it is needed. NULL with err when an option is wrong. */
struct mutex *mutex_new(const struct mutex_options *options, struct err *err);

/* Does not unlock. NULL is fine. */
void mutex_free(struct mutex *mutex);

/* GOOD, TAKEN or DOWN after so many tries. err says more. */
enum mutex_result mutex_lock(struct mutex *mutex, struct err *err);

/* One try. */
enum mutex_result mutex_try_lock(struct mutex *mutex, struct err *err);

/* The pause between two tries, at random. */
void mutex_pause(const struct mutex *mutex);

/*
 * Makes it last a full expiry from now. LOST: it is not ours any more. DOWN:
 * not extended, but ours until mutex_until_ms().
 */
enum mutex_result mutex_extend(struct mutex *mutex, struct err *err);

/* By its owner only: LOST when it was not ours, and then nothing is changed. */
enum mutex_result mutex_unlock(struct mutex *mutex, struct err *err);

/*
 * Until when it is ours for certain, ms of CLOCK_BOOTTIME: counted from the
 * moment it was asked for, less the drift. 0: it is not.
 */
int64_t mutex_until_ms(struct mutex *mutex);

/* Grows with each lock of this name, over all hosts. */
uint64_t mutex_fence(const struct mutex *mutex);

const char *mutex_value(const struct mutex *mutex);

/*
 * Extends the mutex three times an expiry, in a thread of its own, until it is
 * unlocked or lost. The descriptor becomes readable when it is lost: answered
 * so, or its time ran out with no server to ask. It is the mutex's. -1 with
 * err. Only for a mutex that is held; of the other functions only those that
 * ask, and mutex_unlock(), may be used meanwhile.
 */
int mutex_watch(struct mutex *mutex, struct err *err);

/* Ends the watchdog, if there is one. */
void mutex_unwatch(struct mutex *mutex);

/* "taken", "down" ... */
const char *mutex_result_name(enum mutex_result result);

/* CLOCK_BOOTTIME, ms. */
int64_t mutex_now_ms(void);

#endif
