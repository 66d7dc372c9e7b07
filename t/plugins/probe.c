/*
 * A plugin that writes down when it began and ended, fails at its first attempt
 * and is good at its second.
 */
#include <belfry-plugin.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
say(struct belfry_run *run, const char *what)
{
	int fd =
	    open(belfry_text(run, "file"), O_WRONLY | O_CREAT | O_APPEND, 0666);
	char line[256];
	ssize_t n;

	snprintf(line, sizeof(line), "%s %s %d %s\n", what,
	    getenv("BELFRY_SLOT"), belfry_attempt(run), belfry_run_id(run));
	n = fd == -1 ? -1 : write(fd, line, strlen(line));
	close(fd);
	return n == -1 ? -1 : 0;
}

static int
run(struct belfry_run *run, void *state)
{
	if (say(run, "b") == -1)
		return belfry_fail(run, "it cannot write");
	if (belfry_attempt(run) > 1)
		usleep(100000);
	if (say(run, "e") == -1)
		return belfry_fail(run, "it cannot write");
	return belfry_attempt(run) == 1;
}

static const struct belfry_param params[] = {
    {"file", BELFRY_TEXT, 0, 1000, NULL, "where it writes", NULL},
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .name = "probe",
    .help = "writes down that it was there",
    .schedule = "@every 1d",
    .params = params,
    .run = run,
};
