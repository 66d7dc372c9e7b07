/* What a Redis server says of itself in INFO, and whether that will do. */
#ifndef BELFRY_CLUSTER_REDIS_INFO_H
#define BELFRY_CLUSTER_REDIS_INFO_H

#include <stdbool.h>

#include "base/err.h"

/* The claim on a scratch key that must be refused the second time. */
enum redis_claims {
	REDIS_CLAIMS_UNKNOWN, /* not tried yet */
	REDIS_CLAIMS_OK,
	REDIS_CLAIMS_FAILED,
};

struct redis_info {
	char run_id[64]; /* of the server's process */
	char version[24];
	char role[16];   /* master, slave */
	char policy[24]; /* maxmemory-policy */
	char aof[16];    /* off, on, broken (its last write failed) */
	bool cluster;    /* Redis Cluster */
	bool loading;
	enum redis_claims claims; /* not of INFO */
};

/*
 * Reads the text that INFO answers; what it does not say becomes "", and what
 * is not of INFO stays.
 */
void redis_info_parse(const char *text, struct redis_info *info_r);

/* 0, or -1: no promise can be kept with this server, and err says why. */
int redis_info_check(const struct redis_info *info, struct err *err);

/* Words to warn of, or NULL: it may forget what it answered. */
const char *redis_info_warning(const struct redis_info *info);

#endif
