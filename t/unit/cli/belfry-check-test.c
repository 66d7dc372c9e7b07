/* The command alone, for tests: "belfry-check-test CONF check ...". */
#include "cli/cmd_check.h"

int
main(int argc, char **argv)
{
	return argc < 3 ? 2 : cmd_check(argc - 2, argv + 2, argv[1]);
}
