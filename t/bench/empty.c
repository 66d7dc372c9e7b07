/* A plugin that does nothing, for t/bench/plugin. */
#include <belfry-plugin.h>

static int
run(struct belfry_run *run, void *state)
{
	return 0;
}

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .name = "empty",
    .help = "does nothing",
    .run = run,
};
