#include "config/section/config_database.h"

#include <string.h>

#include "base/mem.h"
#include "config/config_value.h"
#include "config/section/conninfo.h"

enum database_key {
	DATABASE_CONNINFO,
	DATABASE_PASSWORD_FILE,
};

static const char *const keys[] = {
    [DATABASE_CONNINFO] = "conninfo",
    [DATABASE_PASSWORD_FILE] = "password-file",
};

int
config_database_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err)
{
	const struct database_section *first = config_database_find(
	    &file->config, event->name, strlen(event->name));
	const struct config_name name = {
	    .kind = "database",
	    .name = event->name,
	    .first = first != NULL ? first->line : 0,
	};
	struct database_section *section;

	if (config_check_name(&name, err) == -1)
		return -1;
	array_reserve(&file->databases, &file->databases_cap,
	    file->config.ndatabases + 1, sizeof(*file->databases));
	section = &file->databases[file->config.ndatabases++];
	memset(section, 0, sizeof(*section));
	section->name = setting_keep(file, xstrdup(event->name));
	section->line = event->line;
	file->config.databases = file->databases;
	file->config.database_names = setting_keep(file,
	    xasprintf("%s%s%s", file->config.database_names,
		file->config.ndatabases > 1 ? " " : "", section->name));
	return 0;
}

const struct database_section *
config_database_find(const struct config *config, const char *name, size_t len)
{
	for (size_t i = 0; i < config->ndatabases; i++)
		if (strlen(config->databases[i].name) == len &&
		    strncmp(config->databases[i].name, name, len) == 0)
			return &config->databases[i];
	return NULL;
}

int
config_database_take(struct setting_file *file, const struct ini_event *event,
    const char *value, struct err *err)
{
	struct database_section *section =
	    &file->databases[file->config.ndatabases - 1];
	int key = config_find_key(
	    "database", keys, sizeof(*keys), nitems(keys), event->key, err);

	if (key == -1)
		return -1;
	if (section->lines[key] != 0)
		return err_set(err,
		    "%s is given twice; the first is in line %u", keys[key],
		    section->lines[key]);
	section->lines[key] = event->line;
	if (*value == '\0')
		return err_set(err, "%s: a value is missing", keys[key]);
	if (key == DATABASE_PASSWORD_FILE) {
		section->password_file = setting_keep(
		    file, config_resolve(file->config.path, value));
		return 0;
	}
	section->conninfo = setting_keep(file, xstrdup(value));
	if (conninfo_check(value, err) == -1)
		return err_prefix(err, "conninfo");
	return 0;
}

void
config_database_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	for (size_t i = 0; i < file->config.ndatabases; i++)
		if (file->databases[i].lines[DATABASE_CONNINFO] == 0)
			problem(arg, file->databases[i].line,
			    "a database without conninfo; write conninfo = "
			    "host=HOST dbname=DATABASE user=USER");
}
