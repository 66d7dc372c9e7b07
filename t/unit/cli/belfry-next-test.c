/* The command alone, for tests: "belfry-next-test next ...". */
#include "cli/cmd_next.h"

int
main(int argc, char **argv)
{
	return argc < 2 ? 2 : cmd_next(argc - 1, argv + 1);
}
