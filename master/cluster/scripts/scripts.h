/* The Lua scripts of this folder, as the build put them into the program. */
#ifndef BELFRY_CLUSTER_SCRIPTS_H
#define BELFRY_CLUSTER_SCRIPTS_H

#include "redis/script.h"

enum script_id {
	SCRIPTS_BEAT,
	SCRIPTS_BURY,
	SCRIPTS_CLAIM,
	SCRIPTS_DUMP,
	SCRIPTS_FETCH,
	SCRIPTS_FINISH,
	SCRIPTS_GIVE,
	SCRIPTS_JOIN,
	SCRIPTS_KEEP,
	SCRIPTS_LEAVE,
	SCRIPTS_MARKS,
	SCRIPTS_MERGE,
	SCRIPTS_OPEN,
	SCRIPTS_POST,
	SCRIPTS_REAP,
	SCRIPTS_REOPEN,
	SCRIPTS_RESTATE,
	SCRIPTS_ROTATE,
	SCRIPTS_SCRATCH,
	SCRIPTS_START,
	SCRIPTS_TAKE,
	SCRIPTS_COUNT,
};

/* Each with head.lua in front. */
extern const struct script scripts[];

#endif
