/* belfry next: when a schedule fires. Needs no daemon. */
#ifndef BELFRY_CLI_JOB_CMD_NEXT_H
#define BELFRY_CLI_JOB_CMD_NEXT_H

/*
 * argv[0] is "next". Prints to standard output, errors to standard error.
 * Returns the exit status: 0 good, 1 it could not be written, 2 usage or a bad
 * expression; in that case nothing was written to standard output.
 */
int cmd_next(int argc, char **argv);

#endif
