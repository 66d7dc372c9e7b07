/* Sections of receivers: begun, and held against each other at the end. */
#include "config/section/config_notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/job/draft.h"
#include "config/quote.h"
#include "config/section/config_notify_key.h"

static const char *const type_names[NOTIFY_TYPE_COUNT] = {
    [NOTIFY_NONE] = "",
    [NOTIFY_MAIL] = "mail",
    [NOTIFY_WEBHOOK] = "webhook",
    [NOTIFY_SLACK] = "slack",
    [NOTIFY_COMMAND] = "command",
};

static const char *const event_names[] = {
    "node-down",
    "node-up",
    "redis-down",
    "redis-up",
    "store-down",
    "store-up",
    "clock-skew",
    "jobs-differ",
    NULL,
};

const char *
notify_type_name(enum notify_type type)
{
	return type_names[type];
}

const char *
notify_event_name(uint32_t bit)
{
	for (size_t i = 0; event_names[i] != NULL; i++)
		if (bit == 1U << i)
			return event_names[i];
	return "";
}

const struct notify_section *
config_notify_find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nnotify; i++)
		if (strcmp(config->notify[i].name, name) == 0)
			return &config->notify[i];
	return NULL;
}

const char *
config_notify_setting(const struct notify_section *section, const char *key)
{
	for (size_t i = 0; i < section->nsettings; i++)
		if (strcmp(section->settings[i].key, key) == 0)
			return section->settings[i].value;
	return NULL;
}

static int
check_name(const struct setting_file *file, const char *name, struct err *err)
{
	const struct notify_section *first =
	    config_notify_find(&file->config, name);
	char quoted[QUOTE_SIZE];

	if (*name == '\0')
		return err_set(
		    err, "a receiver without a name; write [notify NAME]");
	if (!job_is_name(name, strlen(name)))
		return err_set(err,
		    "bad name of a receiver %s; letters, digits, \".\", \"_\" "
		    "and \"-\" are possible, at most %d",
		    quote(quoted, name), JOB_NAME_MAX);
	if (strcmp(name, "none") == 0 || strcmp(name, "ping") == 0)
		return err_set(err,
		    "a receiver cannot be called %s: that is for jobs without "
		    "a receiver, and for their pings",
		    name);
	if (first != NULL)
		return err_set(err,
		    "[notify %s] is given twice; the first is in line %u", name,
		    first->line);
	return 0;
}

int
config_notify_begin(
    struct setting_file *file, const struct ini_event *event, struct err *err)
{
	struct notify_section *section;

	if (check_name(file, event->name, err) == -1)
		return -1;
	array_reserve(&file->notify, &file->notify_cap,
	    file->config.nnotify + 1, sizeof(*file->notify));
	section = &file->notify[file->config.nnotify++];
	memset(section, 0, sizeof(*section));
	section->name = setting_keep(file, xstrdup(event->name));
	section->line = event->line;
	config_notify_defaults(section);
	file->config.notify = file->notify;
	file->config.notify_names = setting_keep(file,
	    xasprintf("%s%s%s", file->config.notify_names,
		file->config.nnotify > 1 ? " " : "", section->name));
	return 0;
}

struct check {
	const struct notify_section *section;
	void (*problem)(void *arg, uint32_t line, const char *text);
	void *arg;
};

static void
say(const struct check *c, uint32_t line, const char *text)
{
	c->problem(c->arg, line != 0 ? line : c->section->line, text);
}

/* Keys that the type does not have. */
static void
check_keys(const struct check *c)
{
	struct err err;

	for (int i = 0; i < config_notify_key_count(); i++) {
		uint32_t line = c->section->lines[i];

		if (line == 0 || config_notify_key_is_of(i, c->section->type))
			continue;
		err_set(&err, "%s has no meaning in a receiver of type %s",
		    config_notify_key_name(i),
		    notify_type_name(c->section->type));
		say(c, line, err.text);
	}
}

static bool
has(const struct check *c, const char *key)
{
	return config_notify_line(c->section, key) != 0;
}

static void
check_mail(const struct check *c)
{
	if (!has(c, "to"))
		say(c, 0, "to is missing; write to = ADDRESS");
	if (has(c, "user") && !has(c, "password") && !has(c, "password-file"))
		say(c, config_notify_line(c->section, "user"),
		    "user needs password-file = FILE, or "
		    "password = ${VARIABLE}");
	for (const char *const *p =
		 (const char *const[]){"user", "tls", "ca-file", NULL};
	     *p != NULL; p++)
		if (has(c, *p) && !has(c, "smtp"))
			say(c, config_notify_line(c->section, *p),
			    "user, tls and ca-file need smtp = smtp://HOST; "
			    "without it mail goes to the local sendmail");
	if (has(c, "sendmail") && has(c, "smtp"))
		say(c, config_notify_line(c->section, "sendmail"),
		    "sendmail and smtp: which of the two?");
}

static void
check_url(const struct check *c)
{
	if (!has(c, "url") && !has(c, "url-file"))
		say(c, 0,
		    "url is missing; write url = https://HOST/PATH, or "
		    "url-file = a file that has it");
	if (has(c, "url") && has(c, "url-file"))
		say(c, config_notify_line(c->section, "url-file"),
		    "url and url-file: which of the two?");
}

static void
check_section(const struct check *c)
{
	if (c->section->type == NOTIFY_NONE) {
		if (!has(c, "type"))
			say(c, 0,
			    "type is missing; write type = mail, webhook, "
			    "slack or command");
		return;
	}
	check_keys(c);
	if (has(c, "password") && has(c, "password-file"))
		say(c, config_notify_line(c->section, "password-file"),
		    "password and password-file: which of the two?");
	if (c->section->type == NOTIFY_MAIL)
		check_mail(c);
	else if (c->section->type != NOTIFY_COMMAND)
		check_url(c);
	else if (!has(c, "command"))
		say(c, 0, "command is missing; write command = what it runs");
}

void
config_notify_check(const struct setting_file *file,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	struct check check = {.problem = problem, .arg = arg};

	for (size_t i = 0; i < file->config.nnotify; i++) {
		check.section = &file->notify[i];
		check_section(&check);
	}
}

int
config_notify_type(const char *value)
{
	for (int i = NOTIFY_MAIL; i < NOTIFY_TYPE_COUNT; i++)
		if (strcmp(type_names[i], value) == 0)
			return i;
	return -1;
}

int
config_notify_events(const char *value, uint32_t *events_r, struct err *err)
{
	char *copy = xstrdup(value), *p = copy, *word;
	size_t i;

	*events_r = 0;
	if (strcmp(value, "all") == 0)
		*events_r = NOTIFY_EVENTS_ALL;
	if (strcmp(value, "all") == 0 || strcmp(value, "none") == 0)
		p = NULL;
	while ((word = strsep(&p, " \t,")) != NULL) {
		if (*word == '\0')
			continue;
		for (i = 0; event_names[i] != NULL; i++)
			if (strcmp(event_names[i], word) == 0)
				break;
		if (event_names[i] == NULL)
			break;
		*events_r |= 1U << i;
	}
	free(copy);
	return word == NULL ?
	    0 :
	    err_set(err,
		"write all, none, or some of node-down, node-up, redis-down, "
		"redis-up, store-down, store-up, clock-skew and jobs-differ");
}
