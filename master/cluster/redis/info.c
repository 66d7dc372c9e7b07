#include "cluster/redis/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of "name:value\r\n", at the start of a line. */
static void
field(const char *text, const char *name, char *buf, size_t size)
{
	size_t n = strlen(name);

	buf[0] = '\0';
	while (text != NULL) {
		if (strncmp(text, name, n) == 0 && text[n] == ':') {
			text += n + 1;
			snprintf(buf, size, "%.*s", (int)strcspn(text, "\r\n"),
			    text);
			return;
		}
		text = strchr(text, '\n');
		text = text != NULL ? text + 1 : NULL;
	}
}

static bool
is_on(const char *text, const char *name)
{
	char value[8];

	field(text, name, value, sizeof(value));
	return strcmp(value, "1") == 0;
}

void
redis_info_parse(const char *text, struct redis_info *info_r)
{
	char status[8];

	*info_r = (struct redis_info){.claims = info_r->claims};
	field(text, "run_id", info_r->run_id, sizeof(info_r->run_id));
	field(text, "redis_version", info_r->version, sizeof(info_r->version));
	field(text, "role", info_r->role, sizeof(info_r->role));
	field(text, "maxmemory_policy", info_r->policy, sizeof(info_r->policy));
	field(text, "aof_last_write_status", status, sizeof(status));
	snprintf(info_r->aof, sizeof(info_r->aof), "%s",
	    !is_on(text, "aof_enabled")    ? "off" :
		strcmp(status, "err") == 0 ? "broken" :
					     "on");
	info_r->cluster = is_on(text, "cluster_enabled");
	info_r->loading = is_on(text, "loading");
}

int
redis_info_check(const struct redis_info *info, struct err *err)
{
	if (info->loading)
		return err_set(err, "it is still loading its data");
	if (atoi(info->version) < 5)
		return err_set(
		    err, "it is Redis %s; 5 or later is needed", info->version);
	if (strcmp(info->role, "master") != 0)
		return err_set(err,
		    "it is a replica (role %s): a host that writes to its "
		    "master would not be seen in time",
		    info->role);
	if (strcmp(info->policy, "noeviction") != 0)
		return err_set(err,
		    "its maxmemory-policy is %s: it may forget claims; "
		    "noeviction is needed",
		    info->policy);
	if (info->run_id[0] == '\0')
		return err_set(err, "it does not tell its run_id");
	return 0;
}

const char *
redis_info_warning(const struct redis_info *info)
{
	if (strcmp(info->aof, "off") == 0)
		return "it keeps no append-only file: after a restart it has "
		       "forgotten what was claimed";
	if (strcmp(info->aof, "broken") == 0)
		return "it cannot write its append-only file";
	return NULL;
}
