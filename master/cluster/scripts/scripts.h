/* The Lua scripts of this folder, as the build put them into the program. */
#ifndef BELFRY_CLUSTER_SCRIPTS_H
#define BELFRY_CLUSTER_SCRIPTS_H

enum script_id {
	SCRIPT_BEAT,
	SCRIPT_BURY,
	SCRIPT_CLAIM,
	SCRIPT_DUMP,
	SCRIPT_FETCH,
	SCRIPT_FINISH,
	SCRIPT_GIVE,
	SCRIPT_JOIN,
	SCRIPT_LEAVE,
	SCRIPT_MARKS,
	SCRIPT_MERGE,
	SCRIPT_OPEN,
	SCRIPT_POST,
	SCRIPT_REAP,
	SCRIPT_REOPEN,
	SCRIPT_RESTATE,
	SCRIPT_ROTATE,
	SCRIPT_START,
	SCRIPT_TAKE,
	SCRIPT_COUNT,
};

struct script {
	const char *name;
	const char *sha;  /* of the text, 40 hexadecimal digits */
	const char *text; /* with head.lua in front */
};

extern const struct script scripts[SCRIPT_COUNT];

#endif
