/*
 * Settings of the kinds of jobs: keys that few jobs have, kept together as
 * text, "KEY=VALUE" lines, checked here and read again by the worker.
 */
#include "config/job/draft.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "config/quote.h"
#include "kind/http.h"
#include "kind/sql.h"
#include "kind/template.h"

static bool
is_of(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] == '=';
}

static const char *
next_line(const char *line)
{
	line += strcspn(line, "\n");
	return line + (*line == '\n');
}

const char *
job_settings_find(const char *settings, const char *key, size_t *len_r)
{
	for (; *settings != '\0'; settings = next_line(settings)) {
		if (!is_of(settings, key))
			continue;
		settings += strlen(key) + 1;
		*len_r = strcspn(settings, "\n");
		return settings;
	}
	return NULL;
}

/* What the defaults say to this key does not count for the job. */
static void
drop_lines(struct job_draft *draft, const char *key)
{
	struct strbuf rest = STRBUF_INIT;
	const char *line = strbuf_str(&draft->settings), *next;

	for (; *line != '\0'; line = next) {
		next = next_line(line);
		if (is_of(line, key))
			continue;
		if (rest.len > 0)
			strbuf_addch(&rest, '\n');
		strbuf_add(&rest, line, strcspn(line, "\n"));
	}
	strbuf_fini(&draft->settings);
	draft->settings = rest;
}

static bool
has_any(const struct job_draft *draft)
{
	for (const struct job_key *k = job_keys; k->name != NULL; k++)
		if (k->setting != NULL && draft->lines[k - job_keys] != 0)
			return true;
	return false;
}

static int
parse_setting(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct strbuf *b = &draft->settings;

	if (*value == '\0')
		return err_set(err, "a value is missing");
	if (key->setting->check(key, value, err) == -1)
		return -1;
	if (!has_any(draft)) {
		strbuf_reset(b);
		strbuf_adds(b, draft->options.settings);
	}
	if (draft->lines[key - job_keys] == 0)
		drop_lines(draft, key->name);
	strbuf_addf(b, "%s%s=%s", b->len > 0 ? "\n" : "", key->name, value);
	draft->options.settings = strbuf_str(b);
	return 0;
}

void
job_setting_each(const char *settings, const struct job_key *key,
    void (*cb)(void *arg, const char *key, const char *value), void *arg)
{
	const char *p;
	size_t len, n = 0;
	char *value;

	for (; (p = job_settings_find(settings, key->name, &len)) != NULL;
	     n++) {
		value = xstrndup(p, len);
		cb(arg, key->name, value);
		free(value);
		settings = next_line(p);
	}
	if (n == 0 && key->fallback != NULL)
		cb(arg, key->name, key->fallback);
}

struct printer {
	const struct job_key *key;
	struct strbuf *b;
	size_t n;
};

static void
print_value(void *arg, const char *key, const char *value)
{
	struct printer *printer = arg;

	if (printer->n++ > 0)
		strbuf_addch(printer->b, '\n');
	if (printer->key->setting->mask != NULL)
		printer->key->setting->mask(printer->b, value);
	else
		strbuf_adds(printer->b, value);
}

static void
print_setting(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	struct printer printer = {.key = key, .b = b};

	job_setting_each(def->options->settings, key, print_value, &printer);
}

const struct job_type job_type_setting = {false, parse_setting, print_setting};
const struct job_type job_type_settings = {true, parse_setting, print_setting};

static int
check_duration(const struct job_key *key, const char *value, struct err *err)
{
	char text[DURATION_TEXT_MAX];
	int64_t ms;

	if (strcmp(value, "none") == 0)
		return 0;
	if (duration_parse_ms(value, &ms, err) == -1)
		return -1;
	if (ms < key->min)
		return err_set(err, "too short; at least %s, or none",
		    duration_format_ms(text, key->min));
	if (ms > key->max)
		return err_set(err, "too long; at most %s, or none",
		    duration_format_ms(text, key->max));
	return 0;
}

static int
check_flag(const struct job_key *key, const char *value, struct err *err)
{
	if (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0)
		return 0;
	return err_set(err, "write yes or no");
}

static int
check_number(const struct job_key *key, const char *value, struct err *err)
{
	size_t len = strspn(value, "0123456789");

	if (value[len] != '\0' || len > 9 ||
	    strtol(value, NULL, 10) < key->min ||
	    strtol(value, NULL, 10) > key->max)
		return err_set(err,
		    "write a number from %" PRId64 " to %" PRId64, key->min,
		    key->max);
	return 0;
}

static int
check_path(const struct job_key *key, const char *value, struct err *err)
{
	if (*value != '/')
		return err_set(
		    err, "an absolute path is needed; begin it with /");
	return 0;
}

static int
check_auth(const struct job_key *key, const char *value, struct err *err)
{
	static const char *const words[] = {"basic", "digest", "bearer"};

	for (size_t i = 0; i < nitems(words); i++)
		if (strcmp(words[i], value) == 0)
			return 0;
	return err_set(err, "write basic, digest or bearer");
}

/* Whether there is one of that name is known later. */
static int
check_database(const struct job_key *key, const char *value, struct err *err)
{
	if (job_is_name(value, strlen(value)))
		return 0;
	return err_set(err, "write the name of a [database NAME]");
}

/* Those of kind/ do not look at the key. */
#define CHECK(name, call)                                                      \
	static int name(                                                       \
	    const struct job_key *key, const char *value, struct err *err)     \
	{                                                                      \
		return call(value, err);                                       \
	}

CHECK(check_template, template_check)
CHECK(check_header, http_check_header)
CHECK(check_query, http_check_query)
CHECK(check_status, http_check_status)
CHECK(check_pattern, http_check_pattern)
CHECK(check_pin, http_check_pin)
CHECK(check_proxy, http_check_proxy)
CHECK(check_query_sql, sql_check_query)
CHECK(check_statement, sql_check_single)
CHECK(check_identifier, sql_check_identifier)

const struct setting_type setting_duration = {check_duration, NULL};
const struct setting_type setting_flag = {check_flag, NULL};
const struct setting_type setting_number = {check_number, NULL};
const struct setting_type setting_path = {check_path, NULL};
const struct setting_type setting_auth = {check_auth, NULL};
const struct setting_type setting_template = {check_template, NULL};
const struct setting_type setting_password = {
    check_template, http_mask_password};
const struct setting_type setting_header = {check_header, http_mask_header};
const struct setting_type setting_query = {check_query, NULL};
const struct setting_type setting_status = {check_status, NULL};
const struct setting_type setting_pattern = {check_pattern, NULL};
const struct setting_type setting_pin = {check_pin, NULL};
const struct setting_type setting_proxy = {check_proxy, http_mask_proxy};
const struct setting_type setting_database = {check_database, NULL};
const struct setting_type setting_query_sql = {check_query_sql, NULL};
const struct setting_type setting_statement = {check_statement, NULL};
const struct setting_type setting_identifier = {check_identifier, NULL};

/* key is given, in the job itself, and then other must be or must not be. */
static const struct {
	const char *key, *other;
	bool needed;
	const char *text;
} rules[] = {
    {"http-body-file", "http-body", false,
	"a request has one body: http-body or http-body-file"},
    {"http-password-file", "http-password", false,
	"write http-password or http-password-file, not both"},
    {"http-key", "http-cert", true,
	"http-key is the key of http-cert, which is missing"},
};

/* Also when it is wrong, which has been told. */
static bool
is_set(const struct job_draft *draft, const char *key)
{
	size_t len;

	return job_draft_line(draft, key) != 0 ||
	    job_settings_find(draft->options.settings, key, &len) != NULL;
}

static int
check_kind(const struct job_draft *draft, const char **key_r, struct err *err)
{
	enum job_kind kind = (enum job_kind)draft->options.kind;

	for (const struct job_key *k = job_keys; k->name != NULL; k++) {
		if (draft->lines[k - job_keys] == 0 || job_key_is_for(k, kind))
			continue;
		*key_r = k->name;
		return err_set(err, "%s has no meaning in a job with %s%s",
		    k->name, job_kind_name(kind),
		    k->type == &job_type_stdin && kind == KIND_HTTP ?
			"; see http-body" :
			"");
	}
	return 0;
}

/* Who sends a password must say as whom, and who says so must have one. */
static int
check_login(const struct job_draft *draft, const char **key_r, struct err *err)
{
	bool password = is_set(draft, "http-password") ||
	    is_set(draft, "http-password-file");
	const char *auth;
	size_t len;

	auth = job_settings_find(draft->options.settings, "http-auth", &len);
	*key_r = "http-auth";
	if (auth != NULL && !password)
		return err_set(
		    err, "http-auth needs http-password-file or http-password");
	if (auth != NULL && strncmp(auth, "bearer", len) == 0) {
		*key_r = "http-user";
		if (is_set(draft, "http-user"))
			return err_set(err,
			    "http-user has no meaning with http-auth = bearer");
		return 0;
	}
	*key_r = is_set(draft, "http-password") ? "http-password" :
						  "http-password-file";
	if (password && !is_set(draft, "http-user"))
		return err_set(
		    err, "%s needs http-user, or http-auth = bearer", *key_r);
	*key_r = "http-user";
	if (!password && is_set(draft, "http-user"))
		return err_set(
		    err, "http-user needs http-password-file or http-password");
	return 0;
}

static int
check_body(const struct job_draft *draft, const char **key_r, struct err *err)
{
	struct http_line line;

	*key_r = is_set(draft, "http-body") ? "http-body" : "http-body-file";
	if (!is_set(draft, *key_r))
		return 0;
	if (http_line_parse(&line, draft->command, err) == 0 &&
	    strcmp(line.method, "HEAD") == 0)
		return err_set(err, "HEAD has no body; leave %s out", *key_r);
	return 0;
}

static int
unknown_section(
    const char *type, const char *name, const char *sections, struct err *err)
{
	char *known = xstrdup(sections), *p = known, *word;
	char text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	while ((word = strsep(&p, " ")) != NULL)
		suggest_try(&s, word);
	err_set(err, "belfry.conf has no [%s %s]%s", type, name,
	    suggest_text(text, &s));
	free(known);
	return -1;
}

/* Is there a section [type NAME], name being len bytes? 0, or -1 with err. */
static int
check_section(const char *type, const char *name, size_t len,
    const char *sections, struct err *err)
{
	const char *p = sections, *word;
	char *copy;
	size_t n;

	while (sections != NULL && (word = job_next_word(&p, &n)) != NULL)
		if (n == len && strncmp(word, name, len) == 0)
			return 0;
	if (sections == NULL)
		return 0; /* nobody knows */
	copy = xstrndup(name, len);
	unknown_section(type, copy, sections, err);
	free(copy);
	return -1;
}

/* It needs one, and one that there is, when it is known which there are. */
static int
check_names_database(const struct job_draft *draft, const char *databases,
    const char **key_r, struct err *err)
{
	const char *name;
	size_t len;

	name = job_settings_find(draft->options.settings, "database", &len);
	*key_r = name != NULL ? "database" : job_kind_name(draft->options.kind);
	/* A plugin that needs one says so itself. */
	if (name == NULL && draft->options.kind == KIND_PLUGIN)
		return 0;
	if (name == NULL)
		return err_set(err,
		    "database is missing; name a [database NAME] of "
		    "belfry.conf");
	return check_section("database", name, len, databases, err);
}

static int
check_rules(const struct job_draft *draft, const char **key_r, struct err *err)
{
	for (size_t i = 0; i < nitems(rules); i++) {
		*key_r = rules[i].key;
		if (is_set(draft, rules[i].key) &&
		    is_set(draft, rules[i].other) != rules[i].needed)
			return err_set(err, "%s", rules[i].text);
	}
	return 0;
}

/* What defaults say of watch-wait is for those that listen. */
static int
check_watch(const struct job_draft *draft, const char **key_r, struct err *err)
{
	*key_r = "watch";
	if (!is_set(draft, "watch-done"))
		return err_set(err,
		    "watch-done is missing: the statement after which a row "
		    "is no more what watch looks for, such as UPDATE t SET "
		    "state = 'done' WHERE id = :id");
	*key_r = "watch-wait";
	if (job_draft_line(draft, "watch-wait") != 0 &&
	    !is_set(draft, "watch-notify"))
		return err_set(err,
		    "watch-wait says how long watch-notify is listened to, "
		    "which is missing");
	return 0;
}

int
job_settings_check(const struct job_draft *draft,
    const struct job_set_options *options, const char **key_r, struct err *err)
{
	enum job_kind kind = (enum job_kind)draft->options.kind;
	const char *queue = draft->options.queue;

	*key_r = "queue";
	if (*queue != '\0' &&
	    check_section(
		"queue", queue, strlen(queue), options->queues, err) == -1)
		return -1;
	if (check_kind(draft, key_r, err) == -1)
		return -1;
	if (kind == KIND_COMMAND)
		return 0;
	if (check_rules(draft, key_r, err) == -1)
		return -1;
	if (kind == KIND_WATCH && check_watch(draft, key_r, err) == -1)
		return -1;
	if (kind != KIND_HTTP)
		return check_names_database(
		    draft, options->databases, key_r, err);
	if (check_login(draft, key_r, err) == -1)
		return -1;
	return check_body(draft, key_r, err);
}
