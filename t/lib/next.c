/*
 * What makes belfryd-next another version than belfryd. Its role ROLE can be
 * told to end at its start: by a file beside it, "belfryd.crash-ROLE".
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"

const char *
belfry_version(void)
{
	return "99.1";
}

static void __attribute__((constructor)) crash(int argc, char **argv)
{
	char path[4096];

	if (argc < 3 || strcmp(argv[1], "-x") != 0)
		return;
	snprintf(path, sizeof(path), "%s.crash-%s", argv[0], argv[2]);
	if (access(path, F_OK) == 0)
		_exit(9);
}
