/* A Lua script that the build put into the program; made by embed. */
#ifndef BELFRY_REDIS_SCRIPT_H
#define BELFRY_REDIS_SCRIPT_H

struct script {
	const char *name;
	const char *sha; /* of the text, 40 hexadecimal digits */
	const char *text;
};

#endif
