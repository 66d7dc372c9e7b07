/* A plugin that handles rows of a watch job, as their names say. */
#include <belfry-plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
run(struct belfry_run *run, void *state)
{
	const char *name = getenv("BELFRY_ROW_NAME");

	if (name == NULL)
		return belfry_fail(run, "no name");
	if (strcmp(name, "exit") == 0)
		exit(0);
	if (strcmp(name, "crash") == 0)
		abort();
	if (strcmp(name, "fail") == 0)
		return belfry_fail(run, "not this one");
	printf("%s %s\n", belfry_text(run, "greeting"), name);
	return belfry_database(run) != NULL ? 0 : 9;
}

static const struct belfry_param params[] = {
    {"greeting", BELFRY_TEXT, 0, 100, "hello", "what it says", NULL},
    {0},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .name = "row",
    .help = "greets a row",
    .params = params,
    .run = run,
};
