/* Finds the plugin in a shared object. */
#include "host.h"

#include <dlfcn.h>
#include <string.h>

#include "base/mem.h"

static int
take_params(struct plugin_info *info, const struct belfry_param *params,
    struct err *err)
{
	for (; params != NULL && params->name != NULL; params++) {
		if (info->nparams == PLUGIN_PARAMS_MAX)
			return err_set(err,
			    "a plugin has at most %d parameters; the table "
			    "ends with a name that is NULL",
			    PLUGIN_PARAMS_MAX);
		info->params[info->nparams++] = (struct plugin_param){
		    .name = params->name,
		    .type = (uint8_t)params->type,
		    .min = params->min,
		    .max = params->max,
		    .fallback = params->fallback,
		    .help = params->help != NULL ? params->help : "",
		    .words = params->words != NULL ? params->words : "",
		};
	}
	return 0;
}

static int
take_info(struct plugin_info *info, const struct belfry_plugin *plugin,
    struct err *err)
{
	info->name = plugin->name != NULL ? plugin->name : "";
	info->help = plugin->help != NULL ? plugin->help : "";
	info->schedule = plugin->schedule != NULL ? plugin->schedule : "";
	info->flags = plugin->flags;
	if (plugin->run == NULL)
		return err_set(err, "it has no function run");
	if ((plugin->flags & ~BELFRY_NEEDS_DATABASE) != 0)
		return err_set(err,
		    "it has flags that this belfry does not "
		    "know");
	if (take_params(info, plugin->params, err) == -1)
		return -1;
	return plugin_info_check(info, err);
}

int
plugin_load(
    struct belfry_run *run, const char *name, const char *path, struct err *err)
{
	const struct belfry_plugin *plugin;

	run->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (run->object == NULL)
		return err_set(err, "cannot load it: %s", dlerror());
	plugin = dlsym(run->object, "belfry_plugin");
	if (plugin == NULL)
		return err_set(err, "%s does not define belfry_plugin", path);
	if (plugin->abi != BELFRY_PLUGIN_ABI)
		return err_set(err,
		    "%s is for ABI %u, and this belfry has %d; compile it "
		    "with its belfry-plugin.h",
		    path, plugin->abi, BELFRY_PLUGIN_ABI);
	if (take_info(&run->info, plugin, err) == -1)
		return err_prefix(err, "%s", path);
	if (strcmp(run->info.name, name) != 0)
		return err_set(err,
		    "%s says that its name is %s; name and file must be the "
		    "same",
		    path, run->info.name);
	run->plugin = plugin;
	return 0;
}
