/* Where the parameters of a run come from. */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define PARAM_PREFIX "BELFRY_PARAM_"

/* A misspelt parameter of "belfry run" must not run with the default. */
static int
take_environment(struct belfry_run *run, const char **texts, struct err *err)
{
	const size_t prefix = strlen(PARAM_PREFIX);
	const struct plugin_param *param;

	for (char **env = environ; *env != NULL; env++) {
		if (strncmp(*env, PARAM_PREFIX, prefix) != 0)
			continue;
		param = plugin_param_of_variable(&run->info, *env + prefix);
		if (param == NULL)
			return err_set(err, "plugin %s has no parameter %.*s",
			    run->info.name, (int)strcspn(*env + prefix, "="),
			    *env + prefix);
		texts[param - run->info.params] = strchr(*env, '=') + 1;
	}
	return 0;
}

int
plugin_values(struct belfry_run *run, struct err *err)
{
	const char *texts[PLUGIN_PARAMS_MAX];
	const struct plugin_param *param;

	for (size_t i = 0; i < run->info.nparams; i++) {
		param = &run->info.params[i];
		texts[i] = run_spec_setting(run->spec, param->name);
		if (texts[i] == NULL)
			texts[i] = param->fallback;
	}
	if (take_environment(run, texts, err) == -1)
		return -1;
	for (size_t i = 0; i < run->info.nparams; i++) {
		param = &run->info.params[i];
		if (texts[i] == NULL)
			return err_set(err,
			    "parameter %s of plugin %s is missing", param->name,
			    run->info.name);
		if (plugin_value_parse(param, texts[i], &run->values[i], err) ==
		    -1)
			return err_prefix(
			    err, "parameter %s \"%s\"", param->name, texts[i]);
	}
	return 0;
}
