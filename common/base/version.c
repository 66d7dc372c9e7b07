#include "base/version.h"

const char *
belfry_version(void)
{
	return BELFRY_VERSION;
}
