#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/fd.h"
#include "base/mem.h"
#include "config/config_value.h"
#include "config/ini.h"
#include "config/job_defaults.h"
#include "config/quote.h"
#include "schedule/schedule.h"

/* What is parsed: the settings and the strings that they borrow. */
struct setting_file {
	struct config config; /* first: callers hold a pointer to it */
	struct job_defaults *defaults;
	char **strings; /* owned */
	size_t nstrings, cap;
};

struct setting;

struct parser {
	struct setting_file *file;
	const char *section; /* NULL: skip to the next */
	uint32_t sections[4];
	uint32_t *lines; /* of each setting; 0: not given */
	unsigned nerrors;
	void (*problem)(void *arg, uint32_t line, const char *text);
	void *arg;
};

struct setting {
	const char *section, *name;
	/* value is the parser's own; what it keeps of it, it says by keep(). */
	int (*parse)(struct parser *parser, const struct setting *setting,
	    const char *value, struct err *err);
	size_t offset;
	int64_t min, max;
	const char *fallback; /* NULL: worked out when all is read */
};

static void *
field(const struct parser *parser, const struct setting *setting)
{
	return (char *)&parser->file->config + setting->offset;
}

/* Gives a string of the heap to the file that is parsed. */
static const char *
keep(struct parser *parser, char *s)
{
	struct setting_file *file = parser->file;

	array_reserve(&file->strings, &file->cap, file->nstrings + 1,
	    sizeof(*file->strings));
	file->strings[file->nstrings++] = s;
	return s;
}

static int
parse_string(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	const char **p = field(parser, setting);

	*p = keep(parser, xstrdup(value));
	return 0;
}

static int
parse_path(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	const char **p = field(parser, setting);

	*p = keep(parser, config_resolve(parser->file->config.path, value));
	return 0;
}

static int
parse_integer(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	int64_t *p = field(parser, setting);
	size_t len = strlen(value);
	int64_t n = strtoll(value, NULL, 10);

	if (strspn(value, "0123456789") != len || len > 18 ||
	    n < setting->min || n > setting->max)
		return err_set(err,
		    "write a number from %" PRId64 " to %" PRId64, setting->min,
		    setting->max);
	*p = n;
	return 0;
}

static int
parse_duration(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	return duration_parse_ms(value, field(parser, setting), err);
}

static int
parse_log(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	if (strcmp(value, "stderr") == 0 || strcmp(value, "syslog") == 0)
		return parse_string(parser, setting, value, err);
	return parse_path(parser, setting, value, err);
}

static int
parse_level(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	int level = log_level_parse(value);

	if (level == -1)
		return err_set(err, "write error, warn, info or debug");
	parser->file->config.log_level = (enum log_level)level;
	return 0;
}

static int
parse_node_name(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";

	if (value[strspn(value, letters)] != '\0' || strlen(value) > 128)
		return err_set(err,
		    "a name has letters, digits, \".\", \"_\" "
		    "and \"-\", at most 128");
	return parse_string(parser, setting, value, err);
}

static int
parse_mode(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	size_t len = strlen(value);
	unsigned long n = strtoul(value, NULL, 8);

	if (strspn(value, "01234567") != len || len > 5 || n > 0777)
		return err_set(err, "write an octal number like 0660");
	parser->file->config.socket_mode = (mode_t)n;
	return 0;
}

static int
parse_store_type(struct parser *parser, const struct setting *setting,
    const char *value, struct err *err)
{
	if (strcmp(value, "sqlite") != 0)
		return err_set(err, "this version has sqlite and no other");
	return 0;
}

#define AT(member) offsetof(struct config, member)

/* Every section and key, but those of [defaults]. */
static const struct setting settings[] = {
    {"master", "state-dir", parse_path, AT(state_dir), 0, 0, "/var/lib/belfry"},
    {"master", "run-dir", parse_path, AT(run_dir), 0, 0, "/run/belfry"},
    {"master", "jobs-dir", parse_path, AT(jobs_dir), 0, 0,
	"/etc/belfry/jobs.d"},
    {"master", "user", parse_string, AT(user), 0, 0, ""},
    {"master", "group", parse_string, AT(group), 0, 0, ""},
    {"master", "max-running", parse_integer, AT(max_running), 0, 1000000, "0"},
    {"master", "shutdown-timeout", parse_duration, AT(shutdown_ms), 0, 0, "3m"},
    {"master", "log", parse_log, AT(log), 0, 0, "stderr"},
    {"master", "log-level", parse_level, AT(log_level), 0, 0, "info"},
    {"master", "node-name", parse_node_name, AT(node_name), 0, 0, NULL},
    {"api", "socket", parse_path, AT(socket), 0, 0, NULL},
    {"api", "socket-mode", parse_mode, AT(socket_mode), 0, 0, "0660"},
    {"store", "type", parse_store_type, 0, 0, 0, "sqlite"},
    {"store", "path", parse_path, AT(store_path), 0, 0, NULL},
};

static const char *const sections[] = {"master", "api", "store", "defaults"};

static void
error_at(struct parser *parser, uint32_t line, const char *text)
{
	parser->nerrors++;
	parser->problem(parser->arg, line, text);
}

static void
begin_section(struct parser *parser, const struct ini_event *event)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;
	struct err err;

	parser->section = NULL;
	suggest_init(&s, event->section);
	for (size_t i = 0; i < nitems(sections); i++) {
		suggest_try(&s, sections[i]);
		if (strcmp(sections[i], event->section) != 0 ||
		    *event->name != '\0')
			continue;
		if (parser->sections[i] == 0) {
			parser->sections[i] = event->line;
			parser->section = sections[i];
			return;
		}
		err_set(&err,
		    "section [%s] is given twice; the first is in line %u",
		    sections[i], parser->sections[i]);
		error_at(parser, event->line, err.text);
		return;
	}
	if (strcmp(event->section, "job") == 0)
		err_set(&err,
		    "jobs belong in files of their own, NAME.ini in "
		    "jobs-dir");
	else
		err_set(&err, "unknown section %s%s",
		    quote(quoted, event->section), suggest_text(text, &s));
	error_at(parser, event->line, err.text);
}

static void
unknown_key(struct parser *parser, const struct ini_event *event)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;
	struct err err;

	suggest_init(&s, event->key);
	for (size_t i = 0; i < nitems(settings); i++)
		if (strcmp(settings[i].section, parser->section) == 0)
			suggest_try(&s, settings[i].name);
	err_set(&err, "unknown key %s in [%s]%s", quote(quoted, event->key),
	    parser->section, suggest_text(text, &s));
	error_at(parser, event->line, err.text);
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
	else if (setting->parse(parser, setting, value, &err) == -1)
		err_prefix(&err, "%s %s", setting->name, quote(quoted, value));
	else
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

	value = keep(parser, xstrdup(value));
	if (job_defaults_set(parser->file->defaults, event->key, value,
		event->line, &err) == -1)
		error_at(parser, event->line, err.text);
}

static void
take_key(struct parser *parser, const struct ini_event *event)
{
	struct err err;
	char *value = config_expand(event->value, &err);

	if (value == NULL) {
		err_prefix(&err, "%.64s", event->key);
		error_at(parser, event->line, err.text);
		return;
	}
	if (strcmp(parser->section, "defaults") == 0) {
		take_default(parser, event, value);
		free(value);
		return;
	}
	for (size_t i = 0; i < nitems(settings); i++) {
		if (strcmp(settings[i].name, event->key) != 0 ||
		    strcmp(settings[i].section, parser->section) != 0)
			continue;
		take_setting(parser, event, &settings[i], value);
		free(value);
		return;
	}
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
	char host[256] = "localhost";
	struct config *config = &parser->file->config;
	struct err err;

	for (size_t i = 0; i < nitems(settings); i++)
		if (parser->lines[i] == 0 && settings[i].fallback != NULL &&
		    settings[i].parse(
			parser, &settings[i], settings[i].fallback, &err) == -1)
			fatalx("default of %s: %s", settings[i].name, err.text);
	if (config->node_name == NULL) {
		if (gethostname(host, sizeof(host) - 1) == -1 || !*host)
			snprintf(host, sizeof(host), "localhost");
		config->node_name = keep(parser, xstrdup(host));
	}
	if (config->socket == NULL)
		config->socket =
		    keep(parser, xasprintf("%s/belfry.sock", config->run_dir));
	if (config->store_path == NULL)
		config->store_path =
		    keep(parser, xasprintf("%s/belfry.db", config->state_dir));
}

static void
default_error(void *arg, uint32_t line, const char *text)
{
	error_at(arg, line, text);
}

static struct config *
parse(const char *path, const char *text, size_t len,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct setting_file *file = xcalloc(1, sizeof(*file));
	uint32_t lines[nitems(settings)] = {0};
	struct parser parser = {
	    .file = file,
	    .lines = lines,
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
	file->config.path = keep(&parser, xstrdup(path));
	ini_read(&reader, copy, len);
	free(copy);
	parse_fallbacks(&parser);
	job_defaults_check(file->defaults, default_error, &parser);
	if (parser.nerrors == 0)
		return &file->config;
	config_free(&file->config);
	return NULL;
}

struct first_error {
	const char *path;
	struct err *err;
	bool set;
};

static void
keep_first(void *arg, uint32_t line, const char *text)
{
	struct first_error *first = arg;

	if (first->set)
		return;
	first->set = true;
	err_set(first->err, "%s:%u: %s", first->path, line, text);
}

struct config *
config_parse(const char *path, const char *text, size_t len, struct err *err)
{
	struct first_error first = {path, err, false};

	return parse(path, text, len, keep_first, &first);
}

/* The caller frees it. NULL with err, which does not name the file. */
static char *
read_file(const char *path, size_t *len_r, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;

	if (fd == -1) {
		err_errno(err, "cannot open the configuration");
		return NULL;
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		err_set(err,
		    "this is a directory; the configuration is a "
		    "text file");
	else if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		err_set(err, "this is not a regular file");
	else if ((text = fd_read_all(fd, INI_FILE_MAX, len_r)) == NULL)
		err_errno(err, "cannot read the configuration");
	fd_close(&fd);
	return text;
}

struct config *
config_load(const char *path, struct err *err)
{
	struct config *config;
	size_t len;
	char *text = read_file(path, &len, err);

	if (text == NULL) {
		err_prefix(err, "%s", path);
		return NULL;
	}
	config = config_parse(path, text, len, err);
	free(text);
	return config;
}

struct config *
config_check(const char *path,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct config *config;
	struct err err;
	size_t len;
	char *text = read_file(path, &len, &err);

	if (text == NULL) {
		problem(arg, 0, err.text);
		return NULL;
	}
	config = parse(path, text, len, problem, arg);
	free(text);
	return config;
}

void
config_free(struct config *config)
{
	struct setting_file *file = (struct setting_file *)config;

	if (config == NULL)
		return;
	job_defaults_free(file->defaults);
	for (size_t i = 0; i < file->nstrings; i++)
		free(file->strings[i]);
	free(file->strings);
	free(file);
}
