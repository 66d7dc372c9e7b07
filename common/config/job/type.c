/* Kinds of values that are one word: parsed and printed. */
#include "config/job/draft.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "config/quote.h"
#include "placement/hosts.h"
#include "run/outcome.h"

static int
parse_text(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	const char **field = job_key_field(key, &draft->options);

	if (*value == '\0')
		return err_set(err, "a value is missing");
	*field = value;
	return 0;
}

static void
print_text(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const char *const *field = job_key_value(key, def->options);

	strbuf_adds(b, *field);
}

static int
parse_hosts(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	if (hosts_check(value, err) == -1)
		return -1;
	return parse_text(draft, key, value, line, err);
}

const struct job_type job_type_hosts = {false, parse_hosts, print_text};

const struct job_type job_type_text = {false, parse_text, print_text};

static int
parse_path(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	if (*value != '/')
		return err_set(
		    err, "an absolute path is needed; begin it with /");
	return parse_text(draft, key, value, line, err);
}

const struct job_type job_type_path = {false, parse_path, print_text};

static int
parse_env_file(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	if (parse_path(draft, key, value + (*value == '-'), line, err) == -1)
		return -1;
	return parse_text(draft, key, value, line, err);
}

const struct job_type job_type_env_file = {false, parse_env_file, print_text};

static int
parse_shell(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	if (strcmp(value, "none") != 0 && *value != '/')
		return err_set(err,
		    "write a shell's path, like /bin/bash, "
		    "or none");
	if (strpbrk(value, " \t") != NULL)
		return err_set(err,
		    "a shell's path alone; it is called with "
		    "-c and the command");
	return parse_text(draft, key, value, line, err);
}

const struct job_type job_type_shell = {false, parse_shell, print_text};

static int
parse_duration(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int64_t *field = job_key_field(key, &draft->options);
	char text[DURATION_TEXT_MAX];

	if (strcmp(value, "none") == 0 && key->min == 0) {
		*field = 0;
		return 0;
	}
	if (duration_parse_ms(value, field, err) == -1)
		return -1;
	if (*field < key->min)
		return err_set(err, "too short; at least %s",
		    duration_format_ms(text, key->min));
	if (*field > key->max)
		return err_set(err, "too long; at most %s",
		    duration_format_ms(text, key->max));
	return 0;
}

static void
print_duration(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int64_t *field = job_key_value(key, def->options);
	char text[DURATION_TEXT_MAX];

	if (*field == 0 && strcmp(key->fallback, "none") == 0)
		strbuf_adds(b, "none");
	else
		strbuf_adds(b, duration_format_ms(text, *field));
}

const struct job_type job_type_duration = {
    false, parse_duration, print_duration};

static int
parse_size(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	uint64_t *field = job_key_field(key, &draft->options), n;

	if (size_parse(value, &n, err) == -1)
		return -1;
	if (n > (uint64_t)key->max)
		return err_set(err, "too much; at most 1G");
	*field = n;
	return 0;
}

static void
print_size(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const uint64_t *field = job_key_value(key, def->options);
	char text[SIZE_TEXT_MAX];

	strbuf_adds(b, size_format(text, *field));
}

const struct job_type job_type_size = {false, parse_size, print_size};

static int
parse_integer(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int32_t *field = job_key_field(key, &draft->options);
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end != '\0' || strchr(" \t+", *value) != NULL)
		return err_set(err,
		    "write a number from %" PRId64 " to %" PRId64, key->min,
		    key->max);
	if (errno != 0 || n < key->min || n > key->max)
		return err_set(err,
		    "out of range; %" PRId64 " to %" PRId64 " is possible",
		    key->min, key->max);
	*field = (int32_t)n;
	return 0;
}

static void
print_integer(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int32_t *field = job_key_value(key, def->options);

	strbuf_addf(b, "%" PRId32, *field);
}

const struct job_type job_type_integer = {false, parse_integer, print_integer};

/* A number that most jobs do not say: 0 then, and not shown. */
static void
print_limit(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int32_t *field = job_key_value(key, def->options);

	if (*field != 0)
		print_integer(def, key, b);
}

const struct job_type job_type_limit = {false, parse_integer, print_limit};

static int
parse_number(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	double *field = job_key_field(key, &draft->options), n;

	/* Nothing of strtod's nan, inf, 0x and 1e9. */
	if (*value == '\0' || value[strspn(value, "0123456789.")] != '\0' ||
	    strchr(value, '.') != strrchr(value, '.') ||
	    strcmp(value, ".") == 0)
		return err_set(err, "write a number like 2 or 1.5");
	n = strtod(value, NULL);
	if (!(n >= (double)key->min && n <= (double)key->max))
		return err_set(err,
		    "out of range; %" PRId64 " to %" PRId64 " is possible",
		    key->min, key->max);
	*field = n;
	return 0;
}

static void
print_number(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const double *field = job_key_value(key, def->options);
	char text[32];

	/* 1.1 as it was written, and never another number than is meant. */
	snprintf(text, sizeof(text), "%.15g", *field);
	if (strtod(text, NULL) != *field)
		snprintf(text, sizeof(text), "%.17g", *field);
	strbuf_adds(b, text);
}

const struct job_type job_type_number = {false, parse_number, print_number};

static int
parse_flag(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int32_t *field = job_key_field(key, &draft->options);
	static const struct {
		const char *word;
		int32_t value;
	} words[] = {
	    {"yes", 1},
	    {"no", 0},
	    {"true", 1},
	    {"false", 0},
	    {"on", 1},
	    {"off", 0},
	};

	for (size_t i = 0; i < nitems(words); i++) {
		if (strcmp(words[i].word, value) != 0)
			continue;
		*field = words[i].value;
		return 0;
	}
	return err_set(err, "write yes or no");
}

static void
print_flag(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const int32_t *field = job_key_value(key, def->options);

	strbuf_adds(b, *field != 0 ? "yes" : "no");
}

const struct job_type job_type_flag = {false, parse_flag, print_flag};

static int
parse_word(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	uint8_t *field = job_key_field(key, &draft->options);
	struct strbuf list = STRBUF_INIT;
	char text[QUOTE_SIZE];
	struct suggest s;

	suggest_init(&s, value);
	for (size_t i = 0; key->words[i] != NULL; i++) {
		if (*key->words[i] == '\0')
			continue;
		if (strcmp(key->words[i], value) == 0) {
			*field = (uint8_t)i;
			strbuf_fini(&list);
			return 0;
		}
		suggest_try(&s, key->words[i]);
		strbuf_addf(&list, "%s%s",
		    list.len == 0                 ? "" :
			key->words[i + 1] == NULL ? " or " :
						    ", ",
		    key->words[i]);
	}
	err_set(err, "write %s%s", strbuf_str(&list), suggest_text(text, &s));
	strbuf_fini(&list);
	return -1;
}

static void
print_word(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	const uint8_t *field = job_key_value(key, def->options);

	strbuf_adds(b, key->words[*field]);
}

const struct job_type job_type_word = {false, parse_word, print_word};

static const char *const overlap_names[] = {
    [JOB_OVERLAP_DEFAULT] = "",
    [JOB_OVERLAP_ALLOW] = "allow",
    [JOB_OVERLAP_SKIP] = "skip",
    [JOB_OVERLAP_QUEUE] = "queue",
    [JOB_OVERLAP_REPLACE] = "replace",
};

static int
parse_overlap(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	struct suggest s;
	char text[QUOTE_SIZE];

	suggest_init(&s, value);
	for (size_t i = JOB_OVERLAP_ALLOW; i < nitems(overlap_names); i++) {
		suggest_try(&s, overlap_names[i]);
		if (strcmp(overlap_names[i], value) != 0)
			continue;
		draft->options.overlap = (int32_t)i;
		return 0;
	}
	return err_set(err, "write allow, skip, queue or replace%s",
	    suggest_text(text, &s));
}

static void
print_overlap(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	strbuf_adds(b, overlap_names[def->options->overlap]);
}

const struct job_type job_type_overlap = {false, parse_overlap, print_overlap};

static const char *const catch_up_names[] = {
    [JOB_CATCH_UP_NONE] = "none",
    [JOB_CATCH_UP_LAST] = "last",
    [JOB_CATCH_UP_ALL] = "all",
};

static int
parse_catch_up(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	for (size_t i = 0; i < nitems(catch_up_names); i++) {
		if (strcmp(catch_up_names[i], value) != 0)
			continue;
		draft->options.catch_up = (int32_t)i;
		return 0;
	}
	return err_set(err, "write none, last or all");
}

static void
print_catch_up(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	strbuf_adds(b, catch_up_names[def->options->catch_up]);
}

const struct job_type job_type_catch_up = {
    false, parse_catch_up, print_catch_up};

static int
parse_signal(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	int n = signal_parse(value);

	if (n == -1)
		return err_set(err,
		    "unknown signal; write a name like TERM, "
		    "INT, HUP, QUIT or KILL");
	draft->options.kill_signal = n;
	return 0;
}

static void
print_signal(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	int n = def->options->kill_signal;

	if (strcmp(signal_name(n), "?") == 0)
		strbuf_addf(b, "%d", n);
	else
		strbuf_adds(b, signal_name(n));
}

const struct job_type job_type_signal = {false, parse_signal, print_signal};

static int
parse_umask(struct job_draft *draft, const struct job_key *key,
    const char *value, uint32_t line, struct err *err)
{
	size_t len = strlen(value);
	unsigned long n = strtoul(value, NULL, 8);

	if (len == 0 || len > 5 || strspn(value, "01234567") != len ||
	    n > (unsigned long)key->max)
		return err_set(err, "write an octal number, 000 to 777");
	draft->options.umask = (int32_t)n;
	return 0;
}

static void
print_umask(
    const struct job_def *def, const struct job_key *key, struct strbuf *b)
{
	strbuf_addf(b, "%03o", (unsigned)def->options->umask);
}

const struct job_type job_type_umask = {false, parse_umask, print_umask};
