/*
 * The keys of a receiver: how each is checked, of which types it is. Most are
 * kept as text for the worker that sends; what the master goes by is a field.
 */
#include "config/section/config_notify_key.h"

#include <regex.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/duration.h"
#include "base/mem.h"
#include "config/config_value.h"
#include "config/quote.h"
#include "notify/template.h"

#define MAIL    (1U << NOTIFY_MAIL)
#define WEBHOOK (1U << NOTIFY_WEBHOOK)
#define SLACK   (1U << NOTIFY_SLACK)
#define COMMAND (1U << NOTIFY_COMMAND)
#define HTTP    (WEBHOOK | SLACK)
#define ALL     (MAIL | HTTP | COMMAND)

#define SECOND   1000LL
#define MINUTE   (60 * SECOND)
#define HOUR     (60 * MINUTE)
#define DAY      (24 * HOUR)
#define RATE_MAX 100000

/* One key as it is being taken. */
struct take {
	struct setting_file *file;
	struct notify_section *section;
	const struct notify_key *key;
	const char *value; /* the file's */
	struct err *err;
};

struct notify_key {
	const char *name;
	uint32_t types;
	int (*check)(struct take *t);
	bool several;
	bool secret; /* no message shows its value */
	bool own;    /* a field of the section: no worker needs it */
	/* of durations */
	size_t offset;
	int64_t min, max;
};

static int
take_type(struct take *t)
{
	int type = config_notify_type(t->value);

	if (type == -1)
		return err_set(t->err, "write mail, webhook, slack or command");
	t->section->type = (enum notify_type)type;
	return 0;
}

static int
take_text(struct take *t)
{
	return 0;
}

static int
take_template(struct take *t)
{
	return notice_template_check(t->value, t->err);
}

/* Read by the worker, when it sends. */
static int
take_path(struct take *t)
{
	t->value = setting_keep(
	    t->file, config_resolve(t->file->config.path, t->value));
	return 0;
}

static int
take_program(struct take *t)
{
	return *t->value == '/' ? 0 :
				  err_set(t->err,
				      "an absolute path is needed; begin it "
				      "with /");
}

static bool
begins_with(const char *text, const char *const *beginnings)
{
	for (; *beginnings != NULL; beginnings++)
		if (strncasecmp(text, *beginnings, strlen(*beginnings)) == 0)
			return true;
	return false;
}

static int
take_url(struct take *t)
{
	static const char *const schemes[] = {"http://", "https://", NULL};

	if (!begins_with(t->value, schemes) || strpbrk(t->value, " \t") != NULL)
		return err_set(t->err,
		    "write a URL without blanks that begins with http:// or "
		    "https://");
	return notice_template_check(t->value, t->err);
}

static int
take_smtp(struct take *t)
{
	static const char *const schemes[] = {"smtp://", "smtps://", NULL};
	const char *host = strstr(t->value, "://");

	if (!begins_with(t->value, schemes) || host[3] == '\0' ||
	    strpbrk(host + 3, " \t/?#@") != NULL)
		return err_set(t->err,
		    "write smtp://HOST, smtp://HOST:PORT or smtps://HOST; "
		    "names and passwords are keys of their own");
	return 0;
}

static int
take_tls(struct take *t)
{
	if (strcmp(t->value, "starttls") != 0 && strcmp(t->value, "try") != 0 &&
	    strcmp(t->value, "off") != 0)
		return err_set(t->err,
		    "write starttls, try (when the server has it) or off; "
		    "smtps:// begins with TLS");
	return 0;
}

/* An address that can stand in a header and in SMTP as it is. */
static bool
is_address(const char *s, size_t len)
{
	const char *at = memchr(s, '@', len);

	if (len == 0 || len > 254 || *s == '-' || *s == '@')
		return false;
	if (at != NULL &&
	    (at == s + len - 1 ||
		memchr(at + 1, '@', len - (size_t)(at + 1 - s)) != NULL))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f ||
		    strchr("<>()[]\\,;:\"", s[i]) != NULL)
			return false;
	return true;
}

static int
take_addresses(struct take *t)
{
	static const char blanks[] = " \t,";
	const char *p = t->value + strspn(t->value, blanks);
	size_t len;

	for (; *p != '\0'; p += len + strspn(p + len, blanks)) {
		len = strcspn(p, blanks);
		if (!is_address(p, len))
			return err_set(t->err,
			    "column %d: this is no address; write ops@"
			    "example.org, or several with blanks between them",
			    (int)(p - t->value) + 1);
	}
	return 0;
}

static int
take_address(struct take *t)
{
	if (is_address(t->value, strlen(t->value)))
		return 0;
	return err_set(t->err,
	    "write one address without a name, like belfry@example.org");
}

static int
take_method(struct take *t)
{
	static const char *const methods[] = {
	    "GET", "POST", "PUT", "PATCH", "DELETE"};

	for (size_t i = 0; i < nitems(methods); i++)
		if (strcmp(methods[i], t->value) == 0)
			return 0;
	return err_set(t->err, "write GET, POST, PUT, PATCH or DELETE");
}

static int
take_header(struct take *t)
{
	size_t n = strspn(t->value,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789!#$%&'*+-.^_`|~");

	if (n == 0 || t->value[n] != ':')
		return err_set(t->err, "write NAME: VALUE");
	return notice_template_check(t->value, t->err);
}

static int
take_regex(struct take *t)
{
	char text[128];
	regex_t regex;
	int rc = regcomp(&regex, t->value, REG_EXTENDED | REG_NOSUB);

	if (rc == 0) {
		regfree(&regex);
		return 0;
	}
	regerror(rc, &regex, text, sizeof(text));
	return err_set(t->err, "no extended regular expression: %s", text);
}

static int
take_flag(struct take *t)
{
	if (strcmp(t->value, "yes") == 0 || strcmp(t->value, "no") == 0)
		return 0;
	return err_set(t->err, "write yes or no");
}

static int
take_duration(struct take *t)
{
	int64_t *field =
	    (int64_t *)(void *)((char *)t->section + t->key->offset);
	char least[DURATION_TEXT_MAX], most[DURATION_TEXT_MAX];

	if (duration_parse_ms(t->value, field, t->err) == -1)
		return -1;
	if (*field >= t->key->min && *field <= t->key->max)
		return 0;
	return err_set(t->err, "write a duration from %s to %s",
	    duration_format_ms(least, t->key->min),
	    duration_format_ms(most, t->key->max));
}

static int
take_rate(struct take *t)
{
	struct notify_section *section = t->section;
	const char *slash = strchr(t->value, '/');
	size_t n = strspn(t->value, "0123456789");
	struct err err;

	section->rate = strtoll(t->value, NULL, 10);
	if (slash == NULL || t->value + n != slash || n == 0 || n > 6 ||
	    section->rate < 1 || section->rate > RATE_MAX ||
	    duration_parse_ms(slash + 1, &section->rate_ms, &err) == -1 ||
	    section->rate_ms < SECOND || section->rate_ms > DAY)
		return err_set(t->err,
		    "write NUMBER/DURATION, as 10/1m: so many messages in so "
		    "long, which is 1s to 1d");
	return 0;
}

static int
take_events(struct take *t)
{
	return config_notify_events(t->value, &t->section->events, t->err);
}

#define AT(field) offsetof(struct notify_section, field)

static const struct notify_key keys[] = {
    {"type", ALL, take_type, .own = true},
    {"to", MAIL, take_addresses},
    {"from", MAIL, take_address},
    {"smtp", MAIL, take_smtp},
    {"tls", MAIL, take_tls},
    {"sendmail", MAIL, take_program},
    {"url", HTTP, take_url, .secret = true},
    {"url-file", HTTP, take_path},
    {"method", WEBHOOK, take_method},
    {"header", WEBHOOK, take_header, .several = true, .secret = true},
    {"expect-body", HTTP, take_regex},
    {"user", MAIL | WEBHOOK, take_text},
    {"password", MAIL | WEBHOOK, take_text, .secret = true},
    {"password-file", MAIL | WEBHOOK, take_path},
    {"ca-file", MAIL | HTTP, take_path},
    {"verify", MAIL | HTTP, take_flag},
    {"secret-file", ALL, take_path},
    {"command", COMMAND, take_text},
    {"subject", MAIL, take_template},
    {"body", ALL, take_template, .secret = true},
    {"timeout", ALL, take_duration, .own = true, .offset = AT(timeout_ms),
	.min = SECOND, .max = 10 * MINUTE},
    {"group-wait", ALL, take_duration, .own = true, .offset = AT(group_ms),
	.min = 0, .max = HOUR},
    {"rate-limit", ALL, take_rate, .own = true},
    {"retry-delay", ALL, take_duration, .own = true, .offset = AT(retry_ms),
	.min = 100, .max = HOUR},
    {"retry-for", ALL, take_duration, .own = true, .offset = AT(retry_for_ms),
	.min = SECOND, .max = 7 * DAY},
    {"events", ALL, take_events, .own = true},
};
_Static_assert(nitems(keys) <= NOTIFY_KEYS_MAX, "NOTIFY_KEYS_MAX too small");

void
config_notify_defaults(struct notify_section *section)
{
	section->timeout_ms = 30 * SECOND;
	section->group_ms = SECOND;
	section->rate = 10;
	section->rate_ms = MINUTE;
	section->retry_ms = 10 * SECOND;
	section->retry_for_ms = DAY;
	section->events = NOTIFY_EVENTS_ALL;
}

int
config_notify_key_count(void)
{
	return (int)nitems(keys);
}

const char *
config_notify_key_name(int key)
{
	return keys[key].name;
}

bool
config_notify_key_is_of(int key, enum notify_type type)
{
	return (keys[key].types >> type & 1) != 0;
}

uint32_t
config_notify_line(const struct notify_section *section, const char *key)
{
	for (size_t i = 0; i < nitems(keys); i++)
		if (strcmp(keys[i].name, key) == 0)
			return section->lines[i];
	return 0;
}

/* -1 with err: it is unknown. */
static int
find_key(const char *name, struct err *err)
{
	char quoted[QUOTE_SIZE], text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	for (size_t i = 0; i < nitems(keys); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return (int)i;
		suggest_try(&s, keys[i].name);
	}
	return err_set(err, "unknown key %s in [notify]%s", quote(quoted, name),
	    suggest_text(text, &s));
}

static int
check_value(struct take *t)
{
	char quoted[QUOTE_SIZE];

	if (*t->value == '\0')
		return err_set(t->err, "%s: a value is missing", t->key->name);
	if (t->key->check(t) == 0)
		return 0;
	if (t->key->secret)
		return err_prefix(t->err, "%s", t->key->name);
	quote_explain(t->value, t->err);
	return err_prefix(
	    t->err, "%s %s", t->key->name, quote(quoted, t->value));
}

/* Keeps it for the worker. */
static int
add_setting(struct take *t)
{
	struct notify_section *section = t->section;

	if (section->nsettings == NOTIFY_SETTINGS_MAX)
		return err_set(t->err, "too many keys; at most %d are possible",
		    NOTIFY_SETTINGS_MAX);
	section->settings[section->nsettings++] =
	    (struct notify_setting){t->key->name, t->value};
	return 0;
}

int
config_notify_take(struct setting_file *file, const struct ini_event *event,
    const char *value, struct err *err)
{
	struct notify_section *section =
	    &file->notify[file->config.nnotify - 1];
	int n = find_key(event->key, err);
	struct take t = {file, section, NULL, NULL, err};

	if (n == -1)
		return -1;
	t.key = &keys[n];
	t.value = setting_keep(file, xstrdup(value));
	if (section->lines[n] != 0 && !t.key->several)
		return err_set(err,
		    "%s is given twice; the first is in line %u", t.key->name,
		    section->lines[n]);
	section->lines[n] = event->line;
	if (check_value(&t) == -1)
		return -1;
	return t.key->own ? 0 : add_setting(&t);
}
