#include "cli/job/param.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "scheduler/runs/params.h"

int
param_add(const struct cli *cli, json_t *params, const char *text)
{
	const char *value = strchr(text, '=');
	char *name;
	int rc = -1;

	if (value == NULL || value == text) {
		cli_usage_error(cli, "--param %s: expected NAME=VALUE", text);
		return -1;
	}
	name = xstrndup(text, (size_t)(value - text));
	if (json_object_get(params, name) != NULL)
		cli_usage_error(cli, "--param %s is given twice", name);
	else if (json_object_set_new(params, name, json_string(value + 1)) != 0)
		cli_usage_error(cli, "--param %s: no valid UTF-8", name);
	else
		rc = 0;
	free(name);
	return rc;
}

int
param_text(const json_t *params, char **text_r)
{
	struct err err = {""};

	*text_r = NULL;
	if (json_object_size(params) == 0)
		return 0;
	*text_r = json_dumps(params, JSON_COMPACT);
	if (params_check(*text_r, &err) == 0)
		return 0;
	free(*text_r);
	*text_r = NULL;
	cli_fail(CLI_USAGE, &err);
	return -1;
}
