/* [notify NAME] of belfry.conf: who is told of what happens to jobs. */
#ifndef BELFRY_CONFIG_SECTION_NOTIFY_H
#define BELFRY_CONFIG_SECTION_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum notify_type {
	NOTIFY_NONE, /* not given */
	NOTIFY_MAIL,
	NOTIFY_WEBHOOK,
	NOTIFY_SLACK,
	NOTIFY_COMMAND,
	NOTIFY_TYPE_COUNT,
};

/* What happens to the daemon and the cluster, as bits of events. */
#define NOTIFY_NODE_DOWN   (1U << 0)
#define NOTIFY_NODE_UP     (1U << 1)
#define NOTIFY_REDIS_DOWN  (1U << 2)
#define NOTIFY_REDIS_UP    (1U << 3)
#define NOTIFY_STORE_DOWN  (1U << 4)
#define NOTIFY_STORE_UP    (1U << 5)
#define NOTIFY_CLOCK_SKEW  (1U << 6)
#define NOTIFY_JOBS_DIFFER (1U << 7)
#define NOTIFY_EVENTS_ALL  0xffU

/* "node-down" of one bit. */
const char *notify_event_name(uint32_t bit);

/* A line of a section that its worker needs; strings are the configuration's.
 */
struct notify_setting {
	const char *key;
	const char *value;
};

#define NOTIFY_SETTINGS_MAX 48
#define NOTIFY_KEYS_MAX     32

/* A section as it was read; strings are the configuration's. */
struct notify_section {
	const char *name;
	uint32_t line;
	enum notify_type type;
	struct notify_setting settings[NOTIFY_SETTINGS_MAX];
	size_t nsettings;
	int64_t timeout_ms; /* of one try, 30s */
	int64_t group_ms;   /* group-wait: how long others are waited for, 1s */
	int64_t rate;       /* rate-limit: messages ... */
	int64_t rate_ms;    /* ... in so long; 10/1m */
	int64_t retry_ms;   /* retry-delay: the first pause, 10s */
	int64_t retry_for_ms;            /* then it is given up, 1d */
	uint32_t events;                 /* NOTIFY_* */
	uint32_t lines[NOTIFY_KEYS_MAX]; /* of the keys; 0: not given */
};

/* "mail" ... */
const char *notify_type_name(enum notify_type type);

/* Borrowed; NULL: there is none. */
const struct notify_section *
config_notify_find(const struct config *config, const char *name);

/* The value of a key that workers are told; NULL: it was not given. */
const char *
config_notify_setting(const struct notify_section *section, const char *key);

#endif
