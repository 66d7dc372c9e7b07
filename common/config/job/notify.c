/* Whom a job tells of what: receivers, events, and pings. */
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "config/job/draft.h"
#include "config/quote.h"
#include "notify/template.h"

static const char *const event_names[] = {"start", "success", "failure",
    "recovery", "late", "too-long", "missed", "lost", "killed", NULL};

const char *
job_event_name(enum job_event event)
{
	for (size_t i = 0; event_names[i] != NULL; i++)
		if ((unsigned)event == 1U << i)
			return event_names[i];
	return "";
}

static int
check_receiver(const char *word, size_t len, struct err *err)
{
	if (job_is_name(word, len))
		return 0;
	return err_set(err,
	    "this is no name of a receiver; write notify = NAME, or several "
	    "with blanks between them, each a [notify NAME] of belfry.conf");
}

static int
parse_notify(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	draft->options.notify = "";
	if (strcmp(value, "none") == 0)
		return 0;
	if (job_words_take(&draft->notify, value, JOB_NOTIFY_MAX,
		check_receiver, err) == -1)
		return -1;
	draft->options.notify = strbuf_str(&draft->notify);
	return 0;
}

static void
print_notify(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	strbuf_adds(b, def->options->notify);
}

const struct job_type job_type_notify = {false, parse_notify, print_notify};

static int
find_event(const char *word, size_t len)
{
	for (size_t i = 0; event_names[i] != NULL; i++)
		if (strlen(event_names[i]) == len &&
		    strncmp(event_names[i], word, len) == 0)
			return 1 << i;
	return 0;
}

static int
check_event(const char *word, size_t len, struct err *err)
{
	if (find_event(word, len) != 0)
		return 0;
	return err_set(err,
	    "write some of start, success, failure, recovery, late, "
	    "too-long, missed, lost and killed");
}

static int
parse_notify_on(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct strbuf words = STRBUF_INIT;
	uint16_t events = 0;
	const char *p, *word;
	size_t len;
	int rc;

	rc = job_words_take(&words, value, 16, check_event, err);
	p = strbuf_str(&words);
	while (rc == 0 && (word = job_next_word(&p, &len)) != NULL)
		events = (uint16_t)(events | find_event(word, len));
	strbuf_fini(&words);
	if (rc == 0)
		draft->options.notify_on = events;
	return rc;
}

static void
print_notify_on(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const char *blank = "";

	for (size_t i = 0; event_names[i] != NULL; i++)
		if ((def->options->notify_on >> i & 1) != 0) {
			strbuf_addf(b, "%s%s", blank, event_names[i]);
			blank = " ";
		}
}

const struct job_type job_type_notify_on = {
    false, parse_notify_on, print_notify_on};

/* A duration, or one of two words, which are numbers below 1. */
static int
parse_repeat(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int64_t *field = &draft->options.notify_repeat_ms;
	struct err why;

	if (strcmp(value, "change") == 0)
		*field = JOB_REPEAT_CHANGE;
	else if (strcmp(value, "every") == 0)
		*field = JOB_REPEAT_EVERY;
	else if (duration_parse_ms(value, field, &why) == -1 || *field < 1)
		return err_set(
		    err, "write change, every, or a duration such as 1h");
	return 0;
}

static void
print_repeat(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	int64_t ms = def->options->notify_repeat_ms;
	char text[DURATION_TEXT_MAX];

	strbuf_adds(b,
	    ms == JOB_REPEAT_CHANGE    ? "change" :
		ms == JOB_REPEAT_EVERY ? "every" :
					 duration_format_ms(text, ms));
}

const struct job_type job_type_notify_repeat = {
    false, parse_repeat, print_repeat};

static int
parse_too_long(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int64_t *field = &draft->options.notify_too_long_ms;
	struct err why;

	if (strcmp(value, "auto") == 0)
		*field = JOB_TOO_LONG_AUTO;
	else if (duration_parse_ms(value, field, &why) == -1 || *field < 1)
		return err_set(err, "write auto, or a duration such as 1h");
	return 0;
}

static void
print_too_long(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	int64_t ms = def->options->notify_too_long_ms;
	char text[DURATION_TEXT_MAX];

	strbuf_adds(
	    b, ms == JOB_TOO_LONG_AUTO ? "auto" : duration_format_ms(text, ms));
}

const struct job_type job_type_notify_too_long = {
    false, parse_too_long, print_too_long};

static int
parse_ping(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	const char **field = job_key_field(key, &draft->options);

	*field = "";
	if (strcmp(value, "none") == 0)
		return 0;
	if ((strncmp(value, "http://", 7) != 0 &&
		strncmp(value, "https://", 8) != 0) ||
	    strpbrk(value, " \t") != NULL)
		return err_set(err,
		    "write a URL without blanks that begins with http:// or "
		    "https://");
	if (notice_template_check(value, err) == -1)
		return -1;
	*field = value;
	return 0;
}

/* Whoever knows the path may ping: it is as good as a password. */
static void
print_ping(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const char *const *field = job_key_value(key, def->options);
	size_t host;

	if (**field == '\0')
		return;
	host = strcspn(*field, ":") + 3;
	host += strcspn(*field + host, "/?#");
	if (memchr(*field, '@', host) != NULL)
		strbuf_addf(
		    b, "%.*s***", (int)strcspn(*field, ":") + 3, *field);
	else
		strbuf_addf(b, "%.*s/***", (int)host, *field);
}

const struct job_type job_type_ping = {false, parse_ping, print_ping};

static bool
has_name(const char *names, const char *name, size_t len)
{
	const char *word;
	size_t n;

	while ((word = job_next_word(&names, &n)) != NULL)
		if (n == len && strncmp(word, name, len) == 0)
			return true;
	return false;
}

/* name is in no [notify NAME]. */
static void
unknown_receiver(const char *name, const char *receivers, struct err *err)
{
	char *known = xstrdup(receivers), *p = known, *word;
	char text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, name);
	while ((word = strsep(&p, " ")) != NULL)
		suggest_try(&s, word);
	err_set(err, "notify: belfry.conf has no [notify %s]%s", name,
	    suggest_text(text, &s));
	free(known);
}

void
job_notify_check(const struct job_draft *draft, const char *receivers,
    void (*problem)(void *arg, uint32_t line, const char *text), void *arg)
{
	const char *p = draft->options.notify, *name;
	size_t len;
	char *copy;
	struct err err;

	while (receivers != NULL && (name = job_next_word(&p, &len)) != NULL) {
		if (has_name(receivers, name, len))
			continue;
		copy = xstrndup(name, len);
		unknown_receiver(copy, receivers, &err);
		free(copy);
		problem(arg, job_draft_line(draft, "notify"), err.text);
	}
}
