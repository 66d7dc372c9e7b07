#include "config/config_database.h"

#include <string.h>

#include "base/mem.h"
#include "config/config_value.h"
#include "config/conninfo.h"
#include "config/quote.h"

#define NAME_MAX_LEN 128

enum database_key {
	DATABASE_CONNINFO,
	DATABASE_PASSWORD_FILE,
};

static const char *const keys[] = {
    [DATABASE_CONNINFO] = "conninfo",
    [DATABASE_PASSWORD_FILE] = "password-file",
};

static bool
is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t len = strspn(name, letters);

	return len > 0 && len <= NAME_MAX_LEN && name[len] == '\0';
}

int
config_database_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err)
{
	const struct database_section *first = config_database_find(
	    &file->config, event->name, strlen(event->name));
	struct database_section *section;
	char quoted[QUOTE_SIZE];

	if (*event->name == '\0')
		return err_set(
		    err, "a database without a name; write [database NAME]");
	if (!is_name(event->name))
		return err_set(err,
		    "bad name of a database %s; letters, digits, \".\", \"_\" "
		    "and \"-\" are possible, at most %d",
		    quote(quoted, event->name), NAME_MAX_LEN);
	if (first != NULL)
		return err_set(err,
		    "[database %s] is given twice; the first is in line %u",
		    event->name, first->line);
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

/* -1 with err: it is unknown. */
static int
find_key(const char *name, struct err *err)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < nitems(keys); i++) {
		if (strcmp(keys[i], name) == 0)
			return (int)i;
		suggest_try(&s, keys[i]);
	}
	return err_set(err, "unknown key %s in [database]%s",
	    quote(quoted, name), suggest_text(text, &s));
}

int
config_database_take(struct setting_file *file, const struct ini_event *event,
    const char *value, struct err *err)
{
	struct database_section *section =
	    &file->databases[file->config.ndatabases - 1];
	int key = find_key(event->key, err);

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
