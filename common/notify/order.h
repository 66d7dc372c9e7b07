/*
 * What a worker is asked to send: NOTICE_SEND. All that it needs is in it, so
 * that it reads no configuration but the files of secrets that are named.
 */
#ifndef BELFRY_NOTIFY_ORDER_H
#define BELFRY_NOTIFY_ORDER_H

#include <stdint.h>

#include "ipc/wire.h"
#include "notify/facts.h"

#define ORDER_SETTINGS_MAX 64
#define ORDER_ITEMS_MAX    50

/* A key may be there several times. */
struct order_setting {
	const char *key;
	const char *value;
};

/*
 * Strings are borrowed: from whoever encodes it, or from the message that it
 * was decoded from.
 */
struct notice_order {
	const char *receiver; /* [notify NAME], or "ping" */
	const char *type;     /* mail, webhook, slack or command */
	uint8_t set_ids;      /* become uid and gid */
	uint32_t uid, gid;
	int64_t timeout_ms;
	struct order_setting settings[ORDER_SETTINGS_MAX];
	uint32_t nsettings;
	struct facts items[ORDER_ITEMS_MAX]; /* the oldest first */
	uint32_t nitems;                     /* at least 1 */
	uint64_t total; /* so many there are, of which these are the first */
	int64_t first_ms, last_ms; /* since 1970: when they were made */
};

void
notice_order_encode(const struct notice_order *order, struct wire_writer *w);

/* 0, or -1 when malformed. */
int notice_order_decode(struct notice_order *order, struct wire_reader *r);

/* The value of a setting, the first; NULL: it is not there. */
const char *notice_order_get(const struct notice_order *order, const char *key);

#endif
