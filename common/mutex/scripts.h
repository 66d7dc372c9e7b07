/* The Lua scripts of this folder. */
#ifndef BELFRY_MUTEX_SCRIPTS_H
#define BELFRY_MUTEX_SCRIPTS_H

#include "redis/script.h"

enum mutex_script {
	MUTEX_SCRIPTS_EXTEND,
	MUTEX_SCRIPTS_LOCK,
	MUTEX_SCRIPTS_RAISE,
	MUTEX_SCRIPTS_UNLOCK,
};

extern const struct script mutex_scripts[];

#endif
