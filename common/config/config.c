#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/config_setting.h"
#include "config/config_value.h"
#include "config/ini.h"
#include "config/job/defaults.h"
#include "config/quote.h"
#include "config/section/config_api.h"
#include "config/section/config_calendar.h"
#include "config/section/config_cluster.h"
#include "config/section/config_named.h"
#include "config/section/config_queue.h"
#include "config/section/notify.h"

#define SECTIONS 6 /* without a name */

struct parser {
	struct setting_file *file;
	const char *section; /* NULL: skip to the next */
	uint32_t sections[SECTIONS];
	uint32_t lines[SETTING_MAX]; /* of each setting; 0: not given */
	unsigned nerrors;
	void (*problem)(void *arg, uint32_t line, const char *text);
	void *arg;
};

static const char *const sections[SECTIONS] = {
    "master", "api", "store", "cluster", "defaults", "crontab"};

#define CLUSTER 3 /* its place among them */

static void
error_at(struct parser *parser, uint32_t line, const char *text)
{
	parser->nerrors++;
	parser->problem(parser->arg, line, text);
}

static void
section_error(
    struct parser *parser, const struct ini_event *event, struct err *err)
{
	err_prefix(err, "column %u", event->column);
	error_at(parser, event->line, err->text);
}

static void
begin_named(struct parser *parser, const struct config_named *named,
    const struct ini_event *event)
{
	struct err err;

	if (named->begin(parser->file, event, &err) == 0)
		parser->section = named->section;
	else
		section_error(parser, event, &err);
}

static void
begin_section(struct parser *parser, const struct ini_event *event)
{
	const struct config_named *named = config_named_find(event->section);
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;
	struct err err;

	parser->section = NULL;
	if (named != NULL) {
		begin_named(parser, named, event);
		return;
	}
	suggest_init(&s, event->section);
	config_named_suggest(&s);
	for (size_t i = 0; i < nitems(sections); i++) {
		suggest_try(&s, sections[i]);
		if (strcmp(sections[i], event->section) != 0)
			continue;
		if (*event->name == '\0' && parser->sections[i] == 0) {
			parser->sections[i] = event->line;
			parser->section = sections[i];
			return;
		}
		if (*event->name != '\0')
			err_set(&err, "section [%s] takes no name; write [%s]",
			    sections[i], sections[i]);
		else
			err_set(&err,
			    "section [%s] is given twice; the first is in line %u",
			    sections[i], parser->sections[i]);
		section_error(parser, event, &err);
		return;
	}
	if (strcmp(event->section, "job") == 0)
		err_set(&err,
		    "jobs belong in files of their own, NAME.ini in "
		    "jobs-dir");
	else
		err_set(&err, "unknown section %s%s",
		    quote(quoted, event->section), suggest_text(text, &s));
	section_error(parser, event, &err);
}

static void
unknown_key(struct parser *parser, const struct ini_event *event)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;
	struct err err;

	suggest_init(&s, event->key);
	for (const struct setting *k = settings; k->name != NULL; k++)
		if (strcmp(k->section, parser->section) == 0)
			suggest_try(&s, k->name);
	err_set(&err, "unknown key %s in [%s]%s", quote(quoted, event->key),
	    parser->section, suggest_text(text, &s));
	error_at(parser, event->line, err.text);
}

/* May its value hold a password? */
static bool
is_secret(const struct setting *setting)
{
	return strcmp(setting->name, "conninfo") == 0 ||
	    strcmp(setting->name, "redis") == 0;
}

static void
take_setting(struct parser *parser, const struct ini_event *event,
    const struct setting *setting, const char *value)
{
	uint32_t *line = &parser->lines[setting - settings];
	char quoted[QUOTE_SIZE];
	struct err err;
	int rc = -1;

	if (*line != 0)
		err_set(&err, "%s is given twice; the first is in line %u",
		    setting->name, *line);
	else if (*value == '\0')
		err_set(&err, "%s: a value is missing", setting->name);
	else if (setting->parse(parser->file, setting, value, &err) == -1) {
		quote_explain(value, &err);
		err_prefix(&err, "%s%s%s", setting->name,
		    is_secret(setting) ? "" : " ",
		    is_secret(setting) ? "" : quote(quoted, value));
	} else
		rc = 0;
	if (*line == 0)
		*line = event->line;
	if (rc == -1)
		error_at(parser, event->line, err.text);
}

/* The defaults borrow the value, so it is kept first. */
static void
take_default(
    struct parser *parser, const struct ini_event *event, const char *value)
{
	struct err err;

	value = setting_keep(parser->file, xstrdup(value));
	if (job_defaults_set(parser->file->defaults, event->key, value,
		event->line, &err) == -1)
		error_at(parser, event->line, err.text);
}

static void
take_named(struct parser *parser, const struct config_named *named,
    const struct ini_event *event, const char *value)
{
	struct err err;

	if (named->take(parser->file, event, value, &err) == -1)
		error_at(parser, event->line, err.text);
}

static const struct setting *
find_setting(const char *section, const char *name)
{
	for (const struct setting *s = settings; s->name != NULL; s++)
		if (strcmp(s->section, section) == 0 &&
		    strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static void
take_key(struct parser *parser, const struct ini_event *event)
{
	const struct config_named *named = config_named_find(parser->section);
	const struct setting *setting;
	struct err err;
	char *value = config_expand(event->value, &err);

	if (value == NULL) {
		err_prefix(&err, "%.64s", event->key);
		error_at(parser, event->line, err.text);
		return;
	}
	setting = find_setting(parser->section, event->key);
	if (setting != NULL)
		take_setting(parser, event, setting, value);
	else if (strcmp(parser->section, "defaults") == 0)
		take_default(parser, event, value);
	else if (named != NULL)
		take_named(parser, named, event, value);
	else
		unknown_key(parser, event);
	free(value);
}

static void
take_event(void *arg, const struct ini_event *event)
{
	struct parser *parser = arg;

	switch (event->type) {
	case INI_SECTION:
		begin_section(parser, event);
		break;
	case INI_KEY:
		if (parser->section != NULL)
			take_key(parser, event);
		break;
	case INI_SECTION_ERROR:
		parser->section = NULL;
		error_at(parser, event->line, event->text);
		break;
	case INI_ERROR:
	case INI_FILE_ERROR:
		error_at(parser, event->line, event->text);
		break;
	}
}

static void
parse_fallbacks(struct parser *parser)
{
	char host[256] = "";
	struct setting_file *file = parser->file;
	struct config *config = &file->config;
	struct err err;

	for (const struct setting *s = settings; s->name != NULL; s++)
		if (parser->lines[s - settings] == 0 && s->fallback != NULL &&
		    s->parse(file, s, s->fallback, &err) == -1)
			fatalx("default of %s: %s", s->name, err.text);
	if (config->node_name == NULL) {
		if (gethostname(host, sizeof(host) - 1) == -1 || !*host)
			snprintf(host, sizeof(host), "localhost");
		config->node_name = setting_keep(file, xstrdup(host));
	}
	if (config->socket == NULL)
		config->socket = setting_keep(
		    file, xasprintf("%s/belfry.sock", config->run_dir));
	if (config->crontabs.spool == NULL)
		config->crontabs.spool = "";
	if (config->store_path == NULL)
		config->store_path = setting_keep(
		    file, xasprintf("%s/belfry.db", config->state_dir));
}

static uint32_t
line_of(const struct parser *parser, const char *section, const char *name)
{
	return parser->lines[find_setting(section, name) - settings];
}

/* Keys of a store that is not the one. */
static void
check_store(struct parser *parser)
{
	bool postgres = parser->file->config.store_type == STORE_POSTGRES;
	static const char *const keys[] = {"conninfo", "password-file"};
	uint32_t line = line_of(parser, "store", "path");
	struct err err;

	if (postgres && line != 0)
		error_at(parser, line,
		    "path: is of type = sqlite; with postgres write conninfo");
	if (postgres && line_of(parser, "store", "conninfo") == 0)
		error_at(parser, line_of(parser, "store", "type"),
		    "type postgres needs conninfo, such as conninfo = "
		    "host=HOST dbname=belfry user=belfry");
	for (size_t i = 0; i < nitems(keys) && !postgres; i++) {
		line = line_of(parser, "store", keys[i]);
		err_set(&err, "%s: is of type = postgres", keys[i]);
		if (line != 0)
			error_at(parser, line, err.text);
	}
}

static void
check_cluster(struct parser *parser)
{
	const char *key;
	struct err err;
	uint32_t line = parser->sections[CLUSTER];
	const struct setting *setting;

	if (line == 0 ||
	    config_cluster_check(&parser->file->config, &key, &err) == 0)
		return;
	setting = find_setting("cluster", key);
	if (setting != NULL && parser->lines[setting - settings] != 0)
		line = parser->lines[setting - settings];
	error_at(parser, line, err.text);
}

/* Whose server takes the mail of crontabs. */
static void
check_crontab(struct parser *parser)
{
	const char *name = parser->file->config.cron_mail;
	const struct notify_section *section;
	char quoted[QUOTE_SIZE];
	struct err err;

	if (name == NULL || *name == '\0')
		return;
	section = config_notify_find(&parser->file->config, name);
	if (section != NULL && section->type == NOTIFY_MAIL &&
	    config_notify_setting(section, "smtp") != NULL)
		return;
	err_set(&err,
	    "mail: there is no [notify %s] of type mail with smtp = "
	    "smtp://HOST",
	    quote(quoted, name));
	error_at(parser, line_of(parser, "crontab", "mail"), err.text);
}

static void
check_api(struct parser *parser)
{
	const char *key;
	struct err err;

	if (config_api_check(&parser->file->config, &key, &err) == -1)
		error_at(parser, line_of(parser, "api", key), err.text);
}

static void
default_error(void *arg, uint32_t line, const char *text)
{
	error_at(arg, line, text);
}

struct setting_file *
setting_read(const char *path, const char *text, size_t len,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg,
    size_t *nerrors_r)
{
	struct setting_file *file = xcalloc(1, sizeof(*file));
	struct parser parser = {
	    .file = file,
	    .problem = problem,
	    .arg = arg,
	};
	struct ini_reader reader = {
	    .example = "[master]",
	    .event = take_event,
	    .arg = &parser,
	};
	char *copy = xmalloc(len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	file->defaults = job_defaults_new();
	file->config.defaults = file->defaults;
	file->config.path = setting_keep(file, xstrdup(path));
	file->config.database_names = file->config.queue_names = "";
	file->config.notify_names = "";
	ini_read(&reader, copy, len);
	free(copy);
	parse_fallbacks(&parser);
	if (parser.nerrors == 0)
		check_cluster(&parser);
	job_defaults_output_limit(
	    file->defaults, (uint64_t)file->config.output_limit);
	if (parser.nerrors == 0)
		check_api(&parser);
	job_defaults_check(
	    file->defaults, file->config.notify_names, default_error, &parser);
	config_named_check(file, default_error, &parser);
	config_queue_end(file);
	check_store(&parser);
	check_crontab(&parser);
	*nerrors_r = parser.nerrors;
	return file;
}

void
config_free(struct config *config)
{
	struct setting_file *file = (struct setting_file *)config;

	if (config == NULL)
		return;
	job_defaults_free(file->defaults);
	config_calendar_fini(file);
	free(file->databases);
	free(file->queues);
	free(file->notify);
	for (size_t i = 0; i < file->nstrings; i++)
		free(file->strings[i]);
	free(file->strings);
	free(file);
}
