/* Where the parameters of a run come from. */
#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define PARAM_PREFIX "BELFRY_PARAM_"

const char *
plugin_setting(const struct run_spec *spec, const char *key)
{
	size_t n = strlen(key);

	for (uint32_t i = 0; i < spec->settingc; i++)
		if (strncmp(spec->settings[i], key, n) == 0 &&
		    spec->settings[i][n] == '=')
			return spec->settings[i] + n + 1;
	return NULL;
}

/* In the environment a name has "_" where a parameter has "-". */
static bool
is_same(const char *param, const char *variable, size_t n)
{
	size_t i;

	for (i = 0; i < n && param[i] != '\0'; i++)
		if (variable[i] != (param[i] == '-' ? '_' : param[i]))
			return false;
	return i == n && param[i] == '\0';
}

/* The parameter that a variable "name=value" is for; NULL: none. */
static const struct plugin_param *
param_of(const struct plugin_info *info, const char *variable)
{
	size_t n = strcspn(variable, "=");

	for (size_t i = 0; i < info->nparams; i++)
		if (is_same(info->params[i].name, variable, n))
			return &info->params[i];
	return NULL;
}

/* A misspelt parameter of "belfry run" must not run with the default. */
static int
take_environment(struct belfry_run *run, const char **texts, struct err *err)
{
	const size_t prefix = strlen(PARAM_PREFIX);
	const struct plugin_param *param;

	for (char **env = environ; *env != NULL; env++) {
		if (strncmp(*env, PARAM_PREFIX, prefix) != 0)
			continue;
		param = param_of(&run->info, *env + prefix);
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
		texts[i] = plugin_setting(run->spec, param->name);
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
