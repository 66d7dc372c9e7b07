/* belfry check: what is wrong with configuration and jobs. Needs no daemon. */
#ifndef BELFRY_CLI_CHECK_CMD_CHECK_H
#define BELFRY_CLI_CHECK_CMD_CHECK_H

/*
 * argv[0] is "check". config_path is the configuration: it and its jobs-dir
 * are checked when no FILE is named, else it gives the defaults of jobs, when
 * it is there. Prints errors, hints and a summary to standard output. Returns
 * the exit status: 0 good, 1 it could not be written, 2 usage or any error.
 */
int cmd_check(int argc, char **argv, const char *config_path);

#endif
