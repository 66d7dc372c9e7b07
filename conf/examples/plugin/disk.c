/*
 * A plugin of its own: fails when a file system is too full.
 *
 *   cc -shared -fPIC $(pkg-config --cflags belfry-plugin) -o disk.so disk.c
 *   cp disk.so $(pkg-config --variable=plugindir belfry-plugin)
 *
 *   [job disk]
 *   plugin = disk
 *   path = /home
 *   max-used = 80
 */
#include <belfry-plugin.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

static int
init(struct belfry_run *run, void **state_r)
{
	struct statvfs *fs = malloc(sizeof(*fs));

	*state_r = fs;
	if (fs != NULL && statvfs(belfry_text(run, "path"), fs) == 0)
		return 0;
	free(fs);
	return belfry_fail(
	    run, "%s: %s", belfry_text(run, "path"), strerror(errno));
}

static int
run(struct belfry_run *run, void *state)
{
	const struct statvfs *fs = state;
	double used = 0;

	if (fs->f_blocks > 0)
		used = 100.0 * (double)(fs->f_blocks - fs->f_bavail) /
		    (double)fs->f_blocks;
	belfry_result(run, "used", "%.1f", used);
	belfry_log(run, BELFRY_INFO, "%s: %.1f %% used",
	    belfry_text(run, "path"), used);
	if (used > belfry_number(run, "max-used"))
		return belfry_fail(run, "%.1f %% used, at most %s are good",
		    used, belfry_text(run, "max-used"));
	return 0;
}

static void
fini(struct belfry_run *run, void *state)
{
	(void)run;
	free(state);
}

static const struct belfry_param params[] = {
    {"path", BELFRY_TEXT, 1, 4096, "/", "a path in the file system", NULL},
    {"max-used", BELFRY_NUMBER, 0, 100, "90", "per cent that may be used",
	NULL},
    {NULL, BELFRY_TEXT, 0, 0, NULL, NULL, NULL},
};

const struct belfry_plugin belfry_plugin = {
    .abi = BELFRY_PLUGIN_ABI,
    .name = "disk",
    .help = "fails when a file system is too full",
    .schedule = "@every 10m",
    .params = params,
    .init = init,
    .run = run,
    .fini = fini,
};
